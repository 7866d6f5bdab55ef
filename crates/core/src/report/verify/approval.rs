//! Whether an approval in a ledger is one of that ledger, and lies where it belongs. Whether it counts is a rule's matter.

use crate::commit::CommitId;
use crate::ledger::{Genesis, SignedApproval};
use crate::names::LaneName;

/// What is wrong with an approval, as the rest of a sentence about it.
pub(super) fn fault(
    genesis: &Genesis,
    (lane, commit, nonce): (&LaneName, &CommitId, &str),
    bytes: &[u8],
) -> Option<String> {
    let said = match SignedApproval::from_bytes(bytes) {
        Ok(signed) => signed.approval,
        Err(error) => return Some(format!("can't be read: {error}")),
    };
    if said.ledger != genesis.ledger {
        return Some("belongs to another ledger".to_owned());
    }
    let placed = said.lane == *lane && said.bound.release.commit == *commit && said.nonce == nonce;
    (!placed).then(|| "was written for another place".to_owned())
}
