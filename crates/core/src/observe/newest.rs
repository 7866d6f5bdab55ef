//! The newest name of a target that gets a new name each time. What somebody put there past promote shows nowhere else:
//! nothing is overwritten, and what the ledger says stays where it was.

use super::targets::{Depth, look, place_of, standing, targeted};
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::ledger::{PastDeployment, State, TargetState};
use crate::location::Location;
use crate::place::{filled, prefix};
use crate::port::ErrorKind;
use crate::ports::ReadPorts;
use crate::snapshot::Seen;
use crate::template::{Reading, Template};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// By how much the clock may be ahead that a name was made by.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// Where the targets are whose newest name is not the recorded one, by artifact. Of a store that can't list, or has more
/// names than so many requests tell, nothing is known.
///
/// # Errors
/// When a template can't be filled in, or a store does not answer.
pub(super) async fn newer(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    state: &State,
    requests: usize,
) -> Result<BTreeMap<String, Location>, Failure> {
    let values = standing(config, environment);
    let mut found = BTreeMap::new();
    for (artifact, target) in targeted(environment).filter(|(_, target)| target.uses_timestamp()) {
        let target = filled(target, &values)?;
        let names = names(view, &target, requests).await?;
        if let Some(newest) = newest(&target, names, state, place_of(state, artifact.name())) {
            found.insert(artifact.name().to_owned(), newest);
        }
    }
    Ok(found)
}

/// What lies there, for a plan: one request, and another where there is something. A lane in which nothing is recorded has
/// nothing that a newer name could replace.
///
/// # Errors
/// As [`newer`].
pub(super) async fn put_since(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    state: Option<&State>,
) -> Result<BTreeMap<String, Seen>, Failure> {
    let Some(state) = state.filter(|state| state.current.is_some()) else { return Ok(BTreeMap::new()) };
    let found = newer(view, config, environment, state, 1).await?;
    look(view, &found, Depth::Object).await
}

/// The names in the target's store, when those that are told hold the newest.
async fn names(view: &ReadPorts, target: &Template, requests: usize) -> Result<Vec<Location>, Failure> {
    let Some(id) = target.store() else { return Ok(Vec::new()) };
    let names = match view.store(&id)?.names(prefix(&id, target), requests).await {
        Ok(names) => names,
        // Who may promote need not be allowed to list.
        Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::Unsupported) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(Failure::from_read(&format!("listing `{id}`"), error)),
    };
    if names.more && !names.newest {
        return Ok(Vec::new());
    }
    Ok(names.keys.into_iter().map(|key| Location { store: id.clone(), key }).collect())
}

/// The name of the latest moment, when that is later than the recorded name's. Where the recorded one says no moment,
/// any other is.
fn newest(
    target: &Template,
    names: Vec<Location>,
    state: &State,
    recorded: Option<&TargetState>,
) -> Option<Location> {
    let read = |location: &Location| target.read(&location.to_string());
    let last = recorded.and_then(|recorded| read(&recorded.target)).and_then(|reading| reading.at);
    let dated = names.into_iter().filter_map(|location| {
        let reading = read(&location)?;
        let at = reading.at?;
        let known =
            recorded.is_some_and(|recorded| recorded.target == location) || was_there(state, &reading, at);
        (!known && Some(at) > last).then_some((at, location))
    });
    dated.max_by_key(|(at, _)| *at).map(|(_, location)| location)
}

/// Whether a name is that of a release which was there before, made by a clock that was a little ahead.
fn was_there(state: &State, reading: &Reading, at: DateTime<Utc>) -> bool {
    let Some(commit) = &reading.commit else { return false };
    let until = |past: &PastDeployment| past.until.time().checked_add_signed(AHEAD);
    state
        .trail
        .iter()
        .any(|past| commit.fits(&past.release.commit) && until(past).is_none_or(|until| at <= until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Moment, ReleaseRef, Seq};
    use crate::port::Token;

    const AT: i64 = 1_700_000_000;

    fn name(digit: char, seconds: i64) -> Location {
        format!("quay.io/acme/app:prod-{}-{}", digit.to_string().repeat(8), AT + seconds).parse().unwrap()
    }

    fn moment(seconds: i64) -> Moment {
        Moment { seq: Seq(1), at: DateTime::from_timestamp(AT + seconds, 0).unwrap(), stored: None }
    }

    #[test]
    fn the_newest_name_counts_unless_it_was_recorded() {
        let target = Template::parse("quay.io/acme/app:prod-{sha:8}-{timestamp}").unwrap();
        let past = PastDeployment {
            release: ReleaseRef {
                commit: "a".repeat(40).parse().unwrap(),
                version: None,
                committed_at: None,
                artifacts: BTreeMap::new(),
                manifest: None,
            },
            since: moment(0),
            claimed: None,
            until: moment(100),
            claimed_until: None,
            verified: None,
        };
        let state = State { trail: vec![past], ..State::default() };
        let recorded = TargetState {
            artifact: None,
            target: name('b', 100),
            token: Token("t".to_owned()),
            version: None,
            sha256: None,
            size: 1,
        };
        let odd: Location = "quay.io/acme/app:prod-latest".parse().unwrap();
        let cases: [(&str, Vec<Location>, Option<Location>); 6] = [
            ("nothing else", vec![name('b', 100)], None),
            ("older ones", vec![name('c', 50), name('a', 10), odd], None),
            ("one of the same second", vec![name('c', 100)], None),
            ("two newer ones", vec![name('c', 200), name('d', 300)], Some(name('d', 300))),
            ("what was there, named a little ahead", vec![name('a', 300)], None),
            ("what was there, put there again later", vec![name('a', 900)], Some(name('a', 900))),
        ];
        for (what, names, expected) in cases {
            assert_eq!(newest(&target, names, &state, Some(&recorded)), expected, "{what}");
        }
        assert_eq!(newest(&target, vec![name('c', 1)], &state, None), Some(name('c', 1)), "nothing recorded");
    }
}
