//! The deployment that a move sets off: its deploy and verify steps, and the record of how they ended.

use super::done::Done;
use super::evidence;
use super::outcome::bounded;
use crate::apply::Writer;
use crate::config::Environment;
use crate::context::PromotionContext;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::lease;
use crate::ledger::{Head, Kind, Outcome, OutcomeResult, PromotionId, StepRecord};
use crate::lookout::{Lookout, Loss, Lost};
use crate::plan::Plan;
use crate::port::StepEnd;
use crate::standing;
use crate::steps::{self, PromotionSteps};

/// How steps that ran before run again.
pub(super) struct Again {
    /// Whether a process may still run them.
    pub(super) beside: bool,
}

/// Runs the deploy and verify steps of what is committed, and writes their outcome. `again`: somebody ran them before.
pub(super) async fn deploy(
    context: PromotionContext<'_>,
    commit: Head,
    mut ran: Vec<StepRecord>,
    again: Option<Again>,
) -> Result<Done, Failure> {
    let PromotionContext { ports, environment: settings, plan, .. } = context;
    let current = commit.state().current.clone();
    let landed = current.as_ref();
    let promotion = promotion(&commit);
    let mut done = Done::new(plan, promotion.clone(), commit.clone(), Vec::new());
    if !plan.follows {
        done.steps = ran;
        return Ok(done);
    }
    let nothing = || Failure::new(ExitStatus::Failed, format!("nothing was committed in {}", settings.name));
    let of = commit.state().committed.ok_or_else(nothing)?;
    let lookout = Lookout::committed(Writer::of(context), commit).ok_or_else(nothing)?;
    let steps = PromotionSteps { context, promotion: &promotion, landed, lookout: &lookout };
    if let Some(again) = again {
        // Said first, so that whoever runs them beside hears of it and stops.
        match lookout.say(steps.again()).await? {
            Ok(_) => {}
            // Nobody took anything over: whoever ran the steps was done first.
            Err(lost) if let Loss::Ended(result) = lost.how => {
                done.head = lookout.head();
                done.result = result;
                done.exit = standing::ended(result);
                done.lost = Some(lost);
                ports.events.hear(&Event::Outcome { promotion, result });
                return Ok(done);
            }
            Err(lost) => return Err(overtaken_before(settings, &lost)),
        }
        if again.beside {
            lease::until_heard(ports, "a step of the deployment that is taken over may still run until then")
                .await;
        }
    }
    let mut end = steps.run("deploy", &mut ran).await;
    if end == StepEnd::Succeeded {
        end = steps.run("verify", &mut ran).await;
    }
    done.result = result(end);
    Box::pin(evidence::leave(context, &promotion, &ran)).await;
    done.steps = ran;
    let bounded = bounded(&done.steps);
    let written = lookout
        .append(Kind::Outcome, |record| {
            record.outcome = Some(Outcome { of, result: done.result, steps: bounded.clone() });
        })
        .await;
    let lost = match written {
        Ok(Ok(head)) => {
            done.head = head;
            done.exit = standing::ended(done.result);
            ports.events.hear(&Event::Outcome { promotion, result: done.result });
            return Ok(done);
        }
        Ok(Err(lost)) => lost,
        Err(failure) => {
            return Err(Failure { exit: ExitStatus::Unfinished, ..failure }
                .state(format!(
                    "The targets of {} have the release; its deployment {}.",
                    settings.name,
                    steps::word(end)
                ))
                .hint(format!(
                    "`promote resume {}` runs the steps again and records how they end",
                    settings.name
                )));
        }
    };
    if lost.how != Loss::Superseded {
        return Err(taken_over(settings, plan, &lost));
    }
    done.head = lookout.head();
    done.result = OutcomeResult::Superseded;
    done.exit = standing::ended(done.result);
    done.lost = Some(lost);
    ports.events.hear(&Event::Outcome { promotion, result: done.result });
    Ok(done)
}

/// The promotion that a commit ends.
pub(super) fn promotion(commit: &Head) -> PromotionId {
    let current = commit.state().current.as_ref();
    current.and_then(|current| current.promotion.clone()).unwrap_or_else(|| PromotionId(String::new()))
}

/// Somebody else runs the steps of the same promotion now, and records how they end.
fn taken_over(settings: &Environment, plan: &Plan, lost: &Lost) -> Failure {
    let (name, sha) = (&settings.name, plan.release.commit.short(7));
    Failure::new(ExitStatus::Timeout, format!("the deployment of {sha} to {name} was {}", lost.words()))
        .state(format!("{name} was moved to {sha}; who took over records how its deployment ends."))
        .hint(format!("`promote status {name}` shows its state"))
}

/// Somebody was faster, before any step ran again.
fn overtaken_before(settings: &Environment, lost: &Lost) -> Failure {
    let name = &settings.name;
    Failure::new(ExitStatus::Conflict, format!("the deployment of {name} was {}", lost.words()))
        .state("No step was run.")
        .hint(format!("`promote status {name}` shows its state"))
}

/// The exit status of a command that ends as its steps did.
pub const fn exit_of(end: StepEnd) -> ExitStatus {
    standing::ended(result(end))
}

const fn result(end: StepEnd) -> OutcomeResult {
    match end {
        StepEnd::Succeeded => OutcomeResult::Succeeded,
        StepEnd::Failed => OutcomeResult::Failed,
        StepEnd::Errored => OutcomeResult::Errored,
        StepEnd::TimedOut => OutcomeResult::TimedOut,
        StepEnd::Superseded => OutcomeResult::Superseded,
        StepEnd::Interrupted => OutcomeResult::Interrupted,
    }
}
