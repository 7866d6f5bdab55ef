//! Whether evidence in a ledger is of that ledger, and lies where it belongs. Whether it counts is a rule's matter.

use crate::commit::CommitId;
use crate::ledger::{Evidence, Genesis};
use crate::names::EvidenceName;

/// What is wrong with it, as the rest of a sentence about it.
pub(super) fn fault(
    genesis: &Genesis,
    (commit, name, nonce): (&CommitId, &EvidenceName, &str),
    bytes: &[u8],
) -> Option<String> {
    match Evidence::from_bytes(bytes) {
        Err(why) => Some(format!("can't be read: {why}")),
        Ok(found) if found.ledger != genesis.ledger => Some("belongs to another ledger".to_owned()),
        Ok(found) if !found.is_of(commit, name, nonce) => Some("was written for another place".to_owned()),
        Ok(_) => None,
    }
}
