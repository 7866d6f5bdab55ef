//! What lies where a target is. An empty folder is nothing there: whoever writes makes way, as for a file of a folder.

use crate::location::Key;
use crate::port::{BucketReader, Object, ProviderError};

/// The object at a target; `None` for nothing, which an empty folder is as well.
///
/// # Errors
/// What the store answers, also that something else than an object is in its place.
pub(crate) async fn there(store: &dyn BucketReader, key: &Key) -> Result<Option<Object>, ProviderError> {
    match store.head(key).await {
        Err(error) if error.is_finding() && is_empty_folder(store, key).await => Ok(None),
        found => found,
    }
}

/// Whether a folder in which nothing lies is in the place of an object. Where that can't be told, there is none.
pub(super) async fn is_empty_folder(store: &dyn BucketReader, key: &Key) -> bool {
    if !store.capabilities().folders {
        return false;
    }
    let below = format!("{key}/");
    let listed = store.list(&below, None, 1).await;
    listed.is_ok_and(|page| page.objects.is_empty() && !page.more)
        && store.empty_folders(&below, 1).await.is_ok_and(|found| !found.is_empty())
}
