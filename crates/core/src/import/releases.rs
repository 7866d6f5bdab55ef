//! The releases that an import finds at the sources: which commits they are of, and manifests for those that no
//! ledger knows.

use super::scan::{all, look};
use super::{BUILT, Candidate, Left};
use crate::commit::{CommitId, CommitPrefix};
use crate::config::{ArtifactKind, Config};
use crate::digest::{Digest, Hasher};
use crate::failure::Failure;
use crate::folder::FolderManifest;
use crate::ledger::{Actor, Allowed, BuiltArtifact, FolderSize, LedgerError, Manifest, Stored, manifest};
use crate::location::Location;
use crate::port::{ErrorKind, Object};
use crate::ports::ReadPorts;
use crate::publish::{ArtifactPlace, kept, places};
use crate::template::Template;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use std::collections::BTreeMap;

/// What was found out so far.
#[derive(Debug, Default)]
pub(super) struct Releases {
    /// By a source's text.
    sources: BTreeMap<String, Vec<Candidate>>,
    /// By the digits that stand for it somewhere.
    commits: BTreeMap<String, Option<CommitId>>,
    /// Every release that was published to this ledger.
    published: Option<Vec<Manifest>>,
    /// Each with its manifest and whether that is in the ledger already, or why there can be none.
    manifests: BTreeMap<CommitId, Result<(Manifest, bool), String>>,
}

impl Releases {
    /// What lies at a source, one for each release.
    pub(super) async fn candidates(
        &mut self,
        view: &ReadPorts,
        source: &Template,
        left: &mut Vec<Left>,
    ) -> Result<Vec<Candidate>, Failure> {
        if let Some(known) = self.sources.get(source.as_str()) {
            return Ok(known.clone());
        }
        let mut found = Vec::new();
        for (location, object) in all(view, source, left).await? {
            let text = location.to_string();
            // What the source's template does not make is something else: an alias, a target.
            let Some(prefix) = source.read(&text).and_then(|reading| reading.commit) else { continue };
            match self.whole(view, &prefix).await? {
                Some(commit) => found.push(Candidate { commit, object }),
                None => left.push(Left {
                    what: text,
                    why: format!("no commit that begins with {} is in this repository", prefix.as_str()),
                }),
            }
        }
        self.sources.insert(source.as_str().to_owned(), found.clone());
        Ok(found)
    }

    /// The commit that some digits stand for: all of its digits, one that is at a source, or one of the repository.
    pub(super) async fn whole(
        &mut self,
        view: &ReadPorts,
        prefix: &CommitPrefix,
    ) -> Result<Option<CommitId>, Failure> {
        if let Some(commit) = prefix.full() {
            return Ok(Some(commit));
        }
        if let Some(known) = self.commits.get(prefix.as_str()) {
            return Ok(known.clone());
        }
        let mut fitting: Vec<&CommitId> = self.sources.values().flatten().map(|one| &one.commit).collect();
        fitting.retain(|commit| prefix.fits(commit));
        fitting.sort();
        fitting.dedup();
        let found = match (fitting.as_slice(), &view.history) {
            ([only], _) => Some((*only).clone()),
            // Digits that fit several commits stand for none.
            (_, Some(history)) => {
                let resolved = history.resolve(prefix.as_str()).await.ok().flatten();
                resolved.map(|commit| commit.id).filter(|commit| prefix.fits(commit))
            }
            _ => None,
        };
        self.commits.insert(prefix.as_str().to_owned(), found.clone());
        Ok(found)
    }

