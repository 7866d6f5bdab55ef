//! Overtaking a deployment that goes on: its end is recorded first, as superseded, and only then does the next promotion
//! begin. Cut off in between, the lane is free and the overtaken one knows.

use super::write::{Writer, append_after};
use crate::config::Config;
use crate::deploying::Deploying;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Action, Head, Kind, Outcome, OutcomeResult, State};
use crate::plan::Plan;
use crate::request::Request;
use crate::rule::Verdict;
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
    pub(super) fn must_hear(&self, plan: &Plan, request: &Request) -> bool {
        let overridden =
            plan.findings.iter().any(|one| one.rule == "deploying" && one.verdict == Verdict::Overridden);
        let taken = request.take_over.is_wanted() && request.action == Action::Promote;
        self.overtaken.as_ref().is_some_and(|overtaken| (overridden || taken) && !overtaken.left)
    }
}

/// Records the end of the deployment that the plan was made past, where there is one.
///
/// # Errors
/// `Conflict` when it ended, or something else was recorded, after the plan was made; else what the ledger answers.
pub(super) async fn overtake(
    writer: &Writer<'_>,
    config: &Config,
    snapshot: &Snapshot,
) -> Result<Before, Failure> {
    let overtaken = Deploying::seen(config, snapshot);
    let (Some(planned), Some(deploying)) = (&snapshot.head, &overtaken) else {
        return Ok(Before { head: snapshot.head.clone(), overtaken });
    };
    let environment = writer.environment;
    // Of the records after the plan, only those by which the deployment says where it is change nothing.
    let still = |head: Option<&Head>| {
        let same = head.is_some_and(|head| same(head.state(), planned.state()));
        match same {
            true => Ok(()),
            false => Err(changed(environment.name.as_str(), head)),
        }
    };
    let of = deploying.committed;
    let head =
        append_after(writer, &environment.lane, Some(planned.clone()), Kind::Outcome, still, |record| {
            record.outcome = Some(Outcome { of, result: OutcomeResult::Superseded, steps: Vec::new() });
        })
        .await
        .map_err(|failure| failure.state("Nothing was written by this promotion."))?;
    Ok(Before { head: Some(head), overtaken })
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
    let by = head.map(|head| format!(" by {}", crate::names::shown(&head.record.actor.name)));
    Failure::new(
        ExitStatus::Conflict,
        format!("{name} was changed in the meantime{}", by.unwrap_or_default()),
    )
    .hint(format!("`promote plan {name}` shows what would happen now"))
}
