//! Ledgers that are somewhere inside a folder: no promotion of that folder has anything to do with them. A ledger is known by
//! its genesis, wherever it is.

use super::inside;
use super::manifest::FolderManifest;
use crate::ledger::genesis::LIMIT;
use crate::ledger::layout::Thing;
use crate::location::Key;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError};
use serde::Deserialize;

/// The name of a ledger's genesis.
const GENESIS: &str = "ledger.json";

/// What every genesis says of itself, whichever version wrote it.
const SCHEMA: &str = "promote/ledger@";

/// Leaves out what belongs to ledgers, of objects with paths inside the folder as keys. `known`: what a promotion put there
/// itself, which is no ledger.
///
/// # Errors
/// What the store answers.
pub(super) async fn left_out(
    bucket: &dyn BucketReader,
    prefix: &str,
    mut all: Vec<Object>,
    known: Option<&FolderManifest>,
) -> Result<Vec<Object>, ProviderError> {
    let known = known.map(FolderManifest::by_path).unwrap_or_default();
    let mut roots: Vec<String> = Vec::new();
    for object in &all {
        let path = object.key.as_str();
        let Some(root) = path.strip_suffix(GENESIS).filter(|root| root.is_empty() || root.ends_with('/'))
        else {
            continue;
        };
        let fits = object.odd().is_none() && object.size <= LIMIT as u64;
        if fits && !known.contains_key(path) && begins(bucket, prefix, &object.key).await? {
            roots.push(root.to_owned());
        }
    }
    all.retain(|object| !roots.iter().any(|root| belongs(prefix, root, &object.key)));
    Ok(all)
}

/// Whether what is at this path begins a ledger.
async fn begins(bucket: &dyn BucketReader, prefix: &str, path: &Key) -> Result<bool, ProviderError> {
    #[derive(Deserialize)]
    struct Named {
        schema: String,
    }
    let key = inside(prefix, path).map_err(|error| {
        ProviderError::new(ErrorKind::Invalid, bucket, path, "it has no key").caused_by(error)
    })?;
    let Some((_, bytes)) = bucket.get(&key, LIMIT).await? else { return Ok(false) };
    Ok(serde_json::from_slice::<Named>(&bytes).is_ok_and(|found| found.schema.starts_with(SCHEMA)))
}

/// Whether a path belongs to the ledger below `root`. Of one that is in the very place of the folder, that is what a ledger
/// is known to have.
fn belongs(prefix: &str, root: &str, path: &Key) -> bool {
    if !root.is_empty() {
        return path.as_str().starts_with(root);
    }
    let known = || Some((prefix.trim_end_matches('/').parse().ok()?, inside(prefix, path).ok()?));
    known().is_some_and(|(root, key): (Key, Key)| Thing::of(&root, &key) != Thing::Foreign)
}
