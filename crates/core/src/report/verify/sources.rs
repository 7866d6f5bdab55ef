//! Whether what runs still lies at its sources as it was published: by what the store says of it, or by its bytes.

use super::FoundTarget;
use crate::config::{Config, Environment};
use crate::content;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{BuiltArtifact, Genesis, Identity, State};
use crate::location::Location;
use crate::observe::{Inspection, candidate, is_read, judge_sources, tokens_tell};
use crate::port::Object;
use crate::snapshot::Candidate;
use crate::world::View;
use serde::Serialize;
use std::collections::BTreeMap;

/// One source of a release that runs somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceCheck {
    /// Where the release runs.
    pub environments: Vec<String>,
    /// The release.
    pub sha: String,
    /// Which artifact, as its manifest names it.
    pub artifact: String,
    /// Where it lies.
    pub source: String,
    /// Whether nothing speaks against it.
    pub matches: bool,
    /// `same`, `other`, `rewritten` (only its bytes can tell), `unread` (published by a version that kept nothing to
    /// compare), or `missing`.
    pub state: &'static str,
    /// What differs or is not known, in words.
    pub detail: Option<String>,
    /// What differs or is not known of a folder whose manifest is the published one, one sentence each.
    pub inside: Vec<String>,
    /// The digest that it was published with.
    pub sha256: String,
    /// What is there; `None` when nothing is.
    pub found: Option<FoundTarget>,
}

/// A release that runs in an environment, with what is known of its sources.
pub(super) struct Running {
    pub(super) environment: String,
    pub(super) candidate: Candidate,
    /// Those of them that are folders, by the name of their entry in its manifest.
    folders: BTreeMap<String, Folder>,
}

/// How a release's own folder is looked at.
#[derive(Debug, Clone, Copy)]
struct Folder {
    /// Whether other bytes have another token in its store.
    tells: bool,
    /// Whether it is read as it lies.
    read: bool,
}

