//! What takes back what is in an environment: the command that puts the release before it back and is not refused for
//! what the ledger says. Whether a release was blocked or deleted since is left to the rollback itself.

use crate::invocation::Invocation;
use crate::ledger::{ReleaseRef, State};
use crate::names::EnvironmentName;
use crate::observe::previous;
use std::fmt;

/// What a line that undoes comes to, in words. Where it would leave something, what that is is to be seen first.
pub fn told(undo: impl fmt::Display, stays: &[String]) -> String {
    match stays {
        [] => format!("`{undo}` undoes it"),
        some => format!("`{undo} --dry-run` shows what undoing it leaves: {}", some.join("; ")),
    }
}

/// How to go back from what a lane holds; `None` when nothing else that is known was there. `include`: the environments
/// that move along; `adopted`: what a rollback goes back to where nothing verified was there before.
pub fn undo(
    state: &State,
    environment: &EnvironmentName,
    include: &[EnvironmentName],
    adopted: Option<&ReleaseRef>,
) -> Option<Invocation> {
    let back = Invocation::back(environment, include);
    if state.open.is_some() {
        return Some(back);
    }
    let current = state.current.as_ref();
    if state.is_first() {
        let deploying = current.is_some_and(|current| current.follows && current.outcome.is_none());
        return Some(match deploying {
            true => back.option("--override", "deploying").option("--reason", "TEXT"),
            false => back,
        });
    }
    let now = state.release().map(|release| &release.commit);
    let before = &state.trail.iter().find(|past| Some(&past.release.commit) != now)?.release;
    let verified = state.trail.iter().any(|past| past.verified.is_some() && past.release.same_bytes(before));
    let adopted = adopted.map(|release| release.commit.clone());
    // What was adopted comes back by itself, unless what is there was verified.
    let free = adopted.as_ref() == Some(&before.commit) && current.is_some_and(|it| it.verified.is_none());
    let rules = [(!verified && !free, "from"), (state.rolled_back.contains(&before.commit), "rolled-back")];
    let unnamed = previous(state).or(adopted);
    let line = match unnamed.as_ref() == Some(&before.commit) {
        true => back,
        false => back.option("--to", before.commit.short(7)),
    };
    let named = || rules.iter().filter(|(unmet, _)| *unmet);
    let line = named().fold(line, |line, (_, rule)| line.option("--override", rule));
    Some(if named().next().is_none() { line } else { line.option("--reason", "TEXT") })
}
