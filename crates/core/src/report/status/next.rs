//! What may move to an environment next: the release of the environment before, judged by every rule that can be
//! judged from what was read.

use super::super::RuleReport;
use super::looked::StatusReads;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger::{Action, Actor, Block, Manifest, ReleaseRef, manifest};
use crate::names::EnvironmentName;
use crate::request::{Request, Wanted};
use crate::rule::{self, Facts, Finding};
use crate::snapshot::{Candidate, Doom, Findings, Seen, Snapshot};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What may move next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Next {
    /// The commit.
    pub sha: String,
    /// The environment it would come from.
    pub from: String,
    /// How many commits it is ahead, where a repository is at hand.
    pub commits: Option<usize>,
    /// Whether every rule is met.
    pub ready: bool,
    /// When every rule that is not met may have opened by itself; `None` when one needs a person.
    pub ready_at: Option<DateTime<Utc>>,
    /// The rules' answers.
    pub rules: Vec<RuleReport>,
    /// What was let through when it was published: `dirty`, `unmerged`.
    pub allowed: Vec<String>,
}

/// The release of the environments before, when they agree and it is not the one that is here.
pub(super) fn wanted<'l>(
    environment: &Environment,
    looked: &'l StatusReads,
) -> Option<(&'l ReleaseRef, EnvironmentName)> {
    let here = looked.state(&environment.lane).and_then(|state| state.release());
    let mut found: Option<(&ReleaseRef, EnvironmentName)> = None;
    for name in &environment.from {
        let lane = looked.lane_of(name)?;
        let Some(release) = looked.state(lane).and_then(|state| state.release()) else { continue };
        match &found {
            Some((other, _)) if other.commit != release.commit => return None,
            Some(_) => {}
            None => found = Some((release, name.clone())),
        }
    }
    found.filter(|(release, _)| here.is_none_or(|here| here.commit != release.commit))
}

/// Judges the release that may move next.
pub(super) fn next(
    config: &Config,
    environment: &Environment,
    looked: &StatusReads,
    actor: &Actor,
) -> Option<Next> {
    // Nothing moves as long as the file asks for what this version does not do.
    if config.to_write().is_err() {
        return None;
    }
    let (release, from) = wanted(environment, looked)?;
    let findings = judge(config, environment, looked, Action::Promote, (release, actor))?;
    let unmet = || findings.iter().filter(|finding| !finding.passes());
    let opens: Option<Vec<DateTime<Utc>>> = unmet().map(|finding| finding.opens_at).collect();
    Some(Next {
        sha: release.commit.to_string(),
        commits: None,
        ready: unmet().next().is_none(),
        ready_at: opens.and_then(|opens| opens.into_iter().max()),
        rules: findings.iter().map(RuleReport::of).collect(),
        allowed: looked
            .lane_of(&from)
            .and_then(|lane| looked.state(lane))
            .map(|state| state.allowed(&release.commit))
            .unwrap_or_default(),
        from: from.to_string(),
    })
}

/// A release that was adopted: no promotion brought it, and nothing verified it.
pub(super) fn adopted<'l>(environment: &Environment, looked: &'l StatusReads) -> Option<&'l ReleaseRef> {
    let state = looked.state(&environment.lane).filter(|state| state.open.is_none())?;
    let current = state.current.as_ref()?;
    current.release.as_ref().filter(|_| current.promotion.is_none() && current.verified.is_none())
}

/// What moves an adopted release once more, past the rules that only say that it never came the usual way.
pub(super) fn again(
    config: &Config,
    environment: &Environment,
    looked: &StatusReads,
    actor: &Actor,
) -> Option<Invocation> {
    const USUAL: [&str; 4] = ["from", "soak", "order", "rolled-back"];
    let release = adopted(environment, looked)?;
    let findings = judge(config, environment, looked, Action::Redeploy, (release, actor))?;
    let unmet: Vec<&str> =
        findings.iter().filter(|finding| !finding.passes()).map(|finding| finding.rule.as_str()).collect();
    if unmet.iter().any(|rule| !USUAL.contains(rule)) {
        return None;
    }
    let line = Invocation::along("to", config, environment).word("--redeploy");
    let line = unmet.iter().fold(line, |line, rule| line.option("--override", rule));
    Some(if unmet.is_empty() { line } else { line.option("--reason", "TEXT") })
}

