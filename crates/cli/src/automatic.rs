//! What follows a publication by itself: the first environments that are automatic take the release, by the same
//! rules and in the same way as when a person asks.

use crate::app::App;
use crate::page::Text;
use crate::progress::Progress;
use crate::project::Project;
use promote_core::commit::CommitId;
use promote_core::config::Environment;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::{carry_out, decide};
use promote_core::ledger::{Action, OutcomeResult};
use promote_core::names::EnvironmentName;
use promote_core::plan::Decision;
use promote_core::request::{Request, Wanted};
use promote_core::world::World;
use serde::Serialize;

/// What became of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Moved {
    /// The environment.
    pub(crate) environment: String,
    /// `promoted`, `unchanged`, `blocked` or how the deployment ended.
    pub(crate) result: String,
    /// Why not, in words.
    pub(crate) why: Vec<String>,
    /// The promotion.
    pub(crate) promotion: Option<String>,
    /// The exit status it comes to.
    pub(crate) exit: ExitStatus,
}

/// The environments that take a new release by themselves, one of each lane, in order.
pub(crate) fn environments(project: &Project) -> Vec<&Environment> {
    let first = |name: &&EnvironmentName| {
        project
            .config
            .environments
            .get(*name)
            .is_some_and(|settings| settings.auto && settings.from.is_empty())
    };
    let mut found: Vec<&Environment> = Vec::new();
    for name in project.config.stages.iter().flatten().filter(first) {
        if let Some(settings) = project.config.environments.get(name)
            && !found.iter().any(|other| other.lane == settings.lane)
        {
            found.push(settings);
        }
    }
    found
}

/// Moves a release to all of them. A refusal is an answer here: what was published stays published.
pub(crate) async fn promote(
    app: &App<'_>,
    project: &Project,
    world: &World,
    progress: &Progress,
    commit: &CommitId,
) -> Result<Vec<Moved>, Failure> {
    let mut all = Vec::new();
    for settings in environments(project) {
        let prefix = commit.as_str().parse().map_err(|error: promote_core::commit::CommitError| {
            Failure::new(ExitStatus::Failed, "no commit").caused_by(error)
        })?;
        let mut request = Request::promote(settings.name.clone(), Wanted::Commit(prefix), app.actor());
        request.automatic = true;
        let lane = project.config.lanes.iter().find(|lane| lane.name == settings.lane);
        // Those that read the same target move along by themselves only when all of them are automatic.
        let along = lane.map(|lane| lane.environments.clone()).unwrap_or_default();
        let auto =
            |name: &EnvironmentName| project.config.environments.get(name).is_some_and(|other| other.auto);
        if along.iter().all(auto) {
            request.include = along;
        }
        all.push(one(app, project, world, progress, &request).await?);
    }
    Ok(all)
}

async fn one(
    app: &App<'_>,
    project: &Project,
    world: &World,
    progress: &Progress,
    request: &Request,
) -> Result<Moved, Failure> {
    let name = &request.environment;
    let (snapshot, decision) = decide(&world.view(), &project.config, request).await?;
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
    app.screen.say(&Text::plain(format!("{name}: moves to {}", plan.release.commit.short(7))));
    progress.begin(&plan);
    let done = carry_out(world, &project.config, &plan, &snapshot, request).await;
    progress.rest();
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
