//! `branch`: the commit is on the branch. The repository says so when it is at hand; else what was true when the
//! release was published counts; else it is not met.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let branch = facts.environment.branch.as_ref()?;
    if facts.rolling_back() {
        return Some(Finding::skipped("branch", "a release verified here before may always come back"));
    }
    let commit = facts.release.commit.short(7);
    let published = &facts.snapshot.candidate.manifest.branches;
    Some(match facts.snapshot.candidate.on_branch {
        Some(true) => Finding::met("branch", format!("{commit} is on {branch}")),
        Some(false) => Finding::unmet("branch", format!("{commit} is not on {branch}"))
            .hint(format!("merge it to {branch}, and publish what comes of that")),
        None if published.contains(branch) => {
            Finding::met("branch", format!("{commit} was on {branch} when it was published"))
        }
        None => Finding::unmet("branch", format!("whether {commit} is on {branch} is not known"))
            .hint("run it in a clone that has the branch (`git fetch --unshallow`)"),
    })
}
