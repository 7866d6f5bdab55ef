//! Whether all environments of the project are frozen at once: what the newest entry beside the lanes says, read side by
//! side with the lanes, and asked once more before the first target is written.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::finding::{Finding, Verdict};
use crate::ledger::{Action, Genesis, LedgerError, StoredStandstill};
use crate::plan::Plan;
use crate::ports::{Ports, ReadPorts};
use crate::snapshot::Snapshot;

/// The newest entry, whosever it is.
///
/// # Errors
/// What the store answered.
pub(crate) async fn newest(view: &ReadPorts) -> Result<Option<StoredStandstill>, Failure> {
    view.ledger.standstill(None).await.map_err(LedgerError::read_failure)
}

/// The same for the ledger that this is: an entry that was brought from another one says nothing that can be trusted.
pub(crate) fn of(genesis: &Genesis, found: Option<StoredStandstill>) -> Option<StoredStandstill> {
    let mut found = found?;
    if found.content.as_ref().is_ok_and(|said| said.ledger != genesis.ledger) {
        found.content = Err("it was written for another place".to_owned());
    }
    Some(found)
}

/// Fails when everything was frozen after the plan was made. What comes back, what is gone on with, and who goes past the
/// freeze are not held up.
///
/// # Errors
/// `Blocked`; also what the ledger answered.
pub(crate) async fn unfrozen(ports: &Ports, snapshot: &Snapshot, plan: &Plan) -> Result<(), Failure> {
    let judged = |finding: &Finding| {
        finding.rule == "freeze" && matches!(finding.verdict, Verdict::Overridden | Verdict::Skipped)
    };
    let back = matches!(plan.action, Action::Rollback | Action::Undo);
    if back || snapshot.state().open.is_some() || plan.findings.iter().any(judged) {
        return Ok(());
    }
    let view = ports.view();
    let Some(found) = of(&snapshot.genesis.0, newest(&view).await?) else { return Ok(()) };
    let now = view.ledger.bucket().now().await;
    let now = now.map_err(|error| Failure::from_read("asking for the time", error))?;
    let Some(frozen) = found.frozen_at(now) else { return Ok(()) };
    let by = if frozen.by.is_empty() { String::new() } else { format!(" by {}", frozen.by) };
    let words = format!("everything was frozen{by} after it was checked: {}", frozen.reason);
    Err(Failure::new(ExitStatus::Blocked, words).hint("`promote unfreeze --all` lifts it"))
}
