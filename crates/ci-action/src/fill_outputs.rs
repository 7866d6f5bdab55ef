//! What an environment holds, for the outputs that later steps go by: as the ledger says, never as a plan does.

use crate::action_result::ActionResult;
use promote_core::ledger::State;

/// Where a release lies, as the ledger says. A plan names tags with a time that are never made when it is not carried out.
pub(crate) fn of_state(answer: &mut ActionResult, state: &State) {
    let Some(current) = &state.current else { return };
    if let Some(first) = current.first_target() {
        answer.values.insert("target", first.target.to_string());
        if let Some(digest) = first.sha256 {
            answer.values.insert("digest", digest.to_string());
        }
    }
    if let Some(image) = current.image() {
        answer.values.insert("release_tag", image.to_string());
    }
}
