//! `plan`: from configuration, snapshot and request to a decision.

use super::decision::{Decision, Nothing, Refusal};
use super::document::Plan;
use super::steps::steps;
use super::undo;
use crate::config::{Artifact, ArtifactKind, Config, Environment};
use crate::deploying::Deploying;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::folder::others;
use crate::folder::source::Faults;
use crate::ledger::identity::judge;
use crate::ledger::{Action, Before, BuiltArtifact, Identity, Shape, TargetMove};
use crate::names::escape;
use crate::pointer::Pointer;
use crate::port::{CopyGuard, FenceClass, Object, PinnedSource, Precondition};
use crate::request::Request;
use crate::rule::{self, Facts, Finding};
use crate::snapshot::{Seen, Snapshot};
use crate::template::Template;

/// Decides what a request comes to. Synchronous and total: it reads nothing but its arguments.
pub fn plan(config: &Config, environment: &Environment, snapshot: &Snapshot, request: &Request) -> Decision {
    let release = snapshot.release(request);
    let state = snapshot.state();
    let facts = Facts { config, environment, snapshot, request, release: &release };
    let findings = rule::evaluate(&facts);
    let name_used = !rule::names_used(&facts).is_empty();
    if request.undoes(&state, &release.commit) {
        return undo::plan(config, environment, snapshot, request, findings);
    }
    let mut obstacles: Vec<String> = config.unacted().collect();
    let mut changed = false;
    let mut targets = Vec::new();
    for artifact in &environment.artifacts {
        let name = artifact.name();
        if artifact.kind == ArtifactKind::Git {
            // Of a file that was read, this was told with its place.
            if config.unacted.is_empty() {
                obstacles.push("this version of promote can't move the commit itself".to_owned());
            }
            continue;
        }
        let Some(seen) = snapshot.targets.get(name) else {
            // What has a target and was not looked at can't be guarded, and leaving it out would move half a release.
            // Of one without a name, the rule `target-name` tells.
            let named = |target: &Template| release.version.is_some() || !target.uses_version();
            if artifact.target.as_ref().is_some_and(named) {
                obstacles.push(format!("the target of `{name}` was not checked"));
            }
            continue;
        };
        let (wrong, other) = faults(snapshot, environment, artifact);
        changed |= other;
        obstacles.extend(wrong);
        if let Some(stays) = unremovable(snapshot, artifact) {
            changed = true;
            obstacles.push(stays);
        }
        if let Some(keeps) = snapshot.obstructed.get(name) {
            changed = true;
            obstacles.push(format!("{keeps}: remove it by hand"));
        }
        match target_move(config, environment, snapshot, artifact, seen) {
            Ok(target) => targets.push(target),
            Err(Obstacle::Lacking(text)) => obstacles.push(text),
            Err(Obstacle::Other(text)) => {
                changed = true;
                obstacles.push(text);
            }
        }
    }
    let there = state.release().filter(|there| there.commit == release.commit && there.same_bytes(&release));
    // A target that the configuration named only after the last move holds nothing yet, whatever runs elsewhere.
    let recorded = |(name, seen): (&String, &Seen)| {
        let mut known = state.current.iter().flat_map(|current| &current.targets);
        // Of a log, every name is a new one: there is nothing to do when the last one names the release.
        let log = environment.artifacts.iter().any(|artifact| artifact.name() == name && artifact.is_log());
        known.any(|target| {
            let same = target.artifact.as_ref().map_or("main", |name| name.as_str()) == name;
            target.target == seen.location
                || log && same && target.sha256 == release.digest(name, &environment.name)
        })
    };
    // What the ledger says is somewhere that the file names no more is recorded anew, without it.
    let placed = snapshot.relocated.is_empty();
    let settled = there.is_some() && state.open.is_none() && placed && snapshot.targets.iter().all(recorded);
    let action = match request.action {
        Action::Promote if settled => Action::Redeploy,
        other => other,
    };
    let mut plan = Plan {
        targets,
        follows: config
            .moved(environment, &request.include)
            .iter()
            .any(|moved| !moved.deploy.is_empty() || !moved.verify.is_empty()),
        steps: steps(config, environment, &request.include),
        changes: snapshot.changes.clone(),
        approvals: rule::approvals_of_all(&facts),
        named_at: environment.artifacts.iter().any(Artifact::is_log).then_some(snapshot.named_at),
        ..Plan::draft(config, environment, snapshot, request, (action, release), findings)
    };
    let drifted =
        plan.findings.iter().any(|finding| finding.rule == "drift" && finding.verdict != rule::Verdict::Met);
    // What was adopted was never deployed by a promotion: there is no deployment of it to go on with.
    let unverified = state.current.as_ref().is_some_and(|current| current.verified.is_none());
    let pending = unverified && state.committed.is_some();
    // Going on with the deployment is held to what going on with the move is held to.
    let resumes = request.take_over.is_wanted() && request.action == Action::Promote;
    let resumed = resumes && settled && pending && !drifted;
    if resumed {
        plan.findings = rule::asked_again(plan.findings);
    }
    // What nobody waits for is in place, and a second run has nothing to wait for either.
    let left = || Deploying::seen(config, snapshot).is_some_and(|it| it.left);
    let deploying =
        plan.findings.iter().any(|finding| finding.rule == "deploying" && !finding.passes()) && !left();
    let stray = rule::stray(config, environment, request).is_some();
    let held = deploying || stray || (resumed && !plan.allowed());
    if settled && !drifted && !held && request.action != Action::Redeploy {
        let ended = state.current.as_ref().and_then(|current| current.outcome);
        return Decision::NothingToDo(Box::new(Nothing { plan, pending, ended }));
    }
    if obstacles.is_empty() && plan.allowed() {
        return Decision::Allowed(Box::new(plan));
    }
    // Somebody is at it.
    let unfinished =
        |finding: &Finding| matches!(finding.rule.as_str(), "unfinished" | "deploying") && !finding.passes();
    let foreign = environment.artifacts.iter().any(|artifact| artifact.kind == ArtifactKind::Git);
    let exit = if foreign || !config.unacted.is_empty() {
        ExitStatus::Usage
    } else if changed || (name_used && obstacles.is_empty()) || plan.findings.iter().any(unfinished) {
        ExitStatus::Conflict
    } else if obstacles.is_empty() {
        ExitStatus::Blocked
    } else {
        ExitStatus::Missing
    };
    Decision::Refused(Box::new(Refusal { plan, obstacles, exit }))
}

