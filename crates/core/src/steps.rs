//! Running the steps of a phase in order, and what they are told. One step, and stopping it, is the work of `one`.

pub mod following;
mod one;

use one::StepRun;

use crate::config::{Environment, Step};
use crate::context::PromotionContext;
use crate::deploying::spent;
use crate::ledger::{Action, Deployed, PromotionId, Sign, SignedStep, StepRecord};
use crate::lookout::Lookout;
use crate::plan::Plan;
use crate::port::{StepContext, StepEnd, StepTarget};
use crate::template::Values;
use std::collections::BTreeMap;

/// What a promotion's steps are told.
pub fn context(
    context: PromotionContext<'_>,
    environment: &Environment,
    promotion: &PromotionId,
    landed: Option<&Deployed>,
) -> StepContext {
    let PromotionContext { config, plan, snapshot, request, .. } = context;
    let action = match plan.action {
        Action::Promote => "promote",
        Action::Rollback => "rollback",
        Action::Redeploy => "redeploy",
        Action::Undo => "undo",
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
        at: Some(snapshot.taken_at),
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
pub fn targets(current: &Deployed) -> Vec<StepTarget> {
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

/// How a step ended, in words that fit `the deployment …`.
pub const fn word(end: StepEnd) -> &'static str {
    match end {
        StepEnd::Succeeded => "succeeded",
        StepEnd::Failed => "failed",
        StepEnd::Errored => "has an unknown result",
        StepEnd::TimedOut => "timed out",
        StepEnd::Superseded => "was replaced by a newer one",
        StepEnd::Interrupted => "was interrupted",
    }
}

/// The steps of one promotion.
#[derive(Debug, Clone, Copy)]
pub struct PromotionSteps<'p> {
    /// The promotion that is carried out.
    pub context: PromotionContext<'p>,
    /// Its id.
    pub promotion: &'p PromotionId,
    /// What the commit says of the lane; `None` before it.
    pub landed: Option<&'p Deployed>,
    /// Looks after the promotion's place in the lane while steps run.
    pub lookout: &'p Lookout<'p>,
}

impl<'p> PromotionSteps<'p> {
    /// Runs a phase (`prepare`, `deploy`, `verify`) of every environment that moves, one after the other, until a
    /// step does not succeed or the promotion lost its place; adds what each left behind to `records`.
    pub async fn run(&self, phase: &str, records: &mut Vec<StepRecord>) -> StepEnd {
        let mut number = if phase == "verify" {
            self.following().filter(|(phase, ..)| *phase == "deploy").count()
        } else {
            0
        };
        for moved in self.context.moved() {
            let context = context(self.context, moved, self.promotion, self.landed);
            for step in of_phase(moved, phase) {
                number += 1;
                let sign = if phase == "prepare" { None } else { self.sign(phase, step, number) };
                let place =
                    StepRun { ports: self.context.ports, environment: moved, lookout: self.lookout, phase };
                let record = place.run(step, &context, sign).await;
                let end = record.report.end;
                records.push(record);
                if end != StepEnd::Succeeded {
                    return end;
                }
            }
        }
        StepEnd::Succeeded
    }

    /// The steps that follow the commit, in the order in which they run.
    fn following(&self) -> impl Iterator<Item = (&'static str, &'p Environment, &'p Step)> + use<'p> {
        let moved = self.context.moved();
        ["deploy", "verify"].into_iter().flat_map(move |phase| {
            let all = moved.clone();
            all.into_iter()
                .flat_map(move |moved| of_phase(moved, phase).iter().map(move |step| (phase, moved, step)))
        })
    }

    /// What is said of a step while it runs.
    fn sign(&self, phase: &str, step: &Step, number: usize) -> Option<Sign> {
        let left = self.following().skip(number.saturating_sub(1));
        let limit = left.fold(chrono::TimeDelta::zero(), |total, (_, settings, step)| {
            total.checked_add(&spent(settings, step)).unwrap_or(chrono::TimeDelta::MAX)
        });
        let count = u32::try_from(self.following().count()).ok()?;
        let number = u32::try_from(number).ok()?;
        let step = SignedStep { phase: phase.to_owned(), name: step.name(), number, count };
        Some(Sign { step: Some(step), limit_s: u64::try_from(limit.num_seconds()).unwrap_or(0) })
    }

    /// What is said when the steps are about to run again.
    pub(crate) fn again(&self) -> Sign {
        let first = self.following().next().and_then(|(phase, _, step)| self.sign(phase, step, 1));
        Sign { step: None, limit_s: first.map_or(0, |sign| sign.limit_s) }
    }
}

/// The steps of a phase.
fn of_phase<'e>(environment: &'e Environment, phase: &str) -> &'e [Step] {
    match phase {
        "prepare" => &environment.prepare,
        "deploy" => &environment.deploy,
        _ => &environment.verify,
    }
}
