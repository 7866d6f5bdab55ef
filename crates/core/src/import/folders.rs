//! What folders tell of themselves: a folder that was brought up to date in place by its manifest, a pointer by what it
//! names and named. A folder that somebody copied says nothing; it is compared with the releases that are published.

use super::Left;
use super::releases::Releases;
use super::timeline::Event;
use super::traces::{Trace, shown};
use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::digest::Digest;
use crate::failure::Failure;
use crate::folder::{FolderManifest, check, held};
use crate::ledger::Manifest;
use crate::location::Location;
use crate::place::locate;
use crate::pointer::{self, Pointer};
use crate::port::{ErrorKind, Object};
use crate::template::Template;
use futures_util::StreamExt;

impl Trace<'_> {
    pub(super) async fn folders(
        &self,
        config: &Config,
        environment: &Environment,
        target: &Template,
        releases: &mut Releases,
        left: &mut Vec<Left>,
    ) -> Result<Vec<Event>, Failure> {
        let location = locate(target, self.values)?;
        match location.folder() {
            None => self.pointers(config, &location, left).await,
            Some(_) => match self.folder(environment, &location, releases).await? {
                Ok(event) => Ok(event.into_iter().collect()),
                Err(why) => {
                    left.push(Left { what: location.to_string(), why });
                    Ok(Vec::new())
                }
            },
        }
    }

    /// What a folder holds now, or why that can't be told. Nothing is there where there is no file.
    async fn folder(
        &self,
        environment: &Environment,
        location: &Location,
        releases: &mut Releases,
    ) -> Result<Result<Option<Event>, String>, Failure> {
        let store = &**self.view.store(&location.store)?;
        let failed = |error| Failure::from_read(&format!("reading `{location}`"), error);
        let (object, manifest) = match FolderManifest::read(store, location).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                let why = self.copied(environment, location, releases).await?;
                return Ok(why.map_or(Ok(None), Err));
            }
            Err(error) if error.kind == ErrorKind::Corrupt => {
                return Ok(Err("what is in place of its manifest is not a manifest".to_owned()));
            }
            Err(error) => return Err(failed(error)),
        };
        let digest = manifest.source().digest();
        let wrong = check(store, location, Some(digest), false).await.map_err(failed)?;
        if let Some(first) = wrong.wrong.iter().chain(&wrong.strays).next() {
            return Ok(Err(format!("it is not what its manifest says: {first}")));
        }
        let commit = match self.told(environment, &object, digest, releases).await? {
            Ok(commit) => commit,
            Err(why) => return Ok(Err(why)),
        };
        let mut event =
            self.event(location.clone(), &object, object.stored_at, format!("the manifest in `{location}`"));
        event.target.sha256 = Some(digest);
        event.commit = Some(commit);
        Ok(Ok(Some(event)))
    }

    /// Which release a folder holds: the one that its manifest is stamped with, else the only one with the same files.
    async fn told(
        &self,
        environment: &Environment,
        object: &Object,
        digest: Digest,
        releases: &mut Releases,
    ) -> Result<Result<CommitId, String>, Failure> {
        let stamp = object.metadata.get("promote-commit").and_then(|text| text.parse::<CommitId>().ok());
        let of = |manifest: &Manifest| {
            let built = manifest.artifact(self.artifact.name(), &environment.name);
            built.map(|(_, built)| built.sha256)
        };
        let published = releases.published(self.view).await?;
        let same: Vec<&CommitId> =
            published.iter().filter(|one| of(one) == Some(digest)).map(|one| &one.commit).collect();
        Ok(match (stamp, same.as_slice()) {
            // One that is not published here is looked for at its source.
            (Some(stamp), _) => Ok(stamp),
            (None, [only]) => Ok((*only).clone()),
            (None, []) => Err("no release that is published here has these files".to_owned()),
            (None, several) => Err(format!("these releases have the same files: {}", named(several))),
        })
    }

    /// Why a folder without a manifest can't be taken over, and what to do about it; `None` when nothing lies there.
    async fn copied(
        &self,
        environment: &Environment,
        location: &Location,
        releases: &mut Releases,
    ) -> Result<Option<String>, Failure> {
        let store = &**self.view.store(&location.store)?;
        let failed = |error| Failure::from_read(&format!("reading `{location}`"), error);
        let Some(mut held) = held(store, location).await.map_err(failed)? else { return Ok(None) };
        let mut same = Vec::new();
        for one in releases.published(self.view).await? {
            let built = one.artifact(self.artifact.name(), &environment.name).map(|(_, built)| built);
            let Some((built, size)) = built.and_then(|built| Some((built, built.folder?))) else { continue };
            if (size.files, size.bytes) != (held.count(), held.bytes()) {
                continue;
            }
            let source = &**self.view.store(&built.location.store)?;
            let manifest = FolderManifest::read(source, &built.location).await;
            let manifest = manifest
                .map_err(|error| Failure::from_read(&format!("reading `{}`", built.location), error))?;
            if let Some((_, manifest)) = manifest
                && held.is(store, location, &manifest).await.map_err(failed)?
            {
                same.push(&one.commit);
            }
        }
        let name = &environment.name;
        Ok(Some(match same.as_slice() {
            [] => format!(
                "it has no manifest, and no release that is published here has exactly its {} files: \
                 `promote to {name} RELEASE` brings it to one that is",
                held.count()
            ),
            [only] => format!(
                "it has no manifest, so nobody vouches for it; its files are those of {}: `promote to {name} {}` writes the manifest",
                only.short(7),
                only.short(12)
            ),
            several => format!(
                "it has no manifest, so nobody vouches for it; these releases have the same files: {}; \
                 `promote to {name}` with the right one writes the manifest",
                named(several)
            ),
        }))
    }

    /// The folders that a pointer named and names.
    async fn pointers(
        &self,
        config: &Config,
        location: &Location,
        left: &mut Vec<Left>,
    ) -> Result<Vec<Event>, Failure> {
        let (versions, dated) = self.kept(location, left).await?;
        let mut events = Vec::with_capacity(versions.len());
        for object in versions.into_iter().rev() {
            let what = shown(location, &object, dated);
            let mut event = self.event(location.clone(), &object, object.stored_at, what.clone());
            event.dated = dated;
            let pointer = match object.size {
                0..=LONGEST => Pointer::from_bytes(&self.content(location, &object).await?),
                _ => Err("it is too long for a pointer".to_owned()),
            };
            match pointer {
                Ok(pointer) if pointer.project == config.project => {
                    event.commit = Some(pointer.commit);
                    event.target.sha256 = Some(pointer.sha256);
                }
                Ok(pointer) => {
                    left.push(Left { what, why: format!("it is of the project {}", pointer.project) })
                }
                Err(_) => left.push(Left { what, why: "it is not a pointer to a folder".to_owned() }),
            }
            events.push(event);
        }
        Ok(events)
    }

    async fn content(&self, location: &Location, object: &Object) -> Result<Vec<u8>, Failure> {
        let failed = |error| Failure::from_read(&format!("reading `{location}`"), error);
        let store = self.view.store(&location.store)?;
        let mut stream = store.read(&location.key, object.version.as_ref()).await.map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            bytes.extend_from_slice(&piece.map_err(failed)?);
            if bytes.len() > pointer::LIMIT {
                break;
            }
        }
        Ok(bytes)
    }
}

/// The longest pointer.
const LONGEST: u64 = pointer::LIMIT as u64;

fn named(commits: &[&CommitId]) -> String {
    commits.iter().map(|commit| commit.short(7)).collect::<Vec<_>>().join(", ")
}
