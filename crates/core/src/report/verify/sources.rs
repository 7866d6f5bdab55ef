//! Whether what runs still lies at its sources as it was published: by what the store says of it, else by its bytes.

use super::check::{FoundTarget, SourceCheck};
use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::content;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{BuiltArtifact, Genesis, Identity, ReleaseRef, SeenArtifacts, State, Stored, key};
use crate::location::Location;
use crate::observe::{Inspection, checked, is_read, judge_sources, remembered, tokens_tell};
use crate::port::Object;
use crate::ports::ReadPorts;
use crate::remember::Learned;
use crate::snapshot::{Candidate, Findings};
use std::collections::BTreeMap;

/// A release that runs in an environment, with what is known of its sources.
pub(super) struct Running {
    pub(super) environment: String,
    pub(super) candidate: Candidate,
    /// Those of them that are folders, by the name of their entry in its manifest: whether it is read as it lies.
    folders: BTreeMap<String, bool>,
    /// Those in whose place lies what can't be one, and why.
    wrong: BTreeMap<String, String>,
}

/// What is known of the release that runs in an environment.
pub(super) enum Run {
    /// None does, or retention deletes it.
    Nothing,
    /// Its manifest, and what lies at its sources.
    Known(Box<Running>),
    /// What the ledger keeps of it can't be found or read: what is said of each of its artifacts.
    Unknown(CommitId, Vec<SourceCheck>),
}

/// Looks at the release that runs in an environment.
pub(super) async fn running(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    state: &State,
) -> Result<Run, Failure> {
    let Some(release) = state.release() else { return Ok(Run::Nothing) };
    match Box::pin(checked(view, config, settings, &release.commit)).await {
        Ok((candidate, _)) if candidate.doomed.is_some() => Ok(Run::Nothing),
        Ok((candidate, wrong)) => {
            let mut folders = BTreeMap::new();
            for artifact in &settings.artifacts {
                let of = candidate.manifest.artifact(artifact.name(), &settings.name);
                if let Some((entry, _)) = of.filter(|(_, built)| built.folder.is_some()) {
                    folders.insert(entry, is_read(artifact));
                }
            }
            let environment = settings.name.to_string();
            Ok(Run::Known(Box::new(Running { environment, candidate, folders, wrong })))
        }
        Err(failure) if failure.exit == ExitStatus::Missing => {
            Ok(unknown(view, settings, release, "is missing from the ledger"))
        }
        Err(failure) if failure.is_finding() => {
            Ok(unknown(view, settings, release, &format!("can't be trusted: {}", failure.words())))
        }
        Err(failure) => Err(failure),
    }
}

/// What is said of the artifacts of a release that runs, and of which the ledger keeps nothing that can be read.
fn unknown(view: &ReadPorts, settings: &Environment, release: &ReleaseRef, why: &str) -> Run {
    let key = key::manifest(view.ledger.root(), &release.commit).map(|key| key.to_string());
    let short = release.commit.short(7);
    let one = |(artifact, sha256): (&String, &Digest)| SourceCheck {
        environments: vec![settings.name.to_string()],
        sha: release.commit.to_string(),
        artifact: artifact.clone(),
        source: key.clone().unwrap_or_default(),
        matches: false,
        state: "unknown",
        detail: Some(format!(
            "what the ledger keeps of release {short}, which runs in {}, {why}; the location of `{artifact}` is unknown",
            settings.name
        )),
        inside: Vec::new(),
        sha256: sha256.to_string(),
        found: None,
    };
    Run::Unknown(release.commit.clone(), release.artifacts.iter().map(one).collect())
}

impl Run {
    /// Whether it is the release that runs by this state.
    pub(super) fn is(&self, state: &State) -> bool {
        let commit = match self {
            Self::Nothing => None,
            Self::Known(running) => Some(&running.candidate.manifest.commit),
            Self::Unknown(commit, _) => Some(commit),
        };
        // One that retention deletes is asked for again, and ends as before.
        commit.is_some() && commit == state.release().map(|release| &release.commit)
    }
}

