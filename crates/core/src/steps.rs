//! Running the steps of a phase in order, and what they are told.

use crate::config::{Config, Environment, Step, StepAction};
use crate::event::{Event, Events};
use crate::ledger::{Action, Occupancy, PromotionId, StepRecord};
use crate::plan::Plan;
use crate::port::{StepContext, StepEnd, StepProgress, StepTarget};
use crate::request::Request;
use crate::template::Values;
use crate::world::World;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a promotion's steps are told.
pub fn context(
    config: &Config,
    environment: &Environment,
    plan: &Plan,
    promotion: &PromotionId,
    request: &Request,
    at: DateTime<Utc>,
    landed: Option<&Occupancy>,
) -> StepContext {
    let action = match plan.action {
        Action::Promote => "promote",
        Action::Rollback => "rollback",
        Action::Redeploy => "redeploy",
    };
    let mut variables: BTreeMap<String, String> = [
        ("PROMOTE_ENV", environment.name.to_string()),
        ("PROMOTE_SHA", plan.release.commit.to_string()),
        ("PROMOTE_VERSION", plan.release.version.clone().unwrap_or_default()),
        ("PROMOTE_PREVIOUS_SHA", plan.from.as_ref().map(|from| from.commit.to_string()).unwrap_or_default()),
        ("PROMOTE_ACTION", action.to_owned()),
        ("PROMOTE_ID", promotion.0.clone()),
        ("PROMOTE_ACTOR", request.actor.name.clone()),
        ("PROMOTE_PROJECT", config.project.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let values = Values {
        sha: Some(plan.release.commit.clone()),
        version: plan.release.version.clone(),
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        at: Some(at),
    };
    let targets = landed.map(targets).unwrap_or_default();
    name_targets(&mut variables, plan, &targets);
    StepContext { variables, values, targets }
}

/// Tells a command where each artifact is: once it landed, where it landed, since the name of a tag may hold a moment.
/// Of several artifacts, each has its own variables, and those without a name are the first one's.
fn name_targets(variables: &mut BTreeMap<String, String>, plan: &Plan, landed: &[StepTarget]) {
    for (index, planned) in plan.targets.iter().enumerate() {
        let there = landed.iter().find(|target| target.artifact == planned.artifact);
        let location = there.map_or(&planned.target, |target| &target.location).to_string();
        let digest = planned.source.sha256.to_string();
        if let Some(artifact) = &planned.artifact {
            let suffix = artifact.as_str().to_ascii_uppercase().replace('-', "_");
            variables.insert(format!("PROMOTE_TARGET_{suffix}"), location.clone());
            variables.insert(format!("PROMOTE_DIGEST_{suffix}"), digest.clone());
        }
        if index == 0 {
            variables.insert("PROMOTE_TARGET".to_owned(), location);
            variables.insert("PROMOTE_DIGEST".to_owned(), digest);
        }
    }
}

/// The targets of what is in a lane, as its steps are told of them.
pub fn targets(current: &Occupancy) -> Vec<StepTarget> {
    let Some(release) = &current.release else { return Vec::new() };
    let one = |target: &crate::ledger::TargetState| StepTarget {
        artifact: target.artifact.clone(),
        location: target.target.clone(),
        version: target.version.clone(),
        token: target.token.clone(),
        digest: target.sha256,
        commit: release.commit.clone(),
        committed_at: current.since.time(),
    };
    current.targets.iter().map(one).collect()
}

/// What a step is, for people.
pub fn name(step: &Step) -> String {
    let text = match &step.action {
        StepAction::Run { command, .. } => command.trim().lines().next().unwrap_or_default().to_owned(),
        // A query may be a secret.
        StepAction::Http { url, .. } => url.to_string().split('?').next().unwrap_or_default().to_owned(),
        StepAction::CodePipeline { names, .. } => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            format!("CodePipeline {}", names.join(", "))
        }
        StepAction::Github { workflow, .. } => format!("GitHub workflow {workflow}"),
        StepAction::Gitlab { project, .. } => format!("GitLab pipeline of {project}"),
        StepAction::Receipts(count) => format!("{count} receipts"),
    };
    crate::names::shown(&text)
}

/// How a step ended, in words that fit `the deployment …`.
pub const fn word(end: StepEnd) -> &'static str {
    match end {
        StepEnd::Succeeded => "succeeded",
        StepEnd::Failed => "failed",
        StepEnd::Errored => "could not be told",
        StepEnd::TimedOut => "timed out",
        StepEnd::Superseded => "was replaced by a newer one",
        StepEnd::Interrupted => "was interrupted",
    }
}

struct Lines {
    phase: String,
    events: Arc<dyn Events>,
}

impl StepProgress for Lines {
    fn line(&self, line: &str) {
        self.events.hear(&Event::StepLine { phase: self.phase.clone(), line: line.to_owned() });
    }

    fn note(&self, note: &str) {
        self.events.hear(&Event::StepNote { phase: self.phase.clone(), note: note.to_owned() });
    }
}

/// What the steps of one promotion have in common.
#[derive(Debug, Clone, Copy)]
pub struct Walk<'w> {
    /// The world.
    pub world: &'w World,
    /// The configuration.
    pub config: &'w Config,
    /// The environment that was asked for.
    pub environment: &'w Environment,
    /// The plan.
    pub plan: &'w Plan,
    /// The promotion.
    pub promotion: &'w PromotionId,
    /// Who asked, on what terms.
    pub request: &'w Request,
    /// When the world was read.
    pub at: DateTime<Utc>,
    /// What the commit says of the lane; `None` before it.
    pub landed: Option<&'w Occupancy>,
}

impl Walk<'_> {
    /// Runs a phase (`prepare`, `deploy`, `verify`) of every environment that moves, one after the other, until a
    /// step does not succeed; adds what each left behind to `records`.
    pub async fn run(&self, phase: &str, records: &mut Vec<StepRecord>) -> StepEnd {
        for moved in self.config.moved(self.environment, &self.plan.terms.include) {
            let steps = match phase {
                "prepare" => &moved.prepare,
                "deploy" => &moved.deploy,
                _ => &moved.verify,
            };
            let context =
                context(self.config, moved, self.plan, self.promotion, self.request, self.at, self.landed);
            let end = run(self.world, moved, phase, steps, &context, records).await;
            if end != StepEnd::Succeeded {
                return end;
            }
        }
        StepEnd::Succeeded
    }
}

/// Runs steps one after the other until one does not succeed.
async fn run(
    world: &World,
    environment: &Environment,
    phase: &str,
    steps: &[Step],
    context: &StepContext,
    records: &mut Vec<StepRecord>,
) -> StepEnd {
    for step in steps {
        let name = name(step);
        world.events.hear(&Event::StepStarted { phase: phase.to_owned(), name: name.clone() });
        let lines = Lines { phase: phase.to_owned(), events: Arc::clone(&world.events) };
        let timeout = step.timeout.unwrap_or(environment.timeout);
        let mut report = world.steps.run(step, context, timeout, &lines).await;
        for _ in 0..step.retries {
            if report.end == StepEnd::Succeeded || report.end == StepEnd::Interrupted {
                break;
            }
            report = world.steps.run(step, context, timeout, &lines).await;
        }
        world.events.hear(&Event::StepFinished {
            phase: phase.to_owned(),
            name: name.clone(),
            report: report.clone(),
        });
        let end = report.end;
        records.push(StepRecord { phase: phase.to_owned(), name, report });
        if end != StepEnd::Succeeded {
            return end;
        }
    }
    StepEnd::Succeeded
}
