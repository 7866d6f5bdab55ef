//! What lies where a target is. An empty folder is nothing there: whoever writes makes way, as for a file of a folder.

use crate::failure::Failure;
use crate::location::{Key, Location};
use crate::names::escape;
use crate::port::{BucketReader, Object, ProviderError};
use crate::ports::ReadPorts;
use crate::snapshot::Seen;
use std::collections::BTreeMap;

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

/// Targets where nothing can be, by artifact, since an object is in the place of a folder above them: in words.
///
/// # Errors
/// When a store of a target is not known.
pub(super) async fn below_objects(
    view: &ReadPorts,
    targets: &BTreeMap<String, Seen>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for (artifact, seen) in targets.iter().filter(|(_, seen)| seen.object.is_none()) {
        let store = view.store(&seen.location.store)?;
        if !store.capabilities().folders {
            continue;
        }
        for key in above(&seen.location.key) {
            // Whatever else is there is told by who writes.
            if let Ok(Some(_)) = store.head(&key).await {
                let object = Location { store: seen.location.store.clone(), key };
                let (object, place) = (escape(&object.to_string()), &seen.location);
                found.insert(
                    artifact.clone(),
                    format!("`{object}` is a file, so that `{place}` can't be put below it"),
                );
                break;
            }
        }
    }
    Ok(found)
}

/// The keys that the folders of a key would have.
fn above(key: &Key) -> impl Iterator<Item = Key> + '_ {
    let text = key.as_str();
    text.match_indices('/').filter_map(|(at, _)| text.get(..at)?.parse().ok())
}
