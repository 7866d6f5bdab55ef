//! Folders as they lie: a release's own with what the store says of its files, and what bringing an environment's
//! folder up to date comes to, told from two manifests. Whether the files are those that were published is judged in
//! [`super::published`]; the move looks at the target's files itself.

use super::targets::read;
use crate::config::{Artifact, Environment};
use crate::failure::Failure;
use crate::folder::source::{self, Part};
use crate::folder::{self, Change, FolderManifest, change, listed};
use crate::location::Location;
use crate::port::{BucketReader, Object, ProviderError};
use crate::ports::ReadPorts;
use crate::snapshot::{Candidate, Opened, Seen, SourceFolder};
use futures_util::future::{try_join, try_join_all};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What lies at a source, and of a folder what is in it. `whole`: all of its files will matter.
///
/// # Errors
/// What the store answers.
pub(super) async fn open(
    store: &dyn BucketReader,
    location: &Location,
    whole: bool,
) -> Result<(Option<Object>, Option<Opened>), ProviderError> {
    let Some(prefix) = location.folder() else { return Ok((store.head(&location.key).await?, None)) };
    let listed = async {
        match whole {
            // What is in the place of a file there, and no object, is told by no page.
            true if !store.capabilities().folders => source::one_page(store, prefix).await,
            _ => Ok(None),
        }
    };
    let ((object, manifest), listed) = try_join(read(store, &location.key), listed).await?;
    Ok((object, manifest.map(|manifest| Opened { manifest, listed })))
}

/// Whether the release's own folder of an artifact is read as it lies: through a pointer, or where nothing is moved.
pub(crate) fn is_read(artifact: &Artifact) -> bool {
    artifact.target.as_ref().is_none_or(|target| !target.as_str().ends_with('/'))
}

/// The release's own folder of each artifact that is one, with what the store says of those files that the move will
/// need; one that is gone, or whose manifest is not the published one, is left out. `open`: a promotion was cut off, and
/// whatever it wrote may have to be written again.
///
/// # Errors
/// When a store does not answer.
pub(super) async fn files(
    view: &ReadPorts,
    environment: &Environment,
    candidate: &Candidate,
    targets: &BTreeMap<String, Seen>,
    open: bool,
) -> Result<BTreeMap<String, SourceFolder>, Failure> {
    let folders = targets.iter().filter_map(|(name, seen)| {
        let (entry, built) = candidate.manifest.artifact(name, &environment.name)?;
        let opened = candidate.folders.get(&entry)?;
        (opened.manifest.identity() == built.sha256).then_some((name, entry, built, opened, seen))
    });
    let looks = folders.map(|(name, entry, built, opened, seen)| async move {
        let location = &built.location;
        let part = part(&opened.manifest, location, seen, open);
        let objects = match (&opened.listed, &part) {
            (Some(listed), Part::Whole) => Arc::clone(listed),
            _ => {
                let store = view.store(&location.store)?;
                let found = source::objects(&**store, location, &opened.manifest, &part).await;
                Arc::new(found.map_err(|error| Failure::of_place(&format!("listing `{location}`"), error))?)
            }
        };
        let stored = Arc::clone(&opened.manifest);
        let manifest = Arc::new(stored.source());
        let location = location.clone();
        let folder = SourceFolder { entry, location, stored, manifest, part, objects, looked: None };
        Ok::<_, Failure>((name.clone(), folder))
    });
    Ok(try_join_all(looks).await?.into_iter().collect())
}

/// Which files of a release's folder matter to a target: of a folder in place those that it has not, as far as its
/// manifest tells; whoever reads the release's own folder gets all.
fn part(source: &FolderManifest, location: &Location, seen: &Seen, open: bool) -> Part {
    if seen.location.folder().is_none() || seen.location == *location {
        return Part::Whole;
    }
    let there = seen.files.as_deref().filter(|_| !open).map(FolderManifest::by_path).unwrap_or_default();
    let lacks = source
        .files
        .iter()
        .filter(|file| there.get(file.path.as_str()).is_none_or(|there| there.sha256 != file.sha256));
    Part::Files(lacks.map(|file| file.path.clone()).collect())
}

/// All that lies in the targets where what the release lacks is removed: a plan tells what else goes.
///
/// # Errors
/// When a store does not answer.
pub(super) async fn there(
    view: &ReadPorts,
    environment: &Environment,
    targets: &BTreeMap<String, Seen>,
) -> Result<BTreeMap<String, Arc<Vec<Object>>>, Failure> {
    let pruned = environment.artifacts.iter().filter(|artifact| artifact.prune);
    let looks = pruned.filter_map(|artifact| {
        let seen = targets.get(artifact.name()).filter(|seen| seen.location.folder().is_some())?;
        Some(async move {
            let store = view.store(&seen.location.store)?;
            let found = listed(&**store, &seen.location, seen.files.as_deref()).await;
            let failed = |error| Failure::of_place(&format!("listing `{}`", seen.location), error);
            Ok::<_, Failure>((artifact.name().to_owned(), Arc::new(found.map_err(failed)?)))
        })
    });
    Ok(try_join_all(looks).await?.into_iter().collect())
}

/// What stays in targets and keeps files of the release from their places, in words, by artifact. `there`: what was listed
/// before.
///
/// # Errors
/// When a store does not answer.
pub(super) async fn obstructed(
    view: &ReadPorts,
    environment: &Environment,
    files: &BTreeMap<String, SourceFolder>,
    targets: &BTreeMap<String, Seen>,
    there: &BTreeMap<String, Arc<Vec<Object>>>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for artifact in &environment.artifacts {
        let name = artifact.name();
        let (Some(source), Some(seen)) = (files.get(name), targets.get(name)) else { continue };
        let place = &seen.location;
        let store = view.store(&place.store)?;
        if place.folder().is_none() || !store.capabilities().folders || *place == source.location {
            continue;
        }
        let listed = match there.get(name) {
            Some(listed) => Arc::clone(listed),
            None => {
                let found = listed(&**store, place, seen.files.as_deref()).await;
                Arc::new(found.map_err(|error| Failure::of_place(&format!("listing `{place}`"), error))?)
            }
        };
        let keeps = folder::obstructed(&source.stored, &listed, artifact.prune);
        found.extend(keeps.map(|keeps| (name.to_owned(), format!("`{place}`: {keeps}"))));
    }
    Ok(found)
}

/// The change of each folder that is brought up to date in place. `there`: all that lies in those where what the release
/// lacks is removed.
pub(super) fn changes(
    files: &BTreeMap<String, SourceFolder>,
    targets: &BTreeMap<String, Seen>,
    there: &BTreeMap<String, Arc<Vec<Object>>>,
) -> BTreeMap<String, Change> {
    let one = |(name, source): (&String, &SourceFolder)| {
        let seen = targets.get(name).filter(|seen| seen.location.folder().is_some())?;
        let all = there.get(name).map(|all| all.as_slice());
        Some((name.clone(), change(&source.manifest, seen.files.as_deref(), all)))
    };
    files.iter().filter_map(one).collect()
}
