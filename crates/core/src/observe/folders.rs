//! What bringing folders up to date comes to, told from two manifests: for the plan, not for the move, which looks at
//! the files themselves.

use crate::config::Environment;
use crate::failure::Failure;
use crate::folder::{Change, FolderManifest, change};
use crate::port::ErrorKind;
use crate::snapshot::{Candidate, Seen};
use crate::world::View;
use futures_util::future::{try_join, try_join_all};
use std::collections::BTreeMap;

/// The change of each artifact whose target is a folder.
///
/// # Errors
/// When a store does not answer.
pub(super) async fn changes(
    view: &View,
    environment: &Environment,
    candidate: &Candidate,
    targets: &BTreeMap<String, Seen>,
) -> Result<BTreeMap<String, Change>, Failure> {
    let folders = targets.iter().filter_map(|(name, seen)| {
        let (_, built) = candidate.manifest.artifact(name, &environment.name)?;
        let both = built.location.folder().is_some() && seen.location.folder().is_some();
        both.then_some((name, seen, built))
    });
    let reads = folders.map(|(name, seen, built)| async move {
        let source = async {
            let store = view.store(&built.location.store)?;
            FolderManifest::read(&**store, &built.location)
                .await
                .map_err(|error| Failure::looking(&format!("reading `{}`", built.location), error))
        };
        let target = async {
            if seen.object.is_none() {
                return Ok(None);
            }
            match FolderManifest::read(&**view.store(&seen.location.store)?, &seen.location).await {
                Ok(found) => Ok(found),
                // What is no manifest is drift, and told as that; every file counts as new then.
                Err(error) if error.kind == ErrorKind::Corrupt => Ok(None),
                Err(error) => Err(Failure::looking(&format!("reading `{}`", seen.location), error)),
            }
        };
        let (source, target) = try_join(source, target).await?;
        let prune = environment.artifacts.iter().any(|artifact| artifact.name() == name && artifact.prune);
        let change =
            source.map(|(_, source)| change(&source, target.as_ref().map(|(_, manifest)| manifest), prune));
        Ok::<_, Failure>(change.map(|change| (name.clone(), change)))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}
