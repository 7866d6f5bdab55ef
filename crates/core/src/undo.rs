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
    // Whoever runs the steps is overtaken by it.
    let deploys = state.deploys();
    if state.is_first() {
        return Some(past(back, &[(deploys, "deploying")]));
    }
    let now = state.release().map(|release| &release.commit);
    let before = &state.trail.iter().find(|past| Some(&past.release.commit) != now)?.release;
    let verified = state.trail.iter().any(|past| past.verified.is_some() && past.release.same_bytes(before));
    let adopted = adopted.map(|release| release.commit.clone());
    // What was adopted comes back by itself, unless what is there was verified.
    let given_up = state.current.as_ref().is_some_and(|current| current.verified.is_some());
    let free = adopted.as_ref() == Some(&before.commit) && state.current.is_some() && !given_up;
    let marked = state.rolled_back.contains(&before.commit);
    let unnamed = previous(state).or(adopted);
    let line = match unnamed.as_ref() == Some(&before.commit) {
        true => back,
        false => back.option("--to", before.commit.short(7)),
    };
    Some(past(line, &[(deploys, "deploying"), (!verified && !free, "from"), (marked, "rolled-back")]))
}

/// The line with an override of each rule that is not met, and the reason that they need.
fn past(line: Invocation, rules: &[(bool, &str)]) -> Invocation {
    let named = || rules.iter().filter(|(unmet, _)| *unmet);
    let line = named().fold(line, |line, (_, rule)| line.option("--override", rule));
    if named().next().is_some() { line.option("--reason", "TEXT") } else { line }
}
