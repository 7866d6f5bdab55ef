//! Overtaking a deployment that goes on: its end is recorded first, as superseded, and only then does the next promotion
//! begin. Cut off in between, the lane is free and the overtaken one knows.

use super::write::{Writer, not_appended};
use crate::context::PromotionContext;
use crate::deploying::Deploying;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::lease;
use crate::ledger::{Action, AppendError, Head, Kind, LedgerError, Outcome, OutcomeResult, State};
use crate::plan::Plan;
use crate::rule::{self, Facts, Verdict};
use crate::snapshot::Snapshot;

/// What the intent follows, and what it overtook.
pub(super) struct Before {
    /// The record that the intent comes after.
    pub(super) head: Option<Head>,
    /// The deployment that is overtaken.
    pub(super) overtaken: Option<Deploying>,
}

impl Before {
    /// Whether what the overtaken one runs must have ended before anything of the kind runs again. Not where the
    /// deployment itself settles which of two wins, nor where nobody runs anything any more.
    pub(super) fn must_hear(&self, context: PromotionContext<'_>) -> bool {
        let PromotionContext { plan, request, .. } = context;
        let taken = request.take_over.is_wanted() && request.action == Action::Promote;
        self.overtaken.as_ref().is_some_and(|overtaken| (overridden(plan) || taken) && !overtaken.left)
    }
}

/// How often the end is written anew behind what others recorded meanwhile.
const MOST: usize = 64;

/// Records the end of the deployment that the plan was made past, where there is one. What is told of it after the plan
/// was made counts: only the record that the end really follows says whether somebody runs its steps.
///
/// # Errors
/// `Conflict` when it ended, was taken up so that it may not be overtaken, or something else was recorded, after the plan
/// was made; else what the ledger answers.
pub(super) async fn overtake(context: PromotionContext<'_>) -> Result<Before, Failure> {
    let PromotionContext { ports, config, environment, snapshot, .. } = context;
    let seen = Deploying::seen(config, snapshot);
    let (Some(planned), Some(mut overtaken)) = (&snapshot.head, seen) else {
        return Ok(Before { head: snapshot.head.clone(), overtaken: None });
    };
    let of = overtaken.committed;
    let nothing = |failure: Failure| failure.state("Nothing was written by this promotion.");
    let (writer, name) = (Writer::of(context), &environment.name);
    let mut head = planned.clone();
    for _ in 0..MOST {
        let record = writer.record(&head, Kind::Outcome, |record| {
            record.outcome = Some(Outcome { of, result: OutcomeResult::Superseded, steps: Vec::new() });
        });
        match ports.ledger.append(&record.map_err(nothing)?).await {
            Ok(head) => return Ok(Before { head: Some(head), overtaken: Some(overtaken) }),
            Err(AppendError::Lost { .. }) => {}
            Err(error) => return Err(nothing(not_appended(error, name.as_str()))),
        }
        let newest = ports.ledger.reader().head(&environment.lane).await;
        let newest = newest.map_err(LedgerError::read_failure).map_err(nothing)?;
        let Some(next) = newest.as_ref().filter(|next| same(next.state(), planned.state())) else {
            return Err(nothing(changed(name.as_str(), newest.as_ref())));
        };
        let now = now_seen(context, next).await.map_err(nothing)?;
        overtaken = match Deploying::seen(config, &now) {
            Some(found) if may_still(context, &now) => found,
            _ => return Err(nothing(changed(name.as_str(), Some(next)))),
        };
        head = next.clone();
    }
    Err(nothing(
        Failure::new(ExitStatus::Conflict, format!("{name} is being changed by others all the time"))
            .hint("try again in a moment"),
    ))
}

/// What was seen, with what is told of the deployment up to this newer record.
async fn now_seen(context: PromotionContext<'_>, head: &Head) -> Result<Snapshot, Failure> {
    let PromotionContext { ports, config, snapshot, .. } = context;
    let heard = lease::heard(&ports.view(), config, Some(head)).await?;
    let taken_at = head.stored_at.max(snapshot.taken_at);
    Ok(Snapshot { head: Some(head.clone()), heard, taken_at, ..snapshot.clone() })
}

/// Whether the deployment may be overtaken as it goes on now, by what was asked when it was looked at.
fn may_still(context: PromotionContext<'_>, now: &Snapshot) -> bool {
    let PromotionContext { config, environment, plan, request, .. } = context;
    let facts = Facts { config, environment, snapshot: now, request, release: &plan.release };
    overridden(plan) || rule::deploying::check(&facts).is_none_or(|finding| finding.passes())
}

/// Whether somebody let the deployment be overtaken.
fn overridden(plan: &Plan) -> bool {
    plan.findings.iter().any(|one| one.rule == "deploying" && one.verdict == Verdict::Overridden)
}

/// Whether nothing happened between two states that a plan would have to know of.
fn same(one: &State, two: &State) -> bool {
    let said = |state: &State| {
        let frozen = state.frozen.as_ref().map(|frozen| frozen.since.seq);
        let outcome = state.current.as_ref().map(|current| (current.since.seq, current.outcome));
        (state.committed, frozen, state.held.as_ref().map(|held| held.since.seq), outcome)
    };
    one.open.is_none() && two.open.is_none() && said(one) == said(two)
}

fn changed(name: &str, head: Option<&Head>) -> Failure {
    let by = head.map(|head| format!(" by {}", crate::names::escape(&head.record.actor.name)));
    Failure::new(
        ExitStatus::Conflict,
        format!("{name} was changed in the meantime{}", by.unwrap_or_default()),
    )
    .hint(format!("`promote plan {name}` shows what would happen now"))
}
