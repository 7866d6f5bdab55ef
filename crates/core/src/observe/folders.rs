//! What bringing folders up to date comes to, told from two manifests: for the plan, not for the move, which looks at
//! the files themselves.

use crate::config::Environment;
use crate::failure::Failure;
use crate::folder::{Change, FolderManifest, change};
use crate::snapshot::{Candidate, Seen};
use crate::world::View;
use futures_util::future::try_join_all;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The manifest of the release's folder of each artifact whose target is a folder; one that is gone is left out.
///
/// # Errors
/// When a store does not answer, or something else lies there.
pub(super) async fn files(
    view: &View,
    environment: &Environment,
    candidate: &Candidate,
    targets: &BTreeMap<String, Seen>,
) -> Result<BTreeMap<String, Arc<FolderManifest>>, Failure> {
    let folders = targets.iter().filter_map(|(name, seen)| {
        let (_, built) = candidate.manifest.artifact(name, &environment.name)?;
        let both = built.location.folder().is_some() && seen.location.folder().is_some();
        both.then_some((name, &built.location))
    });
    let reads = folders.map(|(name, location)| async move {
        let read = FolderManifest::read(&**view.store(&location.store)?, location).await;
        let found = read.map_err(|error| Failure::looking(&format!("reading `{location}`"), error))?;
        Ok::<_, Failure>(found.map(|(_, files)| (name.clone(), Arc::new(files))))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// The change of each of these folders.
pub(super) fn changes(
    environment: &Environment,
    files: &BTreeMap<String, Arc<FolderManifest>>,
    targets: &BTreeMap<String, Seen>,
) -> BTreeMap<String, Change> {
    let prunes = |name: &str| environment.artifacts.iter().any(|one| one.name() == name && one.prune);
    let one = |(name, source): (&String, &Arc<FolderManifest>)| {
        let there = targets.get(name).and_then(|seen| seen.files.as_deref());
        (name.clone(), change(source, there, prunes(name)))
    };
    files.iter().map(one).collect()
}