/// The answers of every rule that can be judged from what was read.
fn judge(
    config: &Config,
    environment: &Environment,
    looked: &StatusReads,
    action: Action,
    (release, actor): (&ReleaseRef, &Actor),
) -> Option<Vec<Finding>> {
    let (genesis, _) = looked.genesis.as_ref()?;
    let lane = config.lanes.iter().find(|lane| lane.name == environment.lane);
    let include = lane.map(|lane| lane.environments.clone()).unwrap_or_default();
    let promote = Request::promote(environment.name.clone(), Wanted::Unnamed, actor.clone());
    let request = Request { include, action, ..promote };
    let seen = looked.targets.get(&environment.name);
    // What could not be looked at is not what the ledger says.
    let unseen = seen.and_then(|seen| seen.as_ref().err()).map(Failure::words);
    let targets = seen.and_then(|seen| seen.as_ref().ok());
    let targets = targets.cloned().unwrap_or_default();
    let capabilities: BTreeMap<_, _> = targets
        .values()
        .filter_map(|seen| {
            let store = &seen.location.store;
            let nature = looked.natures.get(store).filter(|nature| nature.known());
            Some((store.clone(), nature.or_else(|| genesis.capabilities(store))?.clone()))
        })
        .collect();
    // What moves to a name of its own is not kept from it by what lies under the last one.
    let stays = |name: &str, seen: &Seen| {
        let artifact = environment.artifacts.iter().find(|artifact| artifact.name() == name);
        let renamed = artifact.is_some_and(|artifact| match action {
            Action::Redeploy => artifact.is_log(),
            _ => artifact.is_renamed(),
        });
        let last = looked.state(&environment.lane).and_then(|state| state.current.as_ref());
        let recorded =
            last.is_some_and(|last| last.targets.iter().any(|target| target.target == seen.location));
        !(renamed && recorded)
    };
    let judged_guard = targets.values().all(|seen| capabilities.contains_key(&seen.location.store));
    let snapshot = Snapshot {
        taken_at: looked.at,
        began_at: looked.at,
        named_at: looked.local_at,
        newer: BTreeMap::new(),
        relocated: looked.relocated(config, environment),
        needs: Vec::new(),
        files: BTreeMap::new(),
        there: BTreeMap::new(),
        obstructed: BTreeMap::new(),
        changes: BTreeMap::new(),
        stays: Vec::new(),
        adopted: None,
        descent: looked.descent.get(&environment.name).copied().flatten(),
        votes: looked.votes.get(&environment.name).cloned().unwrap_or_default(),
        checks: looked.checks.get(&environment.name).cloned(),
        standstill: looked.standstill.clone(),
        gates: looked.gates.get(&environment.name).cloned().unwrap_or_default(),
        local_at: looked.local_at,
        genesis: looked.genesis.clone()?,
        head: looked.heads.get(&environment.lane).cloned().flatten(),
        heard: looked.heard.get(&environment.lane).cloned(),
        upstream: environment
            .from
            .iter()
            .filter_map(|name| Some((name.clone(), looked.heads.get(looked.lane_of(name)?)?.clone())))
            .collect(),
        candidate: Candidate {
            evidence: looked.evidence.get(&environment.name).cloned().unwrap_or_default(),
            ..candidate(release, looked, actor)
        },
        targets: targets.into_iter().filter(|(name, seen)| stays(name, seen)).collect(),
        capabilities,
        untold_tags: BTreeSet::new(),
    };
    // By the tags of now, as whoever plans it reads it.
    let state = snapshot.head.as_ref().map(crate::ledger::Head::state);
    let release = &ReleaseRef { version: snapshot.candidate.version(state, &request), ..release.clone() };
    let facts = Facts { config, environment, snapshot: &snapshot, request: &request, release };
    let judged = |finding: &Finding| finding.rule != "guard" || judged_guard;
    let told = |finding: Finding| {
        let mut finding = match &unseen {
            Some(why) if finding.rule == "drift" => {
                Finding::unmet("drift", format!("the target can't be looked at: {why}"))
            }
            _ => finding,
        };
        // A flag belongs to the command that was refused, and none was.
        finding.hint = finding.hint.filter(|hint| !hint.contains("`--"));
        finding
    };
    Some(rule::evaluate(&facts).into_iter().filter(judged).map(told).collect())
}

/// The release as far as its reference and one listing tell; its manifest is not read for a status.
fn candidate(release: &ReleaseRef, looked: &StatusReads, actor: &Actor) -> Candidate {
    let entry = looked.releases.get(&release.commit);
    let blocked = entry.is_some_and(|entry| entry.blocked());
    let doomed = entry.filter(|entry| entry.doomed());
    let said = || Block {
        reason: format!("`promote show {}` shows by whom, and why", release.commit.short(12)),
        by: String::new(),
        at: looked.at,
    };
    let known = looked.on_branch.get(&release.commit);
    Candidate {
        manifest: Manifest {
            schema: manifest::SCHEMA.to_owned(),
            commit: release.commit.clone(),
            subject: None,
            committed_at: release.committed_at,
            version: release.version.clone(),
            branches: Vec::new(),
            artifacts: BTreeMap::new(),
            built: String::new(),
            allowed: Default::default(),
            at: looked.at,
            actor: actor.clone(),
        },
        blocked: blocked.then(said),
        doomed: doomed.map(|entry| Doom { said: said(), begun: entry.erasing() || entry.gone.is_some() }),
        on_branch: known.copied().flatten(),
        tags: looked.tags.get(&release.commit).cloned().unwrap_or_default(),
        read: BTreeMap::new(),
        sources: BTreeMap::new(),
        folders: BTreeMap::new(),
        identities: BTreeMap::new(),
        findings: Findings::default(),
        evidence: BTreeMap::new(),
    }
}
