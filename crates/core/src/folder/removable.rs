//! Which of a target's files may be removed: only what the plan found there, and what a promotion put there, which goes by its
//! mark.

use super::IN_FLIGHT;
use super::copier::marked;
use super::inside;
use super::manifest::FolderManifest;
use super::others::others;
use crate::location::Key;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError, Token};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::{HashMap, HashSet};

/// Which of the files that were just listed in a target may be removed: those that lie there as they were `planned`, and
/// those that a promotion put there since, which are looked at, since a listing tells no marks.
pub(super) async fn removable(
    bucket: &dyn BucketReader,
    prefix: &str,
    source: &FolderManifest,
    planned: &[Object],
    now: &[Object],
) -> Result<HashSet<Key>, ProviderError> {
    let planned: HashMap<&str, &Token> =
        planned.iter().map(|object| (object.key.as_str(), &object.token)).collect();
    let looks = others(source, now).into_iter().map(|object| {
        let is_planned = planned.get(object.key.as_str()) == Some(&&object.token);
        async move {
            let goes = is_planned || object.odd().is_none() && is_promoted(bucket, prefix, object).await?;
            Ok::<_, ProviderError>(goes.then(|| object.key.clone()))
        }
    });
    let looks: Vec<_> = looks.collect();
    stream::iter(looks)
        .buffer_unordered(IN_FLIGHT)
        .try_filter_map(|one| async move { Ok(one) })
        .try_collect()
        .await
}

/// Whether a promotion put just this object there.
async fn is_promoted(
    bucket: &dyn BucketReader,
    prefix: &str,
    object: &Object,
) -> Result<bool, ProviderError> {
    let key = inside(prefix, &object.key).map_err(|error| {
        ProviderError::new(ErrorKind::Invalid, bucket, &object.key, "it has no key").caused_by(error)
    })?;
    let found = bucket.head(&key).await?;
    Ok(found.is_some_and(|found| found.token == object.token && marked(&found).is_some()))
}
