//! `order`: a release older than what is there comes only by a rollback.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    if facts.rolling_back() {
        return None;
    }
    let state = facts.snapshot.state();
    let there = state.release()?;
    let (old, new) = (there.committed_at?, facts.release.committed_at?);
    if there.commit == facts.release.commit {
        return None;
    }
    let (name, commit) = (&facts.environment.name, facts.release.commit.short(7));
    Some(if new >= old {
        Finding::met("order", format!("{commit} is newer than {}", there.commit.short(7)))
    } else {
        Finding::unmet("order", format!("{commit} is older than {}, which is there", there.commit.short(7)))
            .with("there", there.commit.as_str())
            .hint(format!("`promote rollback {name} --to {commit}` goes back"))
    })
}
