//! Where the artifacts of a release lie, by the configuration; and whether what is to lie there is what was published.

use crate::commit::CommitId;
use crate::config::{ArtifactKind, Config};
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Manifest, entry_name};
use crate::location::Location;
use crate::place::locate;
use crate::placing::differs;
use crate::template::Values;
use std::collections::BTreeMap;

/// Where an artifact of a release lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactPlace {
    /// Where.
    pub location: Location,
    /// What it is.
    pub kind: ArtifactKind,
}

/// Where each artifact of a release lies, by the name of its entry in the manifest: its own, or `NAME@ENVIRONMENT` for
/// one that is another for each environment.
///
/// # Errors
/// When a source's template can't be filled in, or is of a kind this version can't publish.
pub fn places(
    config: &Config,
    commit: &CommitId,
    version: Option<&str>,
) -> Result<BTreeMap<String, ArtifactPlace>, Failure> {
    let mut found: BTreeMap<String, ArtifactPlace> = BTreeMap::new();
    for environment in config.environments.values() {
        let values = Values {
            sha: Some(commit.clone()),
            version: version.map(str::to_owned),
            project: Some(config.project.clone()),
            env: Some(environment.name.clone()),
            ..Values::default()
        };
        for artifact in &environment.artifacts {
            if artifact.kind == ArtifactKind::Git {
                return Err(Failure::new(
                    ExitStatus::Usage,
                    "this version of promote can't publish the commit itself",
                )
                .hint("name what is built from it: `source = \"s3://BUCKET/{sha}.zip\"`"));
            }
            let name = match artifact.is_own() {
                true => entry_name(artifact.name(), &environment.name),
                false => artifact.name().to_owned(),
            };
            let place = ArtifactPlace { location: locate(&artifact.source, &values)?, kind: artifact.kind };
            if found.insert(name.clone(), place.clone()).is_some_and(|other| other != place) {
                return Err(Failure::new(
                    ExitStatus::Usage,
                    format!("`{name}` has different sources in different environments"),
                )
                .hint("an artifact that is another for each environment has `{env}` in its source"));
            }
        }
    }
    Ok(found)
}

/// Whether an artifact was published with the same bytes. `location`: where it was to be put.
pub(super) fn same(known: &Manifest, name: &str, location: &Location, is: &Digest) -> Result<(), Failure> {
    let before = known.artifacts.get(name);
    if before.is_some_and(|before| before.sha256 == *is) {
        return Ok(());
    }
    let was = before.map_or_else(|| "nothing".to_owned(), |before| before.sha256.to_string());
    let at = before.map_or(location, |before| &before.location);
    Err(differs(&known.commit, at, &was, is).state("Nothing was changed."))
}