/// Checks the sources of what runs, each once; reads those whose bytes alone can tell, and all of them where `bytes` says
/// so. Says what that found out.
pub(super) async fn check(
    view: &ReadPorts,
    genesis: &Genesis,
    running: &mut [Running],
    bytes: bool,
) -> Result<(Vec<SourceCheck>, Vec<Learned>), Failure> {
    let mut found: BTreeMap<Location, SourceCheck> = BTreeMap::new();
    let mut learned = Vec::new();
    for Running { environment, candidate, folders, wrong } in running {
        judge_sources(view, genesis, candidate).await?;
        if !folders.is_empty() || bytes {
            remembered(view, candidate).await?;
        }
        let mut fresh = SeenArtifacts::default();
        let candidate = &*candidate;
        for (entry, built) in &candidate.manifest.artifacts {
            let object = candidate.sources.get(entry);
            if object.is_none() && !wrong.contains_key(entry) {
                continue;
            }
            let object = object.and_then(Option::as_ref);
            if let Some(known) = found.get_mut(&built.location) {
                known.environments.push(environment.clone());
                continue;
            }
            let mut check = of(environment, candidate, entry, built, object);
            let tells = tokens_tell(view, genesis, &built.location.store)?;
            match (object, folders.get(entry)) {
                (Some(_), Some(&read)) => {
                    let inspection = Inspection { view, candidate, entry, tells, bytes };
                    let known = Box::pin(super::folders::check(inspection, built, read, &mut check)).await?;
                    fresh.folders.extend(known.folders);
                }
                (Some(object), None) if must_read(&check, built, bytes) => {
                    let unsure = candidate.identities.get(entry) == Some(&Identity::Unknown);
                    let right = read(view, built, object, &mut check).await?;
                    // What the store's tokens don't tell is not known the next time either.
                    let kept = right.filter(|right| unsure && (tells || right.version.is_some()));
                    fresh.artifacts.extend(kept.map(|right| (entry.clone(), Stored::looked_at(&right))));
                }
                _ => {}
            }
            if let Some(why) = wrong.get(entry) {
                (check.state, check.detail) = ("other", Some(why.clone()));
            }
            found.insert(built.location.clone(), check);
        }
        if !fresh.is_empty() {
            let findings = Findings { fresh, ..candidate.findings.clone() };
            learned.push(Learned { commit: candidate.manifest.commit.clone(), findings });
        }
    }
    Ok((found.into_values().collect(), learned))
}

/// Whether the bytes of a source are read: where the store says that somebody wrote there since they were known, and where
/// that is asked for. What the store itself calls other bytes need not be, and an image is known by its digest.
fn must_read(check: &SourceCheck, built: &BuiltArtifact, bytes: bool) -> bool {
    let unsure = check.state == "rewritten" || bytes && check.state != "other";
    unsure && !built.location.is_image()
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
    let identity = candidate.identities.get(entry).copied().unwrap_or(Identity::Unknown);
    let kept = built.seen.is_some() || candidate.findings.before.artifacts.contains_key(entry);
    let (state, detail) = match (object, identity) {
        (None, _) => ("missing", Some(format!("`{place}` is not there, although release {short} runs"))),
        (Some(_), Identity::Same) => ("same", None),
        (Some(object), Identity::Other(digest)) => {
            let holds = digest.map_or_else(|| format!("{} bytes", object.size), |digest| digest.to_string());
            ("other", Some(format!("`{place}` contains {holds}; {short} was published with {wanted}")))
        }
        // It is read.
        (Some(_), Identity::Unknown) if kept => ("rewritten", None),
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

/// Reads what lies there, which has the last word; answers the object where it is the published one.
async fn read(
    view: &ReadPorts,
    built: &BuiltArtifact,
    object: &Object,
    check: &mut SourceCheck,
) -> Result<Option<Object>, Failure> {
    let store = view.store(&built.location.store)?;
    let read = match content::digest(&**store, &built.location, object.clone(), &*view.events).await {
        Err(failure) if failure.is_finding() => {
            (check.state, check.matches, check.detail) = ("other", false, Some(failure.words()));
            return Ok(None);
        }
        Err(failure) if failure.exit == ExitStatus::Conflict => {
            (check.matches, check.detail) = (false, Some(failure.words()));
            check.state = "rewritten";
            return Ok(None);
        }
        read => read?,
    };
    let (state, detail, digest) = match &read {
        Some((_, digest)) if *digest == built.sha256 => ("same", None, Some(digest)),
        Some((_, digest)) => {
            let short = check.sha.get(..7).unwrap_or(&check.sha);
            let detail = format!(
                "`{}` contains {digest}; {short} was published with {}",
                built.location, built.sha256
            );
            ("other", Some(detail), Some(digest))
        }
        None => ("missing", Some(format!("`{}` is gone", built.location)), None),
    };
    (check.state, check.matches, check.detail) = (state, state == "same", detail);
    if let Some(found) = &mut check.found {
        found.sha256 = digest.map(ToString::to_string);
    }
    Ok(read.map(|(object, _)| object).filter(|_| check.matches))
}
