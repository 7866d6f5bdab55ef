//! What is known to go wrong after a move, looked for before it: a pipeline that is not there, or that takes nothing
//! from what is about to be written. Only a release on its way forward is held up by that: going back is urgent.

use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Action, PromotionId};
use crate::plan::Plan;
use crate::port::{ErrorKind, StepContext, StepTarget, Token};
use crate::request::Request;
use crate::snapshot::Snapshot;
use crate::steps::context;
use crate::world::World;

/// Asks of each step that follows whether it can go well.
///
/// # Errors
/// What is wrong with the first that can't.
pub(crate) async fn look(
    world: &World,
    config: &Config,
    settings: &Environment,
    plan: &Plan,
    snapshot: &Snapshot,
    request: &Request,
) -> Result<(), Failure> {
    if plan.action != Action::Promote || !plan.follows {
        return Ok(());
    }
    let nobody = PromotionId(String::new());
    for moved in config.moved(settings, &plan.terms.include) {
        let context = context(config, moved, plan, &nobody, request, snapshot.taken_at, None);
        let context = StepContext { targets: planned(plan), ..context };
        for step in moved.deploy.iter().chain(&moved.verify) {
            if let Some(mut error) = world.steps.unfit(step, &context).await {
                let missing = error.kind == ErrorKind::NotFound;
                let exit = if missing { ExitStatus::Missing } else { ExitStatus::Usage };
                let what = format!("what follows the move to {} would fail", moved.name);
                let mut failure = Failure::new(exit, what).state("Nothing was changed.");
                failure.hints.append(&mut error.hints);
                return Err(failure.caused_by(error));
            }
        }
    }
    Ok(())
}

/// The targets as they will be, as far as that is known.
fn planned(plan: &Plan) -> Vec<StepTarget> {
    let one = |target: &crate::ledger::TargetMove| StepTarget {
        artifact: target.artifact.clone(),
        location: target.target.clone(),
        version: None,
        token: Token(String::new()),
        digest: Some(target.source.sha256),
        commit: plan.release.commit.clone(),
        committed_at: plan.taken_at,
    };
    plan.targets.iter().map(one).collect()
}
