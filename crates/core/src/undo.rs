//! What takes back what is in an environment: the command that puts the release before it back and is not refused for
//! what the ledger says. Which releases were blocked or deleted since is told by whoever asks ([`crate::observe`]).

use crate::commit::CommitId;
use crate::invocation::Invocation;
use crate::ledger::{Deployed, ReleaseRef, State};
use crate::names::EnvironmentName;
use crate::observe::previous;
use std::collections::BTreeSet;
use std::fmt;

/// What a line that undoes comes to, in words. Where it would leave something, what that is is to be seen first.
pub fn told(undo: impl fmt::Display, stays: &[String]) -> String {
    match stays {
        [] => format!("`{undo}` undoes it"),
        some => format!("`{undo} --dry-run` shows what undoing it leaves: {}", some.join("; ")),
    }
}

/// The same of the first release of an environment.
pub fn first(undo: impl fmt::Display, stays: &[String]) -> String {
    let told = told(undo, stays);
    if stays.is_empty() { format!("{told}: nothing was there before") } else { told }
}

/// A way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The command.
    pub line: Invocation,
    /// The release that it puts back; `None` where it takes away the first one.
    pub to: Option<CommitId>,
}

/// What is said where no release is left to go back to: the way on. `again`: whether what is there may be tried again.
pub fn onward(environment: &str, again: bool) -> String {
    let on = format!(
        "{environment} has no other verified release that may come back: publish one with a fix and move it"
    );
    match again {
        true => format!("{on}; `promote resume {environment}` tries what is there again"),
        false => on,
    }
}

/// Whether what is there did not succeed and came after something else.
pub fn stuck(state: &State) -> bool {
    let bad = |there: &Deployed| there.promotion.is_some() && there.verified.is_none();
    !state.trail.is_empty() && state.current.as_ref().is_some_and(bad)
}

/// How to go back from what a lane holds: the newest verified release that was not rolled back here, else the newest
/// that was not; `None` when no such release was there. None of `barred`, which may not move. `include`: the environments
/// that move along; `adopted`: what a rollback goes back to where nothing verified was there before; `first`: whether
/// what is there is the first release and nothing ever verified it, which the state alone does not tell.
pub fn way(
    state: &State,
    environment: &EnvironmentName,
    include: &[EnvironmentName],
    adopted: Option<&ReleaseRef>,
    first: bool,
    barred: &BTreeSet<CommitId>,
) -> Option<Way> {
    let back = Invocation::back(environment, include);
    if state.open.is_some() {
        let to = state.release().map(|release| release.commit.clone());
        return Some(Way { line: back, to }).filter(|way| !way.to.iter().any(|to| barred.contains(to)));
    }
    // Whoever runs the steps is overtaken by it.
    let deploys = state.deploys();
    if first {
        return Some(Way { line: back.past(&[(deploys, "deploying")]), to: None });
    }
    let now = state.release().map(|release| &release.commit);
    let adopted = adopted.map(|release| release.commit.clone());
    let unnamed = previous(state).or_else(|| adopted.clone());
    // What was rolled back here is no way back: it is what was got away from.
    let fits = |commit: &CommitId| {
        Some(commit) != now && !state.rolled_back.contains(commit) && !barred.contains(commit)
    };
    let fitting = || state.trail.iter().filter(|past| fits(&past.release.commit));
    let wanted = unnamed.as_ref().and_then(|commit| fitting().find(|past| past.release.commit == *commit));
    let before = wanted.or_else(|| fitting().find(|past| past.verified.is_some()));
    let before = &before.or_else(|| fitting().next())?.release;
    let verified = state.trail.iter().any(|past| past.verified.is_some() && past.release.same_bytes(before));
    // What was adopted comes back by itself, unless what is there was verified.
    let given_up = state.current.as_ref().is_some_and(|current| current.verified.is_some());
    let free = adopted.as_ref() == Some(&before.commit) && state.current.is_some() && !given_up;
    let line = match unnamed.as_ref() == Some(&before.commit) {
        true => back,
        false => back.option("--to", before.commit.short(7)),
    };
    Some(Way {
        line: line.past(&[(deploys, "deploying"), (!verified && !free, "from")]),
        to: Some(before.commit.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::ledger::{Moment, OutcomeResult, PastDeployment, Seq};

    fn commit(digit: char) -> CommitId {
        digit.to_string().repeat(40).parse().unwrap()
    }

    fn release(digit: char) -> ReleaseRef {
        let digest = Digest::of(digit.to_string().as_bytes());
        ReleaseRef {
            commit: commit(digit),
            version: None,
            committed_at: None,
            artifacts: [("main".to_owned(), digest)].into(),
            manifest: None,
        }
    }

    fn moment() -> Moment {
        Moment { seq: Seq(1), at: chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap(), stored: None }
    }

    /// What was there, newest first (in capitals: verified), and what was rolled back; `now` failed.
    fn state(now: char, trail: &str, rolled_back: &str) -> State {
        let past = |digit: char| PastDeployment {
            release: release(digit.to_ascii_lowercase()),
            since: moment(),
            claimed: None,
            until: moment(),
            claimed_until: None,
            verified: digit.is_ascii_uppercase().then(moment),
        };
        State {
            current: Some(Deployed {
                release: Some(release(now)),
                promotion: Some(crate::ledger::PromotionId("01JD4W6Z8N7QK3VB".to_owned())),
                action: None,
                by: "ann".to_owned(),
                since: moment(),
                claimed: None,
                verified: None,
                outcome: Some(OutcomeResult::Failed),
                follows: true,
                targets: Vec::new(),
            }),
            trail: trail.chars().map(past).collect(),
            rolled_back: rolled_back.chars().map(commit).collect(),
            ..State::default()
        }
    }

    #[test]
    fn the_way_back_is_the_newest_verified_release_that_was_not_rolled_back() {
        let plain = "promote rollback prod";
        let unverified = "promote rollback prod --to ccccccc --override from --reason TEXT";
        let further = "promote rollback prod --to aaaaaaa";
        for (now, trail, rolled_back, blocked, wanted) in [
            ('b', "A", "", "", Some((plain, 'a'))),
            // The one that was got away from, after what came back failed too.
            ('b', "cBA", "c", "", Some((plain, 'a'))),
            ('b', "cB", "c", "", None),
            ('a', "B", "b", "", None),
            ('a', "BA", "b", "", None),
            // A verified one before one that was not, and that one where there is no other.
            ('d', "cA", "", "", Some((plain, 'a'))),
            ('d', "c", "", "", Some((unverified, 'c'))),
            ('d', "ec", "e", "", Some((unverified, 'c'))),
            // None that was blocked.
            ('c', "BA", "", "b", Some((further, 'a'))),
            ('c', "B", "", "b", None),
            ('d', "BcA", "", "b", Some((further, 'a'))),
            ('d', "Bc", "", "b", Some((unverified, 'c'))),
            ('d', "c", "", "c", None),
        ] {
            let barred = blocked.chars().map(commit).collect();
            let prod = "prod".parse().unwrap();
            let found = way(&state(now, trail, rolled_back), &prod, &[], None, false, &barred);
            let found = found.map(|way| (way.line.to_string(), way.to));
            let wanted = wanted.map(|(line, to)| (line.to_owned(), Some(commit(to))));
            assert_eq!(found, wanted, "{now} {trail} {rolled_back} {blocked}");
        }
    }
}
