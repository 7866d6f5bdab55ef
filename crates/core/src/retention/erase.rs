//! Deleting the artifacts of one release: each by its kind, and only what is still as it was published.

use super::write::failed;
use crate::commit::CommitId;
use crate::failure::Failure;
use crate::folder::{self, Erased, Removed};
use crate::ledger::BuiltArtifact;
use crate::location::Location;
use crate::port::{Bucket, Object, ProviderError};
use crate::ports::Ports;

/// How many strays are told by name.
const TOLD: usize = 20;

/// What became of one artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its name in the manifest.
    pub artifact: String,
    /// Where it lay.
    pub location: Location,
    /// How many objects were deleted now. None were when an earlier run had deleted them.
    pub objects: u64,
    /// Their length in bytes.
    pub bytes: u64,
    /// What stays, and why, one each.
    pub left: Vec<String>,
    /// Files in a folder that the release did not put there: the first ones.
    pub strays: Vec<String>,
    /// How many of them there are.
    pub stray_count: usize,
}

/// Deletes one artifact. What was deleted before an error is told with the error.
pub(super) async fn artifact(
    ports: &Ports,
    commit: &CommitId,
    name: &str,
    built: &BuiltArtifact,
) -> (Erasure, Result<(), Failure>) {
    let mut erased = Erased::default();
    let end = match ports.store(&built.location.store) {
        Ok(store) => {
            let end = delete(ports, &**store, commit, built, &mut erased).await;
            end.map_err(|error| failed(&format!("deleting `{}`", built.location), error))
        }
        Err(failure) => Err(failure),
    };
    let Erased { objects, bytes, left, mut strays } = erased;
    let stray_count = strays.len();
    strays.truncate(TOLD);
    let erasure = Erasure {
        artifact: name.to_owned(),
        location: built.location.clone(),
        objects,
        bytes,
        left,
        strays,
        stray_count,
    };
    (erasure, end)
}

async fn delete(
    ports: &Ports,
    bucket: &dyn Bucket,
    commit: &CommitId,
    built: &BuiltArtifact,
    erased: &mut Erased,
) -> Result<(), ProviderError> {
    let location = &built.location;
    if location.folder().is_some() {
        return folder::erase(bucket, &*ports.clock, location, commit, built.sha256, erased).await;
    }
    if location.is_image() && location.key.as_str().contains(':') {
        // Deleting by digest would take every other tag of the same image along.
        erased.left.push(format!("`{location}` is named by its digest, which other tags may share"));
        return Ok(());
    }
    let Some(object) = bucket.head(&location.key).await? else { return Ok(()) };
    if let Some(why) = changed(bucket, built, &object).await? {
        erased.left.push(format!("`{location}` {why}"));
        return Ok(());
    }
    match folder::remove(bucket, &*ports.clock, &location.key, &object.token).await? {
        Removed::Gone => {
            erased.objects += 1;
            erased.bytes = erased.bytes.saturating_add(object.size);
        }
        Removed::Stays(why) => erased.left.push(format!("`{location}` {why}")),
    }
    Ok(())
}

/// Why an object is not the one that was published, in words.
async fn changed(
    bucket: &dyn Bucket,
    built: &BuiltArtifact,
    object: &Object,
) -> Result<Option<String>, ProviderError> {
    let image = built.location.is_image();
    if !image && object.size != built.size {
        return Ok(Some(format!("has {} bytes, but was published with {}", object.size, built.size)));
    }
    let marked = object.metadata.get("promote-sha256");
    let found = match (object.sha256, marked.and_then(|text| crate::digest::Digest::from_hex(text).ok())) {
        (Some(vouched), _) => vouched,
        (None, Some(marked)) => marked,
        (None, None) if image => return Ok(Some("can't be told from another image".to_owned())),
        (None, None) => folder::read_digest(bucket, &built.location.key).await?,
    };
    Ok((found != built.sha256).then(|| match image {
        true => "names another image than the one that was published".to_owned(),
        false => "is not what was published: its digest differs".to_owned(),
    }))
}
