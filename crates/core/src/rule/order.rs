//! `order`: a release older than what is there comes only by a rollback. Which one is older is told by the repository
//! where one of the two comes from the other; else by their times.

use super::from::stay;
use super::{Facts, Finding};
use crate::invocation::Invocation;
use crate::snapshot::Descent;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    if facts.rolling_back() {
        return None;
    }
    let state = facts.snapshot.state();
    let there = state.release()?;
    if there.commit == facts.release.commit {
        return None;
    }
    let newer = match facts.snapshot.descent {
        Some(Descent::Later) => true,
        Some(Descent::Earlier) => false,
        None => facts.release.committed_at? >= there.committed_at?,
    };
    let commit = facts.release.commit.short(7);
    let hint = || match stay(&state, facts.release, facts.snapshot.taken_at) {
        Some(_) => {
            let back = Invocation::along("rollback", facts.config, facts.environment);
            format!("`{}` goes back", back.option("--to", commit))
        }
        None => "`--override order --reason TEXT` lets an older release come".to_owned(),
    };
    Some(if newer {
        Finding::met("order", format!("{commit} is newer than {}", there.commit.short(7)))
    } else {
        Finding::unmet("order", format!("{commit} is older than {}, which is there", there.commit.short(7)))
            .with("there", there.commit.as_str())
            .hint(hint())
    })
}
