//! Publishing: the artifacts of a commit are put in place once and for ever, then the manifest that makes the
//! commit a release. A re-run with the same bytes changes nothing; one with other bytes is refused.

use crate::commit::CommitId;
use crate::config::{ArtifactKind, Config};
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder;
use crate::ledger::{
    Actor, Allowed, AppendError, BuiltArtifact, FolderSize, Known, LedgerError, Manifest, Stored, key,
    manifest,
};
use crate::location::Location;
use crate::place::locate;
use crate::placing::{Placing, differs};
use crate::port::Body;
use crate::template::Values;
use crate::world::World;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How many characters of a commit's subject a manifest keeps.
const SUBJECT: usize = 200;

/// How many branches that no environment asks for a manifest keeps.
const BRANCHES: usize = 50;

/// One artifact, as it is given.
#[derive(Debug, Clone)]
pub enum Given {
    /// One object.
    Object {
        /// Its bytes.
        body: Body,
        /// The digest of its contents, where it is an archive.
        content: Option<Digest>,
    },
    /// The files of a folder.
    Folder(Vec<folder::Entry>),
    /// Nothing: the image was pushed already, and its digest is kept from now on.
    Pushed,
}

/// Where an artifact of a release lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub location: Location,
    /// What it is.
    pub kind: ArtifactKind,
}

/// What is to be published.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The commit.
    pub commit: CommitId,
    /// First line of its message. Foreign text.
    pub subject: Option<String>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// Its semver number.
    pub version: Option<String>,
    /// The branches that hold it.
    pub branches: Vec<String>,
    /// Each artifact, by the name of its entry (see [`places`]).
    pub artifacts: BTreeMap<String, Given>,
    /// How they were made.
    pub built: String,
    /// What is let through.
    pub allowed: Allowed,
    /// Who publishes.
    pub actor: Actor,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The manifest in the ledger.
    pub manifest: Manifest,
    /// Whether this publication wrote it, or found the same one.
    pub new: bool,
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
) -> Result<BTreeMap<String, Place>, Failure> {
    let mut found: BTreeMap<String, Place> = BTreeMap::new();
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
                true => manifest::entry(artifact.name(), &environment.name),
                false => artifact.name().to_owned(),
            };
            let place = Place { location: locate(&artifact.source, &values)?, kind: artifact.kind };
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

