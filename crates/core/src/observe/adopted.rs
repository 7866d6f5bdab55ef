//! What a rollback goes back to where nothing that was there before was verified: what was adopted, the newest first.

use super::previous;
use crate::config::Environment;
use crate::failure::Failure;
use crate::ledger::{Action, Kind, LedgerError, ReleaseRef, State};
use crate::request::Request;
use crate::world::View;

/// The last release that was adopted here before what is there. Which stays were is told by the records that they began
/// with; they are read only where a rollback has nothing else to go back to.
pub(super) async fn adopted(
    view: &View,
    environment: &Environment,
    request: &Request,
    state: Option<&State>,
) -> Result<Option<ReleaseRef>, Failure> {
    let Some(state) = state.filter(|state| state.open.is_none()) else { return Ok(None) };
    let moved = state.current.as_ref().is_some_and(|current| current.promotion.is_some());
    if request.action != Action::Rollback || !moved || previous(state).is_some() {
        return Ok(None);
    }
    let now = state.release().map(|release| &release.commit);
    for past in &state.trail {
        let commit = &past.release.commit;
        if Some(commit) == now || state.rolled_back.contains(commit) {
            continue;
        }
        let record = view.ledger.record(&environment.lane, past.since.seq).await;
        if record.map_err(LedgerError::looking)?.is_some_and(|head| head.record.kind == Kind::Observe) {
            return Ok(Some(past.release.clone()));
        }
    }
    Ok(None)
}
