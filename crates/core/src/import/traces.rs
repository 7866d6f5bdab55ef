//! What the stores tell of the past of one artifact in one environment: the versions of a target that is overwritten,
//! or the names of a target that has a new name each time.

use super::releases::Releases;
use super::scan::{look, named, readable};
use super::timeline::{Event, holder};
use super::{Candidate, Left};
use crate::config::{Artifact, ArtifactKind, Config, Environment};
use crate::failure::Failure;
use crate::ledger::TargetState;
use crate::location::Location;
use crate::place::{filled, locate, prefix};
use crate::port::Object;
use crate::ports::ReadPorts;
use crate::template::{Template, Values};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

/// How many objects are looked at side by side.
const AT_ONCE: usize = 8;

/// What is known of one artifact's past, and what could not be told.
pub(super) async fn traces(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    artifact: &Artifact,
    releases: &mut Releases,
    limit: usize,
    left: &mut Vec<Left>,
) -> Result<Vec<Event>, Failure> {
    let values = Values {
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        ..Values::default()
    };
    let Some(target) = &artifact.target else { return Ok(Vec::new()) };
    let reading = Trace { view, artifact, values: &values, limit };
    match artifact.kind {
        ArtifactKind::Object | ArtifactKind::Image if artifact.is_log() => {
            reading.names(target, releases, left).await
        }
        ArtifactKind::Object | ArtifactKind::Image => reading.versions(target, releases, left).await,
        ArtifactKind::Folder => reading.folders(config, environment, target, releases, left).await,
        ArtifactKind::Git => {
            let why = "what is only named by its commit leaves no trace that can be read";
            left.push(Left { what: target.as_str().to_owned(), why: why.to_owned() });
            Ok(Vec::new())
        }
    }
}

/// Reading the past of one artifact.
pub(super) struct Trace<'a> {
    pub(super) view: &'a ReadPorts,
    pub(super) artifact: &'a Artifact,
    pub(super) values: &'a Values,
    pub(super) limit: usize,
}