/// What cannot be got past at one artifact, in words.
enum Obstacle {
    /// Something is not there, or not of the kind that is needed.
    Lacking(String),
    /// Other bytes lie there than were published.
    Other(String),
}

impl From<String> for Obstacle {
    fn from(text: String) -> Self {
        Self::Lacking(text)
    }
}

/// Whether what lies at a source is what was published. What nobody found out is not allowed either.
fn identified(
    snapshot: &Snapshot,
    entry: &str,
    built: &BuiltArtifact,
    source: &Object,
) -> Result<(), Obstacle> {
    let commit = snapshot.candidate.manifest.commit.short(7);
    let known = snapshot.candidate.identities.get(entry).copied();
    let (place, wanted) = (&built.location, &built.sha256);
    match known.unwrap_or_else(|| judge(built, [], source, false)) {
        Identity::Same => Ok(()),
        Identity::Other(None) if built.folder.is_some() => {
            Err(Obstacle::Other(format!("what is in place of the manifest of `{place}` is not a manifest")))
        }
        Identity::Other(_) if source.size != built.size && built.folder.is_none() => {
            Err(Obstacle::Other(format!(
                "`{place}` has {} bytes, but release {commit} was published with {} ({wanted})",
                source.size, built.size
            )))
        }
        Identity::Other(Some(found)) => Err(Obstacle::Other(format!(
            "`{place}` contains {found}, but release {commit} was published with {wanted}"
        ))),
        Identity::Other(None) | Identity::Unknown => {
            Err(Obstacle::Lacking(format!("could not tell whether `{place}` still has {wanted}")))
        }
    }
}

