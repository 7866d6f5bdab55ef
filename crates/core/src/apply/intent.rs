//! Opening a promotion: the create of the intent is the only lock there is.

use super::write::{Writer, named};
use crate::context::PromotionContext;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::gates::in_force;
use crate::invocation::Invocation;
use crate::ledger::record::RecordError;
use crate::ledger::{Action, AppendError, Head, Intent, Kind, PromotionId, ReleaseRef, not_taken};
use crate::request::Terms;
use crate::span::Span;
use chrono::{DateTime, TimeDelta, Utc};

/// How old what was looked at may be when the intent is written. Retention counts on it (see [`crate::retention`]): it
/// deletes nothing until what could not yet know of it can't be begun any more.
pub const FRESH: TimeDelta = TimeDelta::minutes(30);

/// How old it may be when the intent lands, by the store's time of it.
pub const LANDED: TimeDelta = TimeDelta::minutes(45);

/// Writes the intent after `head`: the newest record that the plan was made for, or what was recorded for the plan's
/// own sake since.
pub(super) async fn open(context: PromotionContext<'_>, head: Option<&Head>) -> Result<Head, Failure> {
    let PromotionContext { ports, config, environment, plan, snapshot, .. } = context;
    let name = &environment.name;
    let promotion = PromotionId::new(ports.clock.now(), ports.entropy.nonce());
    let intent = Intent {
        promotion,
        action: plan.action,
        environment: plan.environment.clone(),
        release: plan.release.clone(),
        from: plan.from.as_ref().map(|from| from.commit.clone()),
        supersedes: plan.supersedes,
        targets: plan.targets.clone(),
        follows: plan.follows,
        findings: plan.findings.clone(),
        plan: plan.digest(),
        lives_s: super::earlier::lives(ports, &plan.targets)?,
        allowed: plan.let_through.clone(),
        // What comes back is not held to the gates: had it kept them, a rollback would make looser ones the rule.
        gates: (plan.action != Action::Rollback).then(|| in_force(config, &environment.lane)),
        read: snapshot.candidate.read.clone(),
        approvals: plan.approvals.clone(),
    };
    let record = Writer::of(context).after(head, Kind::Intent, |record| record.intent = Some(intent))?;
    match ports.ledger.append(&record).await {
        Ok(head) => Ok(head),
        Err(AppendError::Lost { found, .. }) => Err(Failure::new(
            ExitStatus::Conflict,
            format!("{name} was changed in the meantime {}", named(&found)),
        )
        .state("Nothing was written by this promotion.")
        .hint(format!("`{}` shows what would happen now", dry_run(context, &plan.release)))),
        Err(AppendError::Refused { source, .. }) => {
            Err(not_taken("writing the intent", source).state("Nothing was written by this promotion."))
        }
        Err(error @ AppendError::Unknown { .. }) => Err(Failure::new(
            ExitStatus::Unfinished,
            format!("whether the promotion of {name} was begun is not known"),
        )
        .state("No target was written.")
        .hint(format!("`promote status {name}` shows whether it is open; `promote resume {name}` goes on"))
        .caused_by(error)),
        Err(error @ AppendError::Record(RecordError::TooLarge(_))) => {
            Err(Failure::new(ExitStatus::Usage, "the intent does not fit a record of the ledger")
                .state("Nothing was written by this promotion.")
                .hint("give shorter notes and reasons")
                .caused_by(error))
        }
        Err(error) => Err(Failure::new(ExitStatus::Failed, "the intent can't be written")
            .state("Nothing was written by this promotion.")
            .caused_by(error)),
    }
}

/// Refuses to begin on what was looked at long ago, by the ledger store's clock and by this machine's: the one may not
/// have gone on while the machine slept, the other may have been set.
pub(super) async fn fresh(context: PromotionContext<'_>) -> Result<(), Failure> {
    let PromotionContext { ports, snapshot, .. } = context;
    let store = ports.ledger.reader().bucket();
    let now = store.now().await.map_err(|error| Failure::from_read("asking for the time", error))?;
    let here = ports.clock.now() - snapshot.local_at + (snapshot.taken_at - snapshot.began_at);
    match (now - snapshot.began_at).max(here) {
        age if age > FRESH => Err(stale(context, age).state("Nothing was written by this promotion.")),
        _ => Ok(()),
    }
}

/// Why an intent that landed at this time may have no effects.
pub(super) fn late(context: PromotionContext<'_>, landed: DateTime<Utc>) -> Option<Failure> {
    let age = landed - context.snapshot.began_at;
    (age > LANDED).then(|| stale(context, age))
}

fn stale(context: PromotionContext<'_>, age: TimeDelta) -> Failure {
    let again = dry_run(context, &context.snapshot.candidate.manifest.reference());
    Failure::new(ExitStatus::Conflict, format!("the state that was checked is {} old", Span(age)))
        .hint(format!("plan again: `{again}` shows what would happen now"))
}

/// What shows whether the same may be done now.
fn dry_run(context: PromotionContext<'_>, release: &ReleaseRef) -> Invocation {
    let request = context.request;
    let terms = Terms {
        include: request.include.clone(),
        overrides: request.overrides_once(),
        notes: request.notes.clone(),
        reason: request.reason.clone(),
    };
    Invocation::new("plan").word(&context.environment.name).word(release.commit.short(7)).terms(&terms)
}
