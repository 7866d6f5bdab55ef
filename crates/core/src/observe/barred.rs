//! Releases that may not move now, whoever asks and wherever to: blocked ones, and those that retention deletes. A hint names
//! no way that leads to one.

use crate::commit::CommitId;
use crate::failure::Failure;
use crate::ledger::{LedgerError, LedgerReader, ReleaseEntry, Word};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a release may not move. `known`: what a listing told of releases; one that it does not tell of is asked for.
///
/// # Errors
/// What the store answered.
pub(crate) async fn is_barred(
    ledger: &LedgerReader,
    commit: &CommitId,
    known: &BTreeMap<CommitId, ReleaseEntry>,
) -> Result<bool, Failure> {
    let mut entry = match known.get(commit) {
        Some(entry) => entry.clone(),
        None => ledger.listed_release(commit).await.map_err(LedgerError::read_failure)?,
    };
    ledger.heed_one(commit, Word::Block, &mut entry).await.map_err(LedgerError::read_failure)?;
    Ok(entry.blocked() || entry.doomed())
}

/// Those of them that a way back would lead to: as long as it leads to one, another way is asked for. `to`: where the way
/// leads that passes these by.
///
/// # Errors
/// What the store answered.
pub(crate) async fn barred(
    ledger: &LedgerReader,
    known: &BTreeMap<CommitId, ReleaseEntry>,
    to: impl Fn(&BTreeSet<CommitId>) -> Option<CommitId>,
) -> Result<BTreeSet<CommitId>, Failure> {
    let mut found = BTreeSet::new();
    while let Some(commit) = to(&found) {
        if !is_barred(ledger, &commit, known).await? || !found.insert(commit) {
            break;
        }
    }
    Ok(found)
}
