//! Looking at the targets of an environment.

use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::location::Location;
use crate::place::locate;
use crate::snapshot::Seen;
use crate::template::Values;
use crate::world::View;
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

/// The targets' locations by artifact, when they don't depend on the release.
pub(super) fn fixed(config: &Config, environment: &Environment) -> Option<BTreeMap<String, Location>> {
    let moving = environment.artifacts.iter().filter_map(|artifact| artifact.target.as_ref()).any(|target| {
        target.uses_sha() || target.uses_version() || target.uses_timestamp() || target.uses_date()
    });
    if moving {
        return None;
    }
    let values = Values {
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        ..Values::default()
    };
    places(environment, &values).ok()
}

/// The targets' locations by artifact. Artifacts that are no objects have none here.
///
/// # Errors
/// When a template can't be filled in.
pub(super) fn places(
    environment: &Environment,
    values: &Values,
) -> Result<BTreeMap<String, Location>, Failure> {
    let mut found = BTreeMap::new();
    for artifact in &environment.artifacts {
        if artifact.kind != crate::config::ArtifactKind::Object {
            continue;
        }
        if let Some(target) = &artifact.target {
            let name = artifact.name.as_ref().map_or("main", |name| name.as_str());
            found.insert(name.to_owned(), locate(target, values)?);
        }
    }
    Ok(found)
}

/// Looks at all of them side by side.
pub(super) async fn look(
    view: &View,
    places: &BTreeMap<String, Location>,
) -> Result<BTreeMap<String, Seen>, Failure> {
    let looks = places.iter().map(|(name, location)| async move {
        let object = view
            .store(&location.store)?
            .head(&location.key)
            .await
            .map_err(|error| Failure::looking(&format!("looking at `{location}`"), error))?;
        Ok::<_, Failure>((name.clone(), Seen { location: location.clone(), object }))
    });
    Ok(try_join_all(looks).await?.into_iter().collect())
}

/// Looks at the same places once more.
pub(super) async fn look_again(
    view: &View,
    seen: &BTreeMap<String, Seen>,
) -> Result<BTreeMap<String, Seen>, Failure> {
    let places = seen.iter().map(|(name, seen)| (name.clone(), seen.location.clone())).collect();
    look(view, &places).await
}

/// The targets of an environment as they are, where they don't depend on a release.
///
/// # Errors
/// When a store does not answer.
pub async fn seen(
    view: &View,
    config: &Config,
    environment: &Environment,
) -> Result<BTreeMap<String, Seen>, Failure> {
    match fixed(config, environment) {
        Some(places) => look(view, &places).await,
        None => Ok(BTreeMap::new()),
    }
}
