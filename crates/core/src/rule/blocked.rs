//! `blocked`: a release that was blocked goes no further, not even back.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let block = facts.snapshot.candidate.blocked.as_ref()?;
    let commit = facts.release.commit.short(7);
    Some(
        Finding::unmet("blocked", format!("{commit} was blocked by {}: {}", block.by, block.reason))
            .with("by", block.by.clone())
            .with("reason", block.reason.clone())
            .hint(format!("`promote unblock {commit}` lifts it")),
    )
}