    /// A release's manifest: the ledger's, or a new one of what lies at its sources. Else why there is none.
    pub(super) async fn manifest(
        &mut self,
        view: &ReadPorts,
        config: &Config,
        commit: &CommitId,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Result<Manifest, String>, Failure> {
        if let Some(known) = self.manifests.get(commit) {
            return Ok(known.clone().map(|(manifest, _)| manifest));
        }
        let published = view.ledger.manifest(commit).await.map_err(LedgerError::read_failure)?;
        let found = match published {
            Some(manifest) => Ok((manifest, true)),
            None => make(view, config, commit, actor, now).await?.map(|manifest| (manifest, false)),
        };
        self.manifests.insert(commit.clone(), found.clone());
        Ok(found.map(|(manifest, _)| manifest))
    }

    /// Every release that was published to this ledger. Read once, and only where nothing else tells a release.
    pub(super) async fn published(&mut self, view: &ReadPorts) -> Result<&[Manifest], Failure> {
        if self.published.is_none() {
            let entries = view.ledger.every_release().await.map_err(LedgerError::read_failure)?;
            let mut found = Vec::with_capacity(entries.len());
            for commit in entries.keys() {
                found.extend(view.ledger.manifest(commit).await.map_err(LedgerError::read_failure)?);
            }
            self.published = Some(found);
        }
        Ok(self.published.as_deref().unwrap_or_default())
    }

    /// The manifests that are not in the ledger, of the releases that are needed.
    pub(super) fn unpublished(self, needed: impl Fn(&CommitId) -> bool) -> Vec<Manifest> {
        let all = self.manifests.into_iter().filter(|(commit, _)| needed(commit));
        all.filter_map(|(_, found)| found.ok()).filter(|(_, known)| !known).map(|(it, _)| it).collect()
    }
}

async fn make(
    view: &ReadPorts,
    config: &Config,
    commit: &CommitId,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Result<Manifest, String>, Failure> {
    let (mut known, mut version, mut branches) = (None, None, Vec::new());
    if let Some(history) = &view.history {
        known = history.resolve(commit.as_str()).await.ok().flatten();
        let tags = history.tags(commit).await.unwrap_or_default();
        version = crate::version::of(tags.iter().map(String::as_str));
        branches = history.branches(commit).await.unwrap_or_default();
    }
    let places = match places(config, commit, version.as_deref()) {
        Ok(places) => places,
        Err(failure) => return Ok(Err(failure.message)),
    };
    let mut artifacts = BTreeMap::new();
    for (name, ArtifactPlace { location, kind }) in places {
        if kind == ArtifactKind::Folder {
            let Some(built) = folder(view, &location).await? else {
                return Ok(Err(format!("`{location}` has no manifest: publish the release first")));
            };
            artifacts.insert(name, built);
            continue;
        }
        let Some(object) = look(view, &location).await? else {
            return Ok(Err(format!("`{location}` is not there any more")));
        };
        let sha256 = match object.sha256 {
            Some(digest) => digest,
            None => content(view, &location, &object).await?,
        };
        let expires = view
            .store(&location.store)?
            .expires(&location.key)
            .await
            .map_err(|error| Failure::from_read(&format!("looking at `{location}`"), error))?;
        let (size, seen) = (object.size, Some(Stored::looked_at(&object)));
        let built = BuiltArtifact { location, sha256, size, content: None, folder: None, expires, seen };
        artifacts.insert(name, built);
    }
    Ok(Ok(Manifest {
        schema: manifest::SCHEMA.to_owned(),
        commit: commit.clone(),
        subject: known.as_ref().map(|known| known.subject.chars().take(200).collect()),
        committed_at: known.map(|known| known.committed_at),
        version,
        branches: kept(config, &branches),
        artifacts,
        built: BUILT.to_owned(),
        allowed: Allowed::default(),
        at: now,
        actor: actor.to_write(),
    }))
}

/// A release's own folder, as the manifest in it says.
async fn folder(view: &ReadPorts, location: &Location) -> Result<Option<BuiltArtifact>, Failure> {
    let read = FolderManifest::read(&**view.store(&location.store)?, location).await;
    let (object, manifest) = match read {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(None),
        Err(error) if error.kind == ErrorKind::Corrupt => return Ok(None),
        Err(error) => return Err(Failure::from_read(&format!("reading `{location}`"), error)),
    };
    // What names another manifest is an environment's folder.
    Ok(manifest.of.is_none().then(|| BuiltArtifact {
        location: location.clone(),
        sha256: manifest.identity(),
        size: object.size,
        content: None,
        // Nobody has read its files yet, so nobody knows of what its tokens tell.
        folder: Some(FolderSize {
            files: manifest.files.len() as u64,
            bytes: manifest.bytes(),
            stored: None,
        }),
        expires: None,
        seen: Some(Stored::looked_at(&object)),
    }))
}

/// The digest of an object whose store vouches for none, by reading it.
async fn content(view: &ReadPorts, location: &Location, object: &Object) -> Result<Digest, Failure> {
    let failed = |error| Failure::from_read(&format!("reading `{location}`"), error);
    let store = view.store(&location.store)?;
    let mut stream = store.read(&location.key, object.version.as_ref()).await.map_err(failed)?;
    let mut hasher = Hasher::new();
    while let Some(piece) = stream.next().await {
        hasher.update(&piece.map_err(failed)?);
    }
    Ok(hasher.finish())
}
