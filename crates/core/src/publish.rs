//! Publishing: the artifacts of a commit are put in place once and for ever, then the manifest that makes the
//! commit a release. A re-run with the same bytes changes nothing; one with other bytes is refused.

mod again;
mod places;
mod publication;
mod standing;

use crate::commit::CommitId;
use crate::config::{ArtifactKind, Config};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder;
use crate::ledger::{
    AppendError, BuiltArtifact, FolderSize, LedgerError, Manifest, Stored, key, manifest, not_taken,
};
use crate::placing::Placing;
use crate::ports::Ports;
use std::collections::BTreeMap;

pub use again::unchanged;
pub use places::{ArtifactPlace, places};
pub use publication::{Given, Publication, Published};
pub use standing::{PublishedState, remember, standing, stays};

use places::same;

/// How many characters of a commit's subject a manifest keeps.
const SUBJECT: usize = 200;

/// How many branches that no environment asks for a manifest keeps.
const BRANCHES: usize = 50;

/// Publishes a release. The ledger must have been begun (see [`crate::init_ledger`]).
///
/// # Errors
/// `Conflict` when the commit was published with other bytes; else what a store answered. What was written before
/// an error is the same that the next try writes.
pub async fn publish(
    ports: &Ports,
    config: &Config,
    publication: &Publication,
) -> Result<Published, Failure> {
    let commit = &publication.commit;
    let known = ports.ledger.reader().manifest(commit).await.map_err(LedgerError::read_failure)?;
    // Where a release lies is settled when it is published, whatever its commit or `promote.toml` gets later.
    if let Some(known) = known {
        return Box::pin(again::again(ports, config, known, publication)).await;
    }
    let places = places(config, commit, publication.version.as_deref())?;
    let mut artifacts = BTreeMap::new();
    let mut objects = Vec::new();
    for (name, place) in &places {
        let given = publication.artifacts.get(name);
        let built = match (place.kind, given) {
            (ArtifactKind::Image, _) => pushed(ports, place).await?,
            (ArtifactKind::Object, Some(Given::Object { body, content })) => {
                let blob = body.blob();
                objects.push((name, body));
                BuiltArtifact {
                    location: place.location.clone(),
                    sha256: blob.digest(),
                    size: blob.size(),
                    content: *content,
                    folder: None,
                    expires: None,
                    seen: None,
                }
            }
            (ArtifactKind::Folder, Some(Given::Folder(entries))) => {
                let store = ports.store(&place.location.store)?;
                let put = folder::Publishing {
                    bucket: &**store,
                    location: &place.location,
                    commit,
                    clock: &*ports.clock,
                };
                let folder::Put { manifest, object, vouched } = Box::pin(put.put(entries.clone())).await?;
                BuiltArtifact {
                    location: place.location.clone(),
                    sha256: manifest.identity(),
                    size: object.size,
                    content: None,
                    folder: Some(FolderSize {
                        files: manifest.files.len() as u64,
                        bytes: manifest.bytes(),
                        stored: vouched.then(|| manifest.digest()),
                    }),
                    expires: None,
                    seen: Some(Stored::written(&object)),
                }
            }
            (kind, _) => {
                let what = if kind == ArtifactKind::Folder { "folder" } else { "file" };
                return Err(Failure::new(
                    ExitStatus::Usage,
                    format!("no {what} was given for the artifact `{name}`"),
                ));
            }
        };
        artifacts.insert(name.clone(), built);
    }
    let mut wanted = Manifest {
        schema: manifest::SCHEMA.to_owned(),
        commit: commit.clone(),
        subject: publication.subject.as_ref().map(|text| text.chars().take(SUBJECT).collect()),
        committed_at: publication.committed_at,
        version: publication.version.clone(),
        branches: kept(config, &publication.branches),
        artifacts,
        built: publication.built.clone(),
        allowed: publication.allowed.clone(),
        at: ports.clock.now(),
        actor: publication.actor.to_write(),
    };
    for (name, body) in objects {
        let Some(built) = wanted.artifacts.get_mut(name) else { continue };
        let stored = Placing { ports, commit, built }.put(body).await?;
        built.seen = Some(stored);
    }
    record(ports, commit, wanted).await
}

/// An image that was pushed: what its tag names now is what the release is from now on, whatever the tag names later.
///
/// # Errors
/// `Missing` when it is not there, or what the registry answered.
pub async fn pushed(ports: &Ports, place: &ArtifactPlace) -> Result<BuiltArtifact, Failure> {
    let location = &place.location;
    let store = ports.store(&location.store)?;
    let failed = |error| Failure::from_read(&format!("looking at `{location}`"), error);
    let Some(object) = store.head(&location.key).await.map_err(failed)? else {
        return Err(Failure::new(ExitStatus::Missing, format!("the image `{location}` is not there"))
            .state("Nothing was published.")
            .hint("push it first: `promote publish` comes after the build"));
    };
    let Some(sha256) = object.sha256 else {
        return Err(Failure::new(
            ExitStatus::Failed,
            format!("the registry names no digest of `{location}`"),
        ));
    };
    let expires = store.expires(&location.key).await.map_err(failed)?;
    Ok(BuiltArtifact {
        location: location.clone(),
        sha256,
        size: object.size,
        content: None,
        folder: None,
        expires,
        seen: Some(Stored::looked_at(&object)),
    })
}

/// Writes the manifest that makes the commit a release.
pub(crate) async fn record(ports: &Ports, commit: &CommitId, wanted: Manifest) -> Result<Published, Failure> {
    let ledger = &ports.ledger;
    let place = key::manifest(ledger.reader().root(), commit).map_err(|error| {
        Failure::new(ExitStatus::Usage, "the ledger's location is too long").caused_by(error)
    })?;
    match ledger.put(&place, &wanted).await {
        Ok(()) => Ok(Published { manifest: wanted, new: true, standing: PublishedState::default() }),
        Err(AppendError::Lost { .. }) => {
            let known = ledger.reader().manifest(commit).await.map_err(LedgerError::read_failure)?;
            let Some(manifest) = known else {
                return Err(Failure::new(ExitStatus::Failed, format!("`{place}` can't be read back")));
            };
            for (name, built) in &wanted.artifacts {
                same(&manifest, name, &built.location, &built.sha256)?;
            }
            Ok(Published { manifest, new: false, standing: PublishedState::default() })
        }
        Err(AppendError::Refused { source, .. }) => Err(not_taken("writing the manifest", source)),
        Err(error @ (AppendError::Record(_) | AppendError::Key(_))) => {
            Err(Failure::new(ExitStatus::Failed, "the manifest can't be written").caused_by(error))
        }
        Err(error) => {
            Err(Failure::new(ExitStatus::Unfinished, "whether the manifest was written is not known")
                .state("The artifacts are in place; no environment was changed.")
                .hint("run the same command again: it goes on where it stopped")
                .caused_by(error))
        }
    }
}

/// The branches that a manifest keeps: those that an environment asks for, then others as far as there is room.
pub(crate) fn kept(config: &Config, branches: &[String]) -> Vec<String> {
    let asked = |name: &&String| config.environments.values().any(|one| one.branch.as_ref() == Some(*name));
    let (first, rest): (Vec<&String>, Vec<&String>) = branches.iter().partition(asked);
    first.into_iter().chain(rest.into_iter().take(BRANCHES)).cloned().collect()
}
