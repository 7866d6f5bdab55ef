//! Carrying out a plan: intent, prepare, writes, commit. Each write is sent once; after any doubt the target is
//! read back. What happens after the commit is `flow`'s.

mod again;
mod begun;
mod earlier;
mod effect;
mod intent;
mod landing;
mod last_word;
mod other_source;
mod overtake;
mod takeover;
mod undo;
mod unwritten;
mod write;

pub use intent::{FRESH, LANDED};
pub use undo::{Undone, undo};
pub(crate) use write::not_appended;
pub use write::{Writer, append_after};

use crate::context::PromotionContext;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder::{Change, PAUSE_S};
use crate::invocation::Invocation;
use crate::lease;
use crate::ledger::{Abort, Action, Commit, Head, Kind, Landed, StepRecord, TargetMove};
use crate::lookout::{Lookout, Lost};
use crate::plan::Plan;
use crate::port::StepEnd;
use crate::remember::remember;
use crate::steps::{self, PromotionSteps};

use std::time::Duration;

use again::Again;
use begun::Begun;
use earlier::Earlier;
use effect::{Effect, TargetWriter};

/// From how many bytes on a write may take longer than somebody who looks on waits for a sign of life.
const LARGE: u64 = 16 * 1024 * 1024;

/// The same of the files of a folder.
const MANY: usize = 100;

/// A promotion whose targets have the release.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The intent.
    pub intent: Head,
    /// The commit.
    pub commit: Head,
    /// The prepare steps that ran.
    pub prepared: Vec<StepRecord>,
}

/// Carries out a plan that was just decided on this snapshot. `left`: whether the steps that follow are left for later.
///
/// # Errors
/// `Conflict` when somebody else was first, `Unfinished` when it is not known whether something was written; the
/// failure says what state things are in.
pub async fn apply(context: PromotionContext<'_>, left: bool) -> Result<Applied, Failure> {
    let PromotionContext { ports, environment, plan, snapshot, request, .. } = context;
    let begun = ports.clock.steady();
    remember(ports, snapshot, &request.actor).await;
    intent::fresh(context).await?;
    let earlier = Earlier::of(context);
    let Begun { before, intent, promotion } = begun::begin(context).await?;
    if let Some(failure) = intent::late(context, intent.stored_at) {
        return Err(withdraw(context, &intent, failure, "it was begun too late").await);
    }
    let mut since_check = false;

    let lookout = Lookout::open(Writer::of(context), intent.clone());
    let steps = PromotionSteps { context, promotion: &promotion, landed: None, lookout: &lookout };
    let mut prepared = Vec::new();
    let prepares = context.moved().iter().any(|moved| !moved.prepare.is_empty());
    if (context.supersedes() && prepares) || before.must_hear(context) {
        lease::until_heard(ports, "a step of the earlier promotion may still run until then").await;
        since_check = true;
    }
    // What prepares the way for a release (a migration) is not run for one that comes back.
    if plan.action != Action::Rollback && prepares {
        let run = steps.run("prepare", &mut prepared).await;
        if let Some(lost) = lookout.lost() {
            return Err(unprepared(plan, &lost));
        }
        if run != StepEnd::Succeeded {
            let word = steps::word(run);
            let exit = if run == StepEnd::Interrupted { ExitStatus::Interrupted } else { ExitStatus::Failed };
            let failure = Failure::new(
                exit,
                format!("`prepare` of {} for {} {word}", environment.name, plan.release.commit.short(7)),
            );
            return Err(withdraw(context, &intent, failure, "`prepare` did not succeed").await);
        }
        since_check = true;
    }
    let (undone, waited) = takeover::before_writing(context, &earlier, &lookout).await?;
    since_check |= waited;
    let mut again = Again::new(context, &intent, (since_check, begun));
    if let Err(failure) = again.all().await {
        return Err(withdraw(context, &intent, failure, "what it moves was changed").await);
    }

    let mut landed: Vec<Landed> = Vec::new();
    let mut clean = true;
    let writer = TargetWriter { context, intent: &intent, promotion: &promotion, again };
    for target in &plan.targets {
        // What came before may have taken long enough for somebody to take over.
        since_check |= ports.clock.steady().saturating_sub(begun) > Duration::from_secs(PAUSE_S.into());
        ports.events.hear(&Event::Moving { target: target.target.clone() });
        let writing = effect::carry_out(&writer, target, since_check);
        let written = match takes_long(plan, target) {
            true => Box::pin(lookout.living(writing)).await,
            false => writing.await,
        };
        match written {
            Effect::Landed { landed: one, definite } => {
                ports.events.hear(&Event::Moved { target: one.target.clone(), wrote: one.wrote });
                clean &= definite;
                since_check |= !definite;
                landed.push(one);
            }
            Effect::Refused(failure) if landed.is_empty() && clean => {
                let why = "the write was refused";
                return Err(withdraw(context, &intent, failure, why).await);
            }
            Effect::Refused(failure) => return Err(unfinished(failure, plan, &landed, false)),
            Effect::Stuck(failure) => return Err(unfinished(failure, plan, &landed, true)),
        }
    }
    // What could be undone is looked at again once it can't be, and written once more where it was.
    for (target, until) in plan.targets.iter().zip(undone) {
        let Some(until) = until else { continue };
        takeover::after_writing(context, target, until, &lookout).await?;
        match effect::carry_out(&writer, target, true).await {
            Effect::Landed { landed: again, definite } => {
                clean &= definite;
                for one in landed.iter_mut().filter(|one| one.target == again.target) {
                    *one = Landed { wrote: one.wrote || again.wrote, ..again.clone() };
                }
            }
            Effect::Refused(failure) | Effect::Stuck(failure) => {
                return Err(unfinished(failure, plan, &landed, true));
            }
        }
    }
    let commit = settle(context, &intent, landed, clean, left).await?;
    ports.events.hear(&Event::Committed { promotion, seq: commit.record.seq });
    Ok(Applied { intent, commit, prepared })
}

