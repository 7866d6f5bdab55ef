//! What a rollback goes back to where nothing that was there before was verified: what was adopted, the newest first.

use super::previous;
use crate::failure::Failure;
use crate::ledger::{Kind, LedgerError, ReleaseRef, State};
use crate::names::LaneName;
use crate::ports::ReadPorts;

/// The last release that was adopted in a lane before what is there, where a promotion brought that and nothing verified
/// was there before. Which stays were adoptions is told by the records that they began with; they are read only then.
///
/// # Errors
/// What the store answered.
pub(crate) async fn adopted(
    view: &ReadPorts,
    lane: &LaneName,
    state: Option<&State>,
) -> Result<Option<ReleaseRef>, Failure> {
    let Some(state) = state.filter(|state| state.open.is_none()) else { return Ok(None) };
    let moved = state.current.as_ref().is_some_and(|current| current.promotion.is_some());
    if !moved || previous(state).is_some() {
        return Ok(None);
    }
    let now = state.release().map(|release| &release.commit);
    for past in &state.trail {
        let commit = &past.release.commit;
        if Some(commit) == now || state.rolled_back.contains(commit) {
            continue;
        }
        let record = view.ledger.record(lane, past.since.seq).await.map_err(LedgerError::read_failure)?;
        if record.is_some_and(|head| head.record.kind == Kind::Observe) {
            return Ok(Some(past.release.clone()));
        }
    }
    Ok(None)
}
