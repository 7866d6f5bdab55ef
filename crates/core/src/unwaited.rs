//! A move without what follows from it: the steps are left for whoever resumes, and until then the lane takes nothing else.

use crate::ahead;
use crate::apply::apply;
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::flow::{Done, carry_out};
use crate::ledger::{Action, OutcomeResult, PromotionId};
use crate::observe::environment;
use crate::plan::Plan;
use crate::ports::Ports;
use crate::request::Request;
use crate::snapshot::Snapshot;

/// Carries out a plan that was just decided up to the commit; nothing that follows is run or recorded.
///
/// # Errors
/// When the move could not be committed; the failure says what state things are in.
pub async fn move_only(
    ports: &Ports,
    config: &Config,
    plan: &Plan,
    snapshot: &Snapshot,
    request: &Request,
) -> Result<Done, Failure> {
    if plan.action == Action::Undo {
        return carry_out(ports, config, plan, snapshot, request).await;
    }
    let settings = environment(config, &plan.environment)?;
    ahead::look(ports, config, settings, plan, snapshot, request).await?;
    let applied = apply(ports, config, settings, plan, snapshot, request, true).await?;
    let current = applied.commit.state().current.clone();
    let done = Done {
        plan: plan.clone(),
        promotion: current
            .and_then(|current| current.promotion)
            .unwrap_or_else(|| PromotionId(String::new())),
        head: applied.commit,
        result: OutcomeResult::Succeeded,
        steps: applied.prepared,
        undone: None,
        exit: ExitStatus::Ok,
        lost: None,
        restored: Vec::new(),
        adopted: None,
        first: false,
        stays: Vec::new(),
    };
    Ok(done.looked_back(ports).await)
}
