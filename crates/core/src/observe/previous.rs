//! What a rollback goes back to: what ran in an environment before.

use crate::commit::CommitId;
use crate::ledger::State;

/// What ran here before: with a promotion open, what is recorded as being there; else the newest verified release
/// that is neither there now nor rolled back.
pub fn previous(state: &State) -> Option<CommitId> {
    let now = state.release().map(|release| &release.commit);
    if state.open.is_some()
        && let Some(now) = now
    {
        return Some(now.clone());
    }
    state
        .trail
        .iter()
        .filter(|past| past.verified.is_some())
        .map(|past| &past.release.commit)
        .find(|commit| Some(*commit) != now && !state.rolled_back.contains(commit))
        .cloned()
}
