//! `from`: the very same bytes were verified in every environment before. For a rollback: in this one.

use super::{Facts, Finding};
use crate::ledger::{Moment, OutcomeResult, ReleaseRef, State};
use chrono::{DateTime, Utc};

/// A release's verified stay in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stay {
    /// Since when it was verified.
    pub verified: Moment,
    /// Until when it stayed; `None` when it is still there.
    pub until: Option<DateTime<Utc>>,
}

/// The verified stay of the same bytes that goes on now.
pub(super) fn present(state: &State, release: &ReleaseRef) -> Option<Stay> {
    let current = state.current.as_ref()?;
    let same = current.release.as_ref().is_some_and(|there| there.same_bytes(release));
    Some(Stay { verified: current.verified?, until: None }).filter(|_| same)
}

/// The longest verified stay of the same bytes.
pub(super) fn stay(state: &State, release: &ReleaseRef, now: DateTime<Utc>) -> Option<Stay> {
    let past = state.trail.iter().filter_map(|past| {
        let same = past.release.same_bytes(release);
        Some(Stay { verified: past.verified?, until: Some(past.until.time()) }).filter(|_| same)
    });
    present(state, release)
        .into_iter()
        .chain(past)
        .max_by_key(|stay| stay.until.unwrap_or(now) - stay.verified.time())
}

/// Why there is no verified stay, in words.
fn lacking(state: Option<&State>, release: &ReleaseRef) -> String {
    let Some(state) = state else { return "it has never been there".to_owned() };
    let commit = release.commit.short(7);
    if let Some(current) = &state.current {
        match &current.release {
            Some(there) if there.same_bytes(release) => {
                return match current.outcome {
                    None if current.follows => format!("{commit} is there, its deployment is unfinished"),
                    Some(OutcomeResult::Failed) => format!("{commit} is there, but its deployment failed"),
                    Some(OutcomeResult::TimedOut) => {
                        format!("{commit} is there, but its deployment timed out")
                    }
                    _ => format!("{commit} is there, but was not verified"),
                };
            }
            Some(there) if there.commit == release.commit => {
                return format!("{commit} is there with other bytes");
            }
            _ => {}
        }
    }
    if state.trail.iter().any(|past| past.release.same_bytes(release)) {
        return format!("{commit} was there, but was not verified");
    }
    format!("{commit} has not been there")
}

/// Going back to what was adopted, which nobody verified. A verified release is not given up for it without a word.
fn adopted(facts: &Facts<'_>, state: &State) -> Finding {
    let (commit, name) = (facts.release.commit.short(7), &facts.environment.name);
    let there = state.current.as_ref().filter(|current| current.verified.is_some());
    let Some(there) = there.and_then(|current| current.release.as_ref()) else {
        let detail = format!(
            "{commit} is what {name} held when it was adopted; what is there was not verified either"
        );
        return Finding::met("from", detail);
    };
    let there = there.commit.short(7);
    let detail =
        format!("{commit} was adopted in {name} and never verified, and {there}, which is there, was");
    Finding::unmet("from", detail).hint("`--override from --reason TEXT` brings it back all the same")
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let now = facts.snapshot.taken_at;
    if facts.rolling_back() {
        let state = facts.snapshot.state();
        let name = &facts.environment.name;
        // Undoing an open promotion puts back what is recorded as being there, verified or not.
        if state.open.is_some() && state.release().is_some_and(|there| there.same_bytes(facts.release)) {
            return Some(Finding::met(
                "from",
                format!("{} is what {name} held before", facts.release.commit.short(7)),
            ));
        }
        return Some(match stay(&state, facts.release, now) {
            Some(_) => Finding::met("from", format!("verified in {name} before")),
            None if facts.snapshot.adopted.as_ref().is_some_and(|it| it.same_bytes(facts.release)) => {
                adopted(facts, &state)
            }
            None => Finding::unmet(
                "from",
                format!("{}, so it can't come back", lacking(Some(&state), facts.release)),
            )
            .hint(format!(
                "`promote plan {name} {}` shows whether it may come as a promotion",
                facts.release.commit.short(7)
            )),
        });
    }
    if facts.environment.from.is_empty() {
        return None;
    }
    let mut words = Vec::new();
    let mut missing = Vec::new();
    let mut first = None;
    for name in &facts.environment.from {
        let state = facts.snapshot.upstream.get(name).and_then(Option::as_ref).map(|head| head.state());
        match state.and_then(|state| stay(state, facts.release, now)) {
            Some(stay) => {
                let ago = crate::span::Span::between(stay.verified.time(), now);
                words.push(format!("verified in {name} {ago} ago"));
            }
            None => {
                missing.push(format!("{name}: {}", lacking(state, facts.release)));
                first.get_or_insert(name);
            }
        }
    }
    // What it takes to get there is another environment's matter, with rules of its own.
    Some(match first {
        None => Finding::met("from", words.join(", ")),
        Some(first) => Finding::unmet("from", missing.join("; ")).hint(format!(
            "`promote plan {first} {}` checks {first}, which comes first",
            facts.release.commit.short(7)
        )),
    })
}