/// Whether a target is so much to write that others must be shown meanwhile that this process lives.
fn takes_long(plan: &Plan, target: &TargetMove) -> bool {
    let change = plan.changes.get(target.name());
    let files = change.map_or(0, Change::files);
    let bytes = change.map_or(target.source.size, |change| change.bytes);
    files > MANY || bytes > LARGE
}

/// Somebody took over while `prepare` ran.
fn unprepared(plan: &Plan, lost: &Lost) -> Failure {
    let name = &plan.environment;
    Failure::new(ExitStatus::Unfinished, format!("the promotion of {name} was {}", lost.words()))
        .state("Its `prepare` was stopped. No target was written by it.")
        .hint(format!("`promote status {name}` shows its state"))
}

/// Writes the commit.
async fn settle(
    context: PromotionContext<'_>,
    intent: &Head,
    landed: Vec<Landed>,
    clean: bool,
    left: bool,
) -> Result<Head, Failure> {
    let name = &context.environment.name;
    let record = Writer::of(context).record(intent, Kind::Commit, |record| {
        record.commit = Some(Commit { of: intent.id, clean, targets: landed, left });
    })?;
    match context.ports.ledger.append(&record).await {
        Ok(head) => Ok(head),
        Err(crate::ledger::AppendError::Lost { found, .. }) => {
            let who = write::named(&found);
            Err(Failure::new(ExitStatus::Unfinished, format!("the promotion of {name} was taken over {who}"))
                .state(
                    "The targets may hold this release or the other one; the one who took over settles that.",
                )
                .hint(format!("`promote status {name}` shows how it ended")))
        }
        Err(error) => Err(Failure::new(
            ExitStatus::Unfinished,
            format!("the promotion of {name} could not be recorded"),
        )
        .state("The targets have the release, the ledger does not say so yet.")
        .hint(format!("`promote resume {name}` finishes it"))
        .caused_by(error)),
    }
}

/// Ends an intent of which nothing was written, where the protocol allows that.
async fn withdraw(context: PromotionContext<'_>, intent: &Head, failure: Failure, why: &str) -> Failure {
    let PromotionContext { ports, environment, request, .. } = context;
    let name = &environment.name;
    let back = Invocation::back(name, &request.include);
    if context.supersedes() {
        return Failure {
            exit: ExitStatus::Unfinished,
            ..failure
                .state("It had taken over from another promotion, whose writes may be on their way: it stays open.")
                .hint(format!("`promote resume {name}` goes on, `{back}` goes back"))
        };
    }
    let record = Writer::of(context).record(intent, Kind::Abort, |record| {
        record.abort = Some(Abort { of: intent.id, reason: why.to_owned(), restored: None });
    });
    let ended = match record {
        Ok(record) => ports.ledger.append(&record).await.map(drop).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match ended {
        Ok(()) => {
            ports.events.hear(&Event::Aborted { why: why.to_owned() });
            failure.state(format!("No target was written; {name} is as it was."))
        }
        Err(why) => Failure {
            exit: ExitStatus::Unfinished,
            ..failure
                .state(format!("No target was written, but the promotion could not be closed: {why}."))
                .hint(format!("`promote resume {name}` goes on, `{back}` closes it"))
        },
    }
}

/// A promotion that stops after a target was written. `in_doubt`: whether nobody knows if the next one was.
fn unfinished(failure: Failure, plan: &Plan, landed: &[Landed], in_doubt: bool) -> Failure {
    let name = &plan.environment;
    let mut failure = Failure { exit: ExitStatus::Unfinished, ..failure };
    let mut doubted = in_doubt;
    for target in &plan.targets {
        let done = landed.iter().any(|one| one.target == target.target);
        let word = match done {
            true => "has the release",
            // Of those after it, none was begun.
            false if std::mem::take(&mut doubted) => "may or may not have the release",
            false => "does not have the release",
        };
        failure = failure.state(format!("`{}` {word}.", target.target));
    }
    // The same command would not begin while this one is open.
    let (again, resume) = ("run the same command again", format!("`promote resume {name}` goes on"));
    failure.hints.iter_mut().for_each(|hint| *hint = hint.replace(again, &resume));
    let back = Invocation::back(name, &plan.terms.include);
    match in_doubt {
        true => failure.hint(format!("{resume}, `{back}` goes back")),
        // Neither goes on as long as what refused the write is there.
        false => failure.hint(format!(
            "once what is in the way is gone, {resume}, `{back}` goes back; past what somebody else wrote each takes `--override drift --reason TEXT`"
        )),
    }
}
