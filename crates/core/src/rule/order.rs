//! `order`: a release older than what is there comes only by a rollback. Which one is older is told by the repository
//! where one of the two comes from the other; else by their times. Where neither tells, the order is none, and automation
//! stays where it is.

use super::from::stay;
use super::{Facts, Finding, blocked, drift, rolled_back};
use crate::invocation::Invocation;
use crate::ledger::ReleaseRef;
use crate::snapshot::Descent;
use std::cmp::Ordering;

/// Whether the release is newer than what is there; `None` where nothing tells.
fn is_newer(facts: &Facts<'_>, there: &ReleaseRef) -> Option<bool> {
    match facts.snapshot.descent {
        Some(Descent::Later) => Some(true),
        Some(Descent::Earlier) => Some(false),
        None => match facts.release.committed_at?.cmp(&there.committed_at?) {
            Ordering::Greater => Some(true),
            Ordering::Less => Some(false),
            Ordering::Equal => None,
        },
    }
}

/// What is said where nothing tells which of the two is newer. A person who asks has chosen. Automation would go to and
/// fro between them: it moves only what was published after the other one came, where a time is missing, and neither where
/// both times are the same.
fn untold(facts: &Facts<'_>, there: &ReleaseRef) -> Option<Finding> {
    let (commit, other) = (facts.release.commit.short(7), there.commit.short(7));
    let equal = facts.release.committed_at.is_some() && there.committed_at.is_some();
    let same = format!(
        "{commit} and {other}, which is there, were committed at the same time, and neither is known to come from the other"
    );
    let since = facts.snapshot.state().current.map(|current| current.since.time());
    let published = facts.snapshot.candidate.manifest.at;
    let why = match (facts.request.automatic, equal) {
        (false, true) => return Some(Finding::met("order", same)),
        (false, false) => return None,
        (true, true) => same,
        (true, false) if since.is_none_or(|since| since < published) => return None,
        (true, false) => {
            format!("{commit} was published before {other} came, and nothing else tells which is newer")
        }
    };
    let to = Invocation::along("to", facts.config, facts.environment).word(facts.release.commit.short(7));
    let hint = format!("automation leaves {} as it is; `{to}` moves it", facts.environment.name);
    Some(Finding::unmet("order", why).with("there", there.commit.as_str()).hint(hint))
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    if facts.rolling_back() {
        return None;
    }
    let state = facts.snapshot.state();
    let there = state.release()?;
    if there.commit == facts.release.commit {
        return None;
    }
    let Some(newer) = is_newer(facts, there) else { return untold(facts, there) };
    let commit = facts.release.commit.short(7);
    let hint = || match stay(&state, facts.release, facts.snapshot.taken_at) {
        Some(_) => {
            let back = Invocation::along("rollback", facts.config, facts.environment).option("--to", commit);
            // A rollback is held to these as well.
            let unmet = |found: Option<Finding>| found.is_some_and(|found| !found.passes());
            let past = [
                (unmet(blocked::check(facts)), "blocked"),
                (unmet(rolled_back::check(facts)), "rolled-back"),
                (unmet(drift::check(facts)), "drift"),
            ];
            format!("`{}` goes back", back.past(&past))
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
