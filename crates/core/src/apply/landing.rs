//! What a target holds at the end, as the commit will say it.

use crate::ledger::{Landed, TargetMove, Verified};
use crate::port::Object;

/// The target as it was read back, or as the answer to its write says.
pub(super) fn landed(target: &TargetMove, object: &Object, verified: Verified, wrote: bool) -> Landed {
    Landed {
        artifact: target.artifact.clone(),
        target: target.target.clone(),
        size: object.size,
        token: object.token.clone(),
        version: object.version.clone(),
        verified,
        wrote,
    }
}

/// The release's own object, as it was seen: nothing is written.
pub(super) fn unmoved(target: &TargetMove) -> Landed {
    Landed {
        artifact: target.artifact.clone(),
        target: target.target.clone(),
        size: target.source.size,
        token: target.source.token.clone(),
        version: target.source.version.clone(),
        verified: Verified::ReadBack,
        wrote: false,
    }
}