/// Looks at the release that runs in an environment; `None` where none does, or retention deletes it.
pub(super) async fn running(
    view: &View,
    config: &Config,
    settings: &Environment,
    state: &State,
) -> Result<Option<Running>, Failure> {
    let Some(release) = state.release() else { return Ok(None) };
    match Box::pin(candidate(view, config, settings, &release.commit)).await {
        Ok(candidate) if candidate.doomed.is_some() => Ok(None),
        Ok(candidate) => {
            let mut folders = BTreeMap::new();
            for artifact in &settings.artifacts {
                let of = candidate.manifest.artifact(artifact.name(), &settings.name);
                if let Some((entry, _)) = of.filter(|(_, built)| built.folder.is_some()) {
                    folders.insert(entry, Folder { tells: false, read: is_read(artifact) });
                }
            }
            Ok(Some(Running { environment: settings.name.to_string(), candidate, folders }))
        }
        // That its manifest is missing is the chains' to tell.
        Err(failure) if failure.exit == ExitStatus::Missing => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl Running {
    /// Whether it is the release that runs by this state.
    pub(super) fn is(&self, state: &State) -> bool {
        state.release().is_some_and(|release| release.commit == self.candidate.manifest.commit)
    }

    /// Judges its sources by what the stores say.
    pub(super) async fn judge(&mut self, view: &View, genesis: &Genesis) -> Result<(), Failure> {
        for (entry, folder) in &mut self.folders {
            if let Some(built) = self.candidate.manifest.artifacts.get(entry) {
                folder.tells = tokens_tell(view, genesis, &built.location.store)?;
            }
        }
        judge_sources(view, genesis, &mut self.candidate).await
    }
}

/// Checks the sources of what runs, each once; reads their bytes where `bytes` says so.
pub(super) async fn check(
    view: &View,
    running: &[Running],
    bytes: bool,
) -> Result<Vec<SourceCheck>, Failure> {
    let mut found: BTreeMap<Location, SourceCheck> = BTreeMap::new();
    for Running { environment, candidate, folders } in running {
        for (entry, object) in &candidate.sources {
            let Some(built) = candidate.manifest.artifacts.get(entry) else { continue };
            if let Some(known) = found.get_mut(&built.location) {
                known.environments.push(environment.clone());
                continue;
            }
            let mut check = of(environment, candidate, entry, built, object.as_ref());
            // What the store itself calls other bytes need not be read.
            let told = check.state == "other" || built.location.is_image();
            match (object, folders.get(entry)) {
                (Some(_), Some(&Folder { tells, read })) => {
                    let inspection = Inspection { view, candidate, entry, tells, bytes };
                    Box::pin(super::folders::check(inspection, built, read, &mut check)).await?;
                }
                (Some(object), None) if bytes && !told => read(view, built, object, &mut check).await?,
                _ => {}
            }
            found.insert(built.location.clone(), check);
        }
    }
    Ok(found.into_values().collect())
}

fn of(
    environment: &str,
    candidate: &Candidate,
    entry: &str,
    built: &BuiltArtifact,
    object: Option<&Object>,
) -> SourceCheck {
    let (place, wanted) = (&built.location, &built.sha256);
    let short = candidate.manifest.commit.short(7);
    let when = |object: &Object| object.stored_at.format("%Y-%m-%d %H:%M UTC");
    let identity = candidate.identities.get(entry).copied().unwrap_or(Identity::Unknown);
    let kept = built.seen.is_some() || candidate.findings.before.artifacts.contains_key(entry);
    let (state, detail) = match (object, identity) {
        (None, _) => ("missing", Some(format!("`{place}` is not there, although release {short} runs"))),
        (Some(_), Identity::Same) => ("same", None),
        (Some(object), Identity::Other(digest)) => {
            let holds = digest.map_or_else(|| format!("{} bytes", object.size), |digest| digest.to_string());
            ("other", Some(format!("`{place}` holds {holds}; {short} was published with {wanted}")))
        }
        (Some(object), Identity::Unknown) if kept => {
            let detail = format!(
                "`{place}` was written again {}; whether it still holds {wanted} is told by its bytes: \
                 `promote verify --bytes`",
                when(object)
            );
            ("rewritten", Some(detail))
        }
        (Some(_), Identity::Unknown) => {
            let detail = format!(
                "{short} was published by a version that kept nothing to compare `{place}` with: \
                 `promote verify --bytes` reads it"
            );
            ("unread", Some(detail))
        }
    };
    SourceCheck {
        environments: vec![environment.to_owned()],
        sha: candidate.manifest.commit.to_string(),
        artifact: entry.to_owned(),
        source: place.to_string(),
        matches: matches!(state, "same" | "unread"),
        state,
        detail,
        inside: Vec::new(),
        sha256: wanted.to_string(),
        found: object.map(FoundTarget::of),
    }
}

/// Reads what lies there, which has the last word.
async fn read(
    view: &View,
    built: &BuiltArtifact,
    object: &Object,
    check: &mut SourceCheck,
) -> Result<(), Failure> {
    let store = view.store(&built.location.store)?;
    let read = content::digest(&**store, &built.location, object.clone(), &*view.events).await?;
    let (state, detail, digest) = match read {
        Some((_, digest)) if digest == built.sha256 => ("same", None, Some(digest)),
        Some((_, digest)) => {
            let short = check.sha.get(..7).unwrap_or(&check.sha);
            let detail =
                format!("`{}` holds {digest}; {short} was published with {}", built.location, built.sha256);
            ("other", Some(detail), Some(digest))
        }
        None => ("missing", Some(format!("`{}` is gone", built.location)), None),
    };
    (check.state, check.matches, check.detail) = (state, state == "same", detail);
    if let Some(found) = &mut check.found {
        found.sha256 = digest.map(|digest| digest.to_string());
    }
    Ok(())
}