impl Trace<'_> {
    pub(super) fn event(
        &self,
        location: Location,
        object: &Object,
        at: DateTime<Utc>,
        told: String,
    ) -> Event {
        Event {
            artifact: self.artifact.name().to_owned(),
            at,
            dated: true,
            commit: None,
            warning: None,
            target: TargetState {
                artifact: self.artifact.name.clone(),
                target: location,
                token: object.token.clone(),
                version: object.version.clone(),
                sha256: object.sha256,
                size: object.size,
            },
            told,
        }
    }

    /// A target with a new name each time: the names say release and time.
    async fn names(
        &self,
        target: &Template,
        releases: &mut Releases,
        left: &mut Vec<Left>,
    ) -> Result<Vec<Event>, Failure> {
        let target = filled(target, self.values)?;
        // A template that begins with the release lists the whole store, in which most names are not meant for it.
        let anywhere = target.store().is_none_or(|store| prefix(&store, &target).is_empty());
        let mut found = Vec::new();
        for location in named(self.view, &target).await? {
            let text = location.to_string();
            let Some(reading) = target.read(&text) else {
                if !anywhere {
                    left.push(Left {
                        what: text,
                        why: "the target's template makes no such name".to_owned(),
                    });
                }
                continue;
            };
            let warning = reading.warning();
            match (reading.commit, reading.at) {
                (Some(commit), Some(at)) => found.push((at, commit, location, warning)),
                _ => left.push(Left { what: text, why: "its name says no commit, or no time".to_owned() }),
            }
        }
        found.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        found.truncate(self.limit);
        let mut events = Vec::with_capacity(found.len());
        for batch in found.chunks(AT_ONCE) {
            let looks = batch.iter().map(|(_, _, location, _)| readable(self.view, location));
            for ((at, commit, location, warning), object) in batch.iter().zip(try_join_all(looks).await?) {
                let text = location.to_string();
                let object = match object {
                    Ok(Some(object)) => object,
                    Ok(None) => {
                        left.push(Left { what: text, why: "it is listed, and not there".to_owned() });
                        continue;
                    }
                    Err(why) => {
                        left.push(Left { what: text, why });
                        continue;
                    }
                };
                let mut event = self.event(location.clone(), &object, *at, format!("name `{text}`"));
                event.warning.clone_from(warning);
                event.commit = releases.whole(self.view, commit).await?;
                if event.commit.is_none() {
                    let why = format!("no commit that begins with {} is known", commit.as_str());
                    left.push(Left { what: text, why });
                }
                events.push(event);
            }
        }
        Ok(events)
    }

    /// What a target that is overwritten holds and held, newest first, and whether the store tells since when. Of one
    /// that is not there any more nothing is taken over: the newest entry would be what is there now.
    pub(super) async fn kept(
        &self,
        location: &Location,
        left: &mut Vec<Left>,
    ) -> Result<(Vec<Object>, bool), Failure> {
        let store = self.view.store(&location.store)?;
        let failed = |error| Failure::from_read(&format!("reading the versions of `{location}`"), error);
        let now = look(self.view, location).await?;
        let versions = store.versions(&location.key, self.limit).await.map_err(failed)?;
        let Some(now) = now else {
            if !versions.is_empty() {
                let why = "it was deleted, and nothing is there now".to_owned();
                left.push(Left { what: location.to_string(), why });
            }
            return Ok((Vec::new(), true));
        };
        // A history that does not end with what is there is none of it. A registry has no time of its own for a tag.
        match versions.first() {
            Some(newest) if newest.token == now.token => Ok((versions, true)),
            _ => Ok((vec![now], !location.is_image())),
        }
    }

    /// A target that is overwritten: its versions, each compared with what lies at the source.
    async fn versions(
        &self,
        target: &Template,
        releases: &mut Releases,
        left: &mut Vec<Left>,
    ) -> Result<Vec<Event>, Failure> {
        let location = locate(target, self.values)?;
        let (versions, dated) = self.kept(&location, left).await?;
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let source = filled(&self.artifact.source, self.values)?;
        let candidates = releases.candidates(self.view, &source, left).await?;
        let mut events = Vec::with_capacity(versions.len());
        // The oldest first: what was stored in one second stays in order then.
        for object in versions.into_iter().rev() {
            let shown = shown(&location, &object, dated);
            let mut event = self.event(location.clone(), &object, object.stored_at, shown.clone());
            event.dated = dated;
            if location.is_image()
                && let Some(why) = ambiguous(&object, &candidates)
            {
                left.push(Left { what: shown, why });
                events.push(event);
                continue;
            }
            event.commit = match holder(&object, &candidates) {
                Some(candidate) => Some(candidate.commit.clone()),
                None => self.by_digest(&object, &candidates, &source).await?,
            };
            if event.commit.is_none() {
                left.push(Left {
                    what: shown,
                    why: "no release at the source has the same bytes".to_owned(),
                });
            }
            events.push(event);
        }
        Ok(events)
    }

    /// A listing tells no digests, so the candidates of the right length are looked at one by one.
    async fn by_digest(
        &self,
        object: &Object,
        candidates: &[Candidate],
        source: &Template,
    ) -> Result<Option<crate::commit::CommitId>, Failure> {
        let Some(store) = source.store().filter(|_| object.sha256.is_some()) else { return Ok(None) };
        let fitting =
            candidates.iter().filter(|one| one.object.size == object.size && one.object.sha256.is_none());
        for candidate in fitting {
            let location = Location { store: store.clone(), key: candidate.object.key.clone() };
            let Some(found) = look(self.view, &location).await? else { continue };
            if found.sha256.is_some() && found.sha256 == object.sha256 {
                return Ok(Some(candidate.commit.clone()));
            }
        }
        Ok(None)
    }
}

/// What was found, in words.
pub(super) fn shown(location: &Location, object: &Object, dated: bool) -> String {
    match &object.version {
        Some(version) => format!("version {version} of `{location}`"),
        None if location.is_image() && dated => {
            format!("`{location}` when it named {}", object.token.0.get(..19).unwrap_or(&object.token.0))
        }
        None if dated => format!("`{location}`"),
        None => format!("`{location}` as it is now"),
    }
}

/// Why an image is none of the releases that it could be. Tags of a registry have no times, so nothing tells which of
/// several releases with one image was meant.
fn ambiguous(object: &Object, candidates: &[Candidate]) -> Option<String> {
    let same = candidates.iter().filter(|one| one.object.token == object.token);
    let mut commits: Vec<&str> = same.map(|one| one.commit.short(7)).collect();
    commits.sort_unstable();
    commits.dedup();
    (commits.len() > 1).then(|| format!("these releases have one and the same image: {}", commits.join(", ")))
}
