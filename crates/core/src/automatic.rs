//! What follows a publication by itself: the first environments that are automatic take the release, by the same
//! rules and in the same way as when a person asks.

use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::flow::{carry_out, decide};
use crate::ledger::{Action, Actor, OutcomeResult};
use crate::names::EnvironmentName;
use crate::plan::{Decision, Plan};
use crate::report::Moved;
use crate::request::{Request, Wanted};
use crate::world::World;

/// Told of each promotion as it begins and ends.
pub trait Watch: Send + Sync {
    /// This is about to be carried out.
    fn begins(&self, plan: &Plan);
    /// It ended, one way or the other.
    fn ends(&self);
}

/// The environments that take a new release by themselves, one of each lane, in order.
pub fn environments(config: &Config) -> Vec<&Environment> {
    let first = |name: &&EnvironmentName| {
        config.environments.get(*name).is_some_and(|settings| settings.auto && settings.from.is_empty())
    };
    let mut found: Vec<&Environment> = Vec::new();
    for name in config.stages.iter().flatten().filter(first) {
        if let Some(settings) = config.environments.get(name)
            && !found.iter().any(|other| other.lane == settings.lane)
        {
            found.push(settings);
        }
    }
    found
}

/// Moves a release to all of them. A refusal is an answer here: what was published stays published.
///
/// # Errors
/// When the world can't be read, or a move could not be committed.
pub async fn promote(
    world: &World,
    config: &Config,
    actor: &Actor,
    commit: &CommitId,
    watch: &dyn Watch,
) -> Result<Vec<Moved>, Failure> {
    let mut all = Vec::new();
    for settings in environments(config) {
        let prefix = commit.as_str().parse().map_err(|error: crate::commit::CommitError| {
            Failure::new(ExitStatus::Failed, "no commit").caused_by(error)
        })?;
        let mut request = Request::promote(settings.name.clone(), Wanted::Commit(prefix), actor.clone());
        request.automatic = true;
        let lane = config.lanes.iter().find(|lane| lane.name == settings.lane);
        // Those that read the same target move along by themselves only when all of them are automatic.
        let along = lane.map(|lane| lane.environments.clone()).unwrap_or_default();
        let auto = |name: &EnvironmentName| config.environments.get(name).is_some_and(|other| other.auto);
        if along.iter().all(auto) {
            request.include = along;
        }
        all.push(one(world, config, &request, watch).await?);
    }
    Ok(all)
}

async fn one(world: &World, config: &Config, request: &Request, watch: &dyn Watch) -> Result<Moved, Failure> {
    let name = &request.environment;
    let (snapshot, decision) = decide(&world.view(), config, request).await?;
    let ended = |result: &str, why, exit| Moved {
        environment: name.to_string(),
        result: result.to_owned(),
        why,
        promotion: None,
        exit,
    };
    let plan = match decision {
        Decision::NothingToDo(_) => return Ok(ended("unchanged", Vec::new(), ExitStatus::Ok)),
        Decision::Refused(refusal) => {
            let unmet = refusal.plan.findings.iter().filter(|finding| !finding.passes());
            let why = unmet
                .map(|finding| format!("{}: {}", finding.rule, finding.detail))
                .chain(refusal.obstacles.clone())
                .collect();
            return Ok(ended("blocked", why, refusal.exit));
        }
        Decision::Allowed(plan) => plan,
    };
    watch.begins(&plan);
    let done = carry_out(world, config, &plan, &snapshot, request).await;
    watch.ends();
    let done = done?;
    let result = match (plan.action, done.result) {
        (Action::Promote, OutcomeResult::Succeeded) => "promoted",
        (_, OutcomeResult::Succeeded) => "succeeded",
        (_, OutcomeResult::Failed) => "failed",
        (_, OutcomeResult::Errored) => "errored",
        (_, OutcomeResult::TimedOut) => "timed-out",
        (_, OutcomeResult::Superseded) => "superseded",
        (_, OutcomeResult::Interrupted) => "interrupted",
    };
    let failed = done.steps.last().filter(|_| done.result != OutcomeResult::Succeeded);
    let mut why: Vec<String> = failed
        .map(|step| format!("{} {}: {}", step.phase, step.name, step.report.summary))
        .into_iter()
        .collect();
    match &done.undone {
        Some(Ok(back)) => why.push(format!("{} was put back", back.plan.release.commit.short(7))),
        Some(Err(reason)) => why.push(format!("it could not be put back: {reason}")),
        None => {}
    }
    Ok(Moved { promotion: Some(done.promotion.to_string()), ..ended(result, why, done.exit) })
}
