//! `blocked`: a release that was blocked goes no further, not even back.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let block = facts.snapshot.candidate.blocked.as_ref()?;
    let commit = facts.release.commit.short(7);
    // Who did it is not known where the entry was not read, or can't be found.
    let finding = match block.by.as_str() {
        "" => Finding::unmet("blocked", format!("{commit} is blocked: {}", block.reason)),
        by => Finding::unmet("blocked", format!("{commit} was blocked by {by}: {}", block.reason))
            .with("by", by),
    };
    Some(finding.with("reason", block.reason.clone()).hint(format!("`promote unblock {commit}` lifts it")))
}
