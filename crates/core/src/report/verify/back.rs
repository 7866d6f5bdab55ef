//! Which command puts back what a target should have: found by deciding as that command would, so that what is named works
//! now, past every rule that keeps it back.

use super::check::TargetCheck;
use crate::config::{Config, Environment};
use crate::flow::decide;
use crate::invocation::{Invocation, others};
use crate::ledger::{Action, Actor, Override, State};
use crate::plan::{Decision, Plan, Refusal};
use crate::ports::ReadPorts;
use crate::request::{Request, Wanted};
use crate::rule::RULES;

/// Names that command at the targets of one environment that differ, where nothing is open.
pub(super) async fn tell(view: &ReadPorts, config: &Config, state: &State, checks: &mut [TargetCheck]) {
    let differs = |check: &&mut TargetCheck| !check.matches && !check.unread;
    let Some(name) = checks.iter_mut().find(differs).map(|check| check.environment.clone()) else { return };
    let settings = config.environments.values().find(|settings| settings.name.as_str() == name);
    let (Some(settings), None) = (settings, &state.open) else { return };
    let line = Box::pin(back(view, config, settings, state)).await.map(|line| line.to_string());
    checks.iter_mut().filter(differs).for_each(|check| check.back.clone_from(&line));
}

/// The command line that brings the recorded release to its targets again; `None` where no release is recorded, or none can
/// be brought now.
async fn back(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    state: &State,
) -> Option<Invocation> {
    let release = state.release()?;
    for action in [Action::Promote, Action::Redeploy] {
        let wanted = release.commit.as_str().parse().map(Wanted::Commit).ok()?;
        // No rule asks who acts.
        let promote = Request::promote(settings.name.clone(), wanted, Actor::claimed("", ""));
        let request = Request { action, include: others(config, settings), ..promote };
        match decide(view, config, &request).await.ok()?.1 {
            // In the words of what was asked: a promotion of what is recorded is planned as a redeployment.
            Decision::Allowed(plan) => return Some(Plan { action, ..*plan }.invocation()),
            Decision::Refused(refusal) => return beyond(action, *refusal),
            Decision::NothingToDo(_) => {}
        }
    }
    None
}

/// The same, past every rule that is not met.
fn beyond(action: Action, mut refusal: Refusal) -> Option<Invocation> {
    let overridable = |rule: &str| RULES.iter().any(|known| known.name == rule && known.overridable);
    let unmet = refusal.plan.findings.iter().filter(|finding| !finding.passes());
    let unmet: Vec<String> = unmet.map(|finding| finding.rule.clone()).collect();
    if !refusal.obstacles.is_empty() || !unmet.iter().all(|rule| overridable(rule)) {
        return None;
    }
    // In place of the words that a person has to find.
    let reason = || "TEXT".to_owned();
    let terms = &mut refusal.plan.terms;
    terms.overrides.extend(unmet.into_iter().map(|rule| Override { rule, reason: reason() }));
    terms.reason = Some(reason());
    Some(Plan { action, ..refusal.plan }.invocation())
}
