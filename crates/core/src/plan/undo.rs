//! Undoing a promotion where nothing that could come back was there before, because it has not ended or did not succeed:
//! its targets are made as they were. What that takes is decided when it is done; the plan names the targets and what
//! they hold.

use super::decision::{Decision, Refusal};
use super::document::Plan;
use crate::config::{Artifact, ArtifactKind, Config, Environment};
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::ledger::{Action, Before, Shape, TargetMove};
use crate::pointer::Pointer;
use crate::port::{CopyGuard, FenceClass, Headers, PinnedSource, Precondition, Token};
use crate::request::Request;
use crate::rule::Finding;
use crate::snapshot::{Seen, Snapshot};

/// The rules that hold for it. It brings nothing, so what is demanded of a release is not asked.
const ASKED: [&str; 4] = ["unfinished", "deploying", "shared-target", "clock"];

/// The plan, and whether the rules let it be carried out.
pub(super) fn plan(
    config: &Config,
    environment: &Environment,
    snapshot: &Snapshot,
    request: &Request,
    mut findings: Vec<Finding>,
) -> Decision {
    // What was put at another place than the file names can't be taken back from there.
    let elsewhere = !snapshot.relocated.is_empty();
    findings.retain(|finding| ASKED.contains(&finding.rule.as_str()) || elsewhere && finding.rule == "drift");
    let targets = environment.artifacts.iter().filter_map(|artifact| {
        let seen = snapshot.targets.get(artifact.name())?;
        target(config, environment, snapshot, artifact, seen)
    });
    let brings = (Action::Undo, snapshot.candidate.reference());
    let plan = Plan {
        targets: targets.collect(),
        stays: snapshot.stays.clone(),
        ..Plan::draft(config, environment, snapshot, request, brings, findings)
    };
    // What was not looked at can't be taken back, and leaving it out would undo half of it.
    let unseen =
        environment.artifacts.iter().filter(|one| one.target.is_some() && one.kind != ArtifactKind::Git);
    let obstacles: Vec<String> = unseen
        .filter(|artifact| !snapshot.targets.contains_key(artifact.name()))
        .map(|artifact| format!("the target of `{}` was not checked", artifact.name()))
        .collect();
    if plan.allowed() && obstacles.is_empty() {
        return Decision::Allowed(Box::new(plan));
    }
    let busy = |one: &Finding| matches!(one.rule.as_str(), "unfinished" | "deploying") && !one.passes();
    let busy = plan.findings.iter().any(busy);
    let exit = match obstacles.is_empty() {
        _ if busy => ExitStatus::Conflict,
        true => ExitStatus::Blocked,
        false => ExitStatus::Missing,
    };
    Decision::Refused(Box::new(Refusal { plan, obstacles, exit }))
}

/// A target as the promotion meant to write it, with what it holds now. The source need not be there any more.
fn target(
    config: &Config,
    environment: &Environment,
    snapshot: &Snapshot,
    artifact: &Artifact,
    seen: &Seen,
) -> Option<TargetMove> {
    let manifest = &snapshot.candidate.manifest;
    let (_, built) = manifest.artifact(artifact.name(), &environment.name)?;
    let shape = match (built.folder.is_some(), seen.location.folder().is_some()) {
        _ if artifact.is_unmoved() => Shape::Unmoved,
        (_, true) => Shape::Folder { prune: artifact.prune },
        (true, false) => {
            let bytes =
                Pointer::new(&config.project, &manifest.commit, &built.location, built.sha256).to_bytes();
            Shape::Pointer { sha256: Digest::of(&bytes), size: bytes.len() as u64 }
        }
        (false, false) => Shape::Whole,
    };
    let before = seen.object.as_ref().map(|object| Before {
        token: object.token.clone(),
        version: object.version.clone(),
        sha256: object.sha256.filter(|_| shape == Shape::Whole),
        size: object.size,
    });
    let capabilities = snapshot.capabilities.get(&seen.location.store);
    Some(TargetMove {
        artifact: artifact.name.clone(),
        target: seen.location.clone(),
        source: PinnedSource {
            location: built.location.clone(),
            token: Token(String::new()),
            version: None,
            sha256: built.sha256,
            size: built.size,
            headers: Headers::default(),
        },
        when: before
            .as_ref()
            .map_or(Precondition::Absent, |before| Precondition::Matches(before.token.clone())),
        before,
        way: CopyGuard::None,
        fence: capabilities.map_or(FenceClass::Advisory, |found| found.fence),
        shape,
    })
}