/// Publishes a release. The ledger must have been begun (see [`crate::begin`]).
///
/// # Errors
/// `Conflict` when the commit was published with other bytes; else what a store answered. What was written before
/// an error is the same that the next try writes.
pub async fn publish(
    world: &World,
    config: &Config,
    publication: &Publication,
) -> Result<Published, Failure> {
    let commit = &publication.commit;
    let known = world.ledger.reader().manifest(commit).await.map_err(LedgerError::looking)?;
    let last = match known {
        Some(_) => stays(world, commit).await?,
        None => 0,
    };
    // Where a release lies is settled when it is published, whatever tags its commit gets later.
    let version = known.as_ref().map_or(&publication.version, |known| &known.version);
    let places = places(config, commit, version.as_deref())?;
    let mut artifacts = BTreeMap::new();
    let mut objects = Vec::new();
    for (name, place) in &places {
        let given = publication.artifacts.get(name);
        let built = match (place.kind, given) {
            (ArtifactKind::Image, _) => {
                pushed(world, place, known.as_ref().and_then(|it| it.artifacts.get(name))).await?
            }
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
                    // What lies there may be told to be this by its version.
                    seen: known.as_ref().and_then(|it| it.artifacts.get(name)?.seen.clone()),
                }
            }
            (ArtifactKind::Folder, Some(Given::Folder(entries))) => {
                let store = world.store(&place.location.store)?;
                let put = folder::Publishing {
                    bucket: &**store,
                    location: &place.location,
                    commit,
                    again: known.is_some(),
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
        at: world.clock.now(),
        actor: publication.actor.clone(),
    };
    if let Some(known) = &known {
        same(known, &wanted)?;
    }
    for (name, body) in objects {
        let Some(built) = wanted.artifacts.get_mut(name) else { continue };
        let stored = Placing { world, commit, built }.put(body).await?;
        built.seen = Some(stored);
    }
    if let Some(manifest) = known {
        again(world, &manifest, &wanted, last, &publication.actor).await;
        return Ok(Published { manifest, new: false });
    }
    record(world, commit, wanted).await
}

/// What lies there may be another object with the same bytes by now: what was found out of it is remembered.
async fn again(world: &World, known: &Manifest, wanted: &Manifest, last: u32, actor: &Actor) {
    let moved = wanted.artifacts.iter().filter_map(|(name, built)| {
        let (before, now) = (known.artifacts.get(name)?.seen.as_ref(), built.seen.as_ref()?);
        let same =
            before.is_some_and(|before| (&before.token, &before.version) == (&now.token, &now.version));
        (!same).then(|| (name.clone(), now.clone()))
    });
    let fresh = Known { artifacts: moved.collect(), ..Known::default() };
    let reader = world.ledger.reader();
    let before = match (fresh.is_empty(), last) {
        (true, _) => return,
        (false, 0) => Known::default(),
        (false, last) => reader.remembered(&known.commit, last).await.unwrap_or_default(),
    };
    if fresh.artifacts.iter().all(|(name, stored)| before.artifacts.get(name) == Some(stored)) {
        return;
    }
    let end = world.ledger.remember(&known.commit, (last, &before), &fresh, (&actor.name, world.clock.now()));
    // Without it, the bytes are read when they are needed.
    drop(end.await);
}

/// Refuses to put in place again what retention deletes, or has deleted: nobody could take it from there.
///
/// Answers the number of the last entry about what was found out by reading its artifacts.
///
/// # Errors
/// `Conflict` when that is so, or what the store answered.
pub async fn stays(world: &World, commit: &CommitId) -> Result<u32, Failure> {
    let entry = world.ledger.reader().release(commit).await.map_err(LedgerError::looking)?;
    let short = commit.short(12);
    if entry.gone.is_some() || entry.erasing() {
        let message = format!("release {short} was published before, and retention has deleted it");
        return Err(Failure::new(ExitStatus::Conflict, message)
            .state("Nothing was changed.")
            .hint("make a new commit, and publish that"));
    }
    if entry.doomed() {
        let message = format!("release {short} was published before, and retention is about to delete it");
        return Err(Failure::new(ExitStatus::Conflict, message)
            .state("Nothing was changed.")
            .hint(format!("`promote pin {short} --reason TEXT` keeps it")));
    }
    Ok(entry.seen)
}

/// An image that was pushed: what its tag names now is what the release is from now on, whatever the tag names later.
async fn pushed(
    world: &World,
    place: &Place,
    known: Option<&BuiltArtifact>,
) -> Result<BuiltArtifact, Failure> {
    let location = &place.location;
    // What was published keeps its digest: the tag is not asked again.
    if let Some(built) = known {
        return Ok(built.clone());
    }
    let store = world.store(&location.store)?;
    let failed = |error| Failure::looking(&format!("looking at `{location}`"), error);
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
pub(crate) async fn record(world: &World, commit: &CommitId, wanted: Manifest) -> Result<Published, Failure> {
    let ledger = &world.ledger;
    let place = key::manifest(ledger.reader().root(), commit).map_err(|error| {
        Failure::new(ExitStatus::Usage, "the ledger's location is too long").caused_by(error)
    })?;
    match ledger.put(&place, &wanted).await {
        Ok(()) => Ok(Published { manifest: wanted, new: true }),
        Err(AppendError::Lost { .. }) => {
            let known = ledger.reader().manifest(commit).await.map_err(LedgerError::looking)?;
            let Some(manifest) = known else {
                return Err(Failure::new(ExitStatus::Failed, format!("`{place}` can't be read back")));
            };
            same(&manifest, &wanted)?;
            Ok(Published { manifest, new: false })
        }
        Err(AppendError::Refused { source, .. }) => Err(Failure::looking("writing the manifest", source)),
        Err(error @ (AppendError::Record(_) | AppendError::Key(_))) => {
            Err(Failure::new(ExitStatus::Failed, "the manifest can't be written").caused_by(error))
        }
        Err(error) => {
            Err(Failure::new(ExitStatus::Unfinished, "whether the manifest was written is not known")
                .state("The artifacts are in place; no environment was changed.")
                .hint("run `promote publish` again: it goes on where it stopped")
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

/// Whether a commit was published with the same bytes.
fn same(known: &Manifest, wanted: &Manifest) -> Result<(), Failure> {
    for (name, built) in &wanted.artifacts {
        let before = known.artifacts.get(name).map(|before| before.sha256);
        if before != Some(built.sha256) {
            let was = before.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string());
            return Err(differs(&wanted.commit, &built.location, &was, &built.sha256.to_string()));
        }
    }
    Ok(())
}
