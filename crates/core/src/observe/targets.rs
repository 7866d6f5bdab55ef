//! Looking at the targets of an environment, and at what it needs.

use super::lands::is_empty_folder;
use crate::config::{Artifact, ArtifactKind, Config, Environment};
use crate::failure::Failure;
use crate::folder::{FolderManifest, LIMIT};
use crate::ledger::{Manifest, State, TargetState};
use crate::location::{Key, Location};
use crate::place::locate;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError};
use crate::ports::ReadPorts;
use crate::snapshot::Seen;
use crate::template::{Template, Values};
use futures_util::future::{join_all, try_join_all};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether a target's name depends on the release or the moment.
pub(super) fn moves(target: &Template) -> bool {
    target.uses_sha() || target.uses_version() || target.uses_timestamp() || target.uses_date()
}

/// The artifacts that have a target.
pub(super) fn targeted(environment: &Environment) -> impl Iterator<Item = (&Artifact, &Template)> {
    let all = environment.artifacts.iter().filter(|artifact| artifact.kind != ArtifactKind::Git);
    all.filter_map(|artifact| Some((artifact, artifact.target.as_ref()?)))
}

/// The targets' locations by artifact, when they don't depend on the release.
pub(super) fn fixed(config: &Config, environment: &Environment) -> Option<BTreeMap<String, Location>> {
    let unmoved = environment.artifacts.iter().any(Artifact::is_unmoved);
    if unmoved || targeted(environment).any(|(_, target)| moves(target)) {
        return None;
    }
    located(environment, &standing(config, environment)).ok()
}

/// What holds of an environment whatever the release.
pub(crate) fn standing(config: &Config, environment: &Environment) -> Values {
    Values { env: Some(environment.name.clone()), project: Some(config.project.clone()), ..Values::default() }
}

/// The targets' locations by artifact. What is not moved lies where it was published, whatever its source would be
/// called by now.
///
/// # Errors
/// When a template can't be filled in.
pub(super) fn places(
    environment: &Environment,
    values: &Values,
    manifest: &Manifest,
) -> Result<BTreeMap<String, Location>, Failure> {
    let mut places = located(environment, values)?;
    for artifact in environment.artifacts.iter().filter(|artifact| artifact.is_unmoved()) {
        let location = match manifest.artifact(artifact.name(), &environment.name) {
            Some((_, built)) => built.location.clone(),
            None => locate(&artifact.source, values)?,
        };
        places.insert(artifact.name().to_owned(), location);
    }
    Ok(places)
}

/// Whether a template can be filled in as far as the release's version goes: where it has none, the rule `target-name`
/// says so.
fn named(template: &Template, values: &Values) -> bool {
    values.version.is_some() || !template.uses_version()
}

/// Where each artifact goes whose target has a name.
fn located(environment: &Environment, values: &Values) -> Result<BTreeMap<String, Location>, Failure> {
    targeted(environment)
        .filter(|(_, target)| named(target, values))
        .map(|(artifact, target)| Ok((artifact.name().to_owned(), locate(target, values)?)))
        .collect()
}

/// How far a look goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// What is there.
    Object,
    /// What a folder's manifest says, too: whoever brings it up to date needs that, and one read tells both.
    Files,
}

/// Looks at all of them side by side.
pub(super) async fn look(
    view: &ReadPorts,
    places: &BTreeMap<String, Location>,
    depth: Depth,
) -> Result<BTreeMap<String, Seen>, Failure> {
    let looks = places.iter().map(|(name, location)| async move {
        let store = view.store(&location.store)?;
        let whole = depth == Depth::Files && location.folder().is_some();
        let seen = async {
            if whole {
                read(&**store, &location.key).await
            } else {
                Ok((store.head(&location.key).await?, None))
            }
        };
        let (object, files) = match seen.await {
            Err(error) if error.is_finding() && is_empty_folder(&**store, &location.key).await => {
                (None, None)
            }
            found => found.map_err(|error| Failure::from_read_of(location, error))?,
        };
        Ok::<_, Failure>((name.clone(), Seen { location: location.clone(), object, files }))
    });
    Ok(try_join_all(looks).await?.into_iter().collect())
}

/// What lies in place of a folder's manifest. What is none is drift, and told as that; every file counts as new then.
pub(super) async fn read(
    store: &dyn BucketReader,
    key: &Key,
) -> Result<(Option<Object>, Option<Arc<FolderManifest>>), ProviderError> {
    match store.get_with_metadata(key, LIMIT).await {
        Ok(None) => Ok((None, None)),
        Ok(Some((object, bytes))) => {
            Ok((Some(object), FolderManifest::from_bytes(&bytes).ok().map(Arc::new)))
        }
        // Longer than any manifest.
        Err(error) if error.kind == ErrorKind::Corrupt => Ok((store.head(key).await?, None)),
        Err(error) => Err(error),
    }
}

/// Looks at the same places once more.
pub(super) async fn look_again(
    view: &ReadPorts,
    seen: &BTreeMap<String, Seen>,
) -> Result<BTreeMap<String, Seen>, Failure> {
    let places = seen.iter().map(|(name, seen)| (name.clone(), seen.location.clone())).collect();
    look(view, &places, Depth::Files).await
}

/// What the ledger says of an artifact's target.
pub(super) fn place_of<'s>(state: &'s State, artifact: &str) -> Option<&'s TargetState> {
    let mut known = state.current.iter().flat_map(|current| &current.targets);
    known.find(|target| target.artifact.as_ref().map_or("main", |name| name.as_str()) == artifact)
}

/// What an environment needs, and why it is not met, where it is not: nothing is there, or no object. A store that does not
/// answer is an error: nothing is known then.
///
/// # Errors
/// When a template can't be filled in, or a store does not answer.
pub(super) async fn needs(
    view: &ReadPorts,
    environment: &Environment,
    values: &Values,
) -> Result<Vec<(Location, Option<String>)>, Failure> {
    let needed = environment.needs.iter().filter(|template| named(template, values));
    let places = needed.map(|template| locate(template, values));
    let looks = places.map(|location| async {
        let location = location?;
        let fault = match view.store(&location.store)?.head(&location.key).await {
            Ok(found) => found.is_none().then(|| "is not there".to_owned()),
            Err(error) if error.is_finding() => Some(format!("is no object: {}", error.message)),
            Err(error) => return Err(Failure::from_read_of(&location, error)),
        };
        Ok((location, fault))
    });
    join_all(looks).await.into_iter().collect()
}