/// What would have to be removed from a folder and can't be, in words.
fn unremovable(snapshot: &Snapshot, artifact: &Artifact) -> Option<String> {
    let folder = snapshot.files.get(artifact.name())?;
    let all = others(&folder.manifest, snapshot.there.get(artifact.name())?);
    let stays = all.into_iter().find(|object| object.is_unnamable_folder())?;
    let target = &snapshot.targets.get(artifact.name())?.location;
    let path = escape(stays.key.as_str());
    Some(format!(
        "`{target}{path}` is a folder whose name is not UTF-8, and can't be removed from here: remove it by hand"
    ))
}

/// What is wrong with the files of a release's own folder, one sentence each, and whether that is more than that some are
/// missing. What nobody looked at is wrong, too.
fn faults(snapshot: &Snapshot, environment: &Environment, artifact: &Artifact) -> (Vec<String>, bool) {
    let candidate = &snapshot.candidate;
    let Some((entry, built)) = candidate.manifest.artifact(artifact.name(), &environment.name) else {
        return (Vec::new(), false);
    };
    // Where its manifest is not the published one, that is said instead.
    if built.folder.is_none() || candidate.identities.get(&entry) != Some(&Identity::Same) {
        return (Vec::new(), false);
    }
    match snapshot.files.get(artifact.name()).and_then(|folder| folder.looked.as_ref()) {
        Some(looked) if looked.unread.is_empty() => {
            let Faults { changed, strays, .. } = &looked.faults;
            (looked.faults.told(&built.location), !changed.is_empty() || !strays.is_empty())
        }
        _ => {
            (vec![format!("could not tell whether `{}` still has what was published", built.location)], true)
        }
    }
}

fn target_move(
    config: &Config,
    environment: &Environment,
    snapshot: &Snapshot,
    artifact: &Artifact,
    seen: &Seen,
) -> Result<TargetMove, Obstacle> {
    let name = artifact.name();
    let manifest = &snapshot.candidate.manifest;
    let commit = manifest.commit.short(7);
    let Some((entry, built)) = manifest.artifact(name, &environment.name) else {
        return Err(format!("release {commit} was published without the artifact `{name}`").into());
    };
    let Some(source) = snapshot.candidate.sources.get(&entry).and_then(Option::as_ref) else {
        let place = &built.location;
        return Err(format!("`{place}` is not there, although release {commit} was published").into());
    };
    identified(snapshot, &entry, built, source)?;
    let shape = match (built.folder.is_some(), seen.location.folder().is_some()) {
        _ if artifact.is_unmoved() => Shape::Unmoved,
        (false, false) => Shape::Whole,
        (true, true) => Shape::Folder { prune: artifact.prune },
        (true, false) => {
            let bytes =
                Pointer::new(&config.project, &manifest.commit, &built.location, built.sha256).to_bytes();
            Shape::Pointer { sha256: Digest::of(&bytes), size: bytes.len() as u64 }
        }
        (false, true) => {
            return Err(format!(
                "`{}` is a folder, and `{name}` of release {commit} was published as one object",
                seen.location
            )
            .into());
        }
    };
    let capabilities = snapshot.capabilities.get(&seen.location.store);
    let before = seen.object.as_ref().map(|object| Before {
        token: object.token.clone(),
        version: object.version.clone(),
        sha256: object
            .sha256
            .filter(|_| shape == Shape::Whole)
            .or_else(|| object.metadata.get("promote-sha256").and_then(|hex| Digest::from_hex(hex).ok())),
        size: object.size,
    });
    let way = capabilities.and_then(|found| rule::way(found, &built.location, &seen.location, built.size));
    Ok(TargetMove {
        artifact: artifact.name.clone(),
        target: seen.location.clone(),
        source: PinnedSource {
            location: built.location.clone(),
            token: source.token.clone(),
            version: source.version.clone(),
            sha256: built.sha256,
            size: built.size,
            headers: source.headers.clone(),
        },
        when: before
            .as_ref()
            .map_or(Precondition::Absent, |before| Precondition::Matches(before.token.clone())),
        before,
        way: way.unwrap_or(CopyGuard::None),
        fence: capabilities.map_or(FenceClass::Advisory, |found| found.fence),
        shape,
    })
}
