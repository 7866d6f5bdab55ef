//! The conditions of one way to write: create-if-absent and replace-if-matches, tried where they must be refused, where they
//! must not, and in races of eight. Whoever does not keep to one of the two is not to be trusted with the other either.

use super::{AttemptEnd, Attempts};
use crate::location::Key;
use crate::port::{Object, Precondition, ProviderError};
use futures_util::future::{join_all, try_join_all};

/// Writers at once in a race.
const RACERS: usize = 8;

/// Which conditions one way to write keeps to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Create-if-absent, one after the other and at once.
    pub absent: bool,
    /// Replace-if-matches, one after the other and at once.
    pub matches: bool,
    /// They were kept to one after the other, and not at once.
    pub raced: bool,
}

impl Conditions {
    /// Whether both were kept to.
    pub fn both(self) -> bool {
        self.absent && self.matches
    }

    /// What this way to write does not keep to, in words for the store's owner; `None` where it keeps to both. The three are
    /// the vendor's names: of a condition as such, of create-if-absent and of replace-if-matches.
    pub fn broken(self, any: &str, absent: &str, matches: &str) -> Option<String> {
        match (self.raced, self.absent, self.matches) {
            (_, true, true) => None,
            (true, _, _) => Some(format!("does not keep to {any} when several write at once")),
            (_, false, false) => Some(format!("ignores {any} or refuses always")),
            (_, false, true) => Some(format!("does not check {absent}")),
            (_, true, false) => Some(format!("does not check {matches}")),
        }
    }
}

/// Tries the conditions of one way to write, alone and in races.
///
/// # Errors
/// What keeps the probe from going on: a missing right, a broken connection.
pub async fn conditions<A: Attempts>(store: &A, how: A::How) -> Result<Conditions, ProviderError> {
    let mut held = alone(store, how).await?;
    if !held.absent {
        return Ok(held);
    }
    let races = store.races(how);
    for round in 0..races.rounds {
        // Each race has a key of its own, so they may be run side by side.
        let side_by_side =
            (0..races.abreast).map(|abreast| both_raced(store, how, format!("race{round}-{abreast}"), held));
        for (absent, matches) in try_join_all(side_by_side).await? {
            held.raced |= !(absent && matches);
            held.absent &= absent;
            held.matches &= matches;
        }
        if held.raced {
            break;
        }
    }
    Ok(held)
}

/// The conditions one after the other.
async fn alone<A: Attempts>(store: &A, how: A::How) -> Result<Conditions, ProviderError> {
    let mut held = Conditions::default();
    let key = store.scratch().key(how, "alone")?;
    let AttemptEnd::Done(first) = store.attempt(how, &key, 0, &Precondition::Absent).await? else {
        return Ok(held);
    };
    store.settled(&key, Some(&first)).await?;
    held.absent = refused(store, how, &key, Precondition::Absent, Some(&first)).await?;
    // The store may have replaced it against our will: go on from what is there.
    let Some(there) = store.describe(&key).await? else { return Ok(held) };
    let foreign = || Precondition::Matches(store.foreign());
    let wrong = refused(store, how, &key, foreign(), Some(&there)).await?;
    let missing = store.scratch().key(how, "missing")?;
    let none = refused(store, how, &missing, foreign(), None).await?;
    let right = match store.attempt(how, &key, 1, &Precondition::Matches(there.token)).await? {
        AttemptEnd::Done(second) => {
            store.settled(&key, Some(&second)).await?;
            true
        }
        AttemptEnd::Refused => false,
    };
    held.matches = wrong && none && right;
    Ok(held)
}

/// Whether a write under a condition that does not hold is refused. `before`: what must be there then.
async fn refused<A: Attempts>(
    store: &A,
    how: A::How,
    key: &Key,
    when: Precondition,
    before: Option<&Object>,
) -> Result<bool, ProviderError> {
    match store.attempt(how, key, 1, &when).await? {
        AttemptEnd::Done(_) => Ok(false),
        AttemptEnd::Refused => {
            store.settled(key, before).await?;
            Ok(true)
        }
    }
}

/// Races for creating an object, then for replacing it: which of the two had one winner. Replacing is not raced for where
/// that condition is not kept to anyway.
async fn both_raced<A: Attempts>(
    store: &A,
    how: A::How,
    name: String,
    held: Conditions,
) -> Result<(bool, bool), ProviderError> {
    for again in 0..store.races(how).tries {
        let key = store.scratch().key(how, format_args!("{name}-{again}"))?;
        let created = race(store, how, &key, 0, &Precondition::Absent).await?;
        let winner = match created {
            Race::Won(winner) => winner,
            Race::Several => return Ok((false, true)),
            Race::Nobody => {
                store.rest().await;
                continue;
            }
        };
        if !held.matches {
            return Ok((true, true));
        }
        return Ok((true, replaced(store, how, &key, &winner).await?));
    }
    Ok((false, true))
}

/// Whether a race for replacing this object had one winner.
async fn replaced<A: Attempts>(
    store: &A,
    how: A::How,
    key: &Key,
    old: &Object,
) -> Result<bool, ProviderError> {
    let when = Precondition::Matches(old.token.clone());
    for _ in 0..store.races(how).tries {
        match race(store, how, key, 1, &when).await? {
            Race::Won(_) => return Ok(true),
            Race::Several => return Ok(false),
            Race::Nobody => store.rest().await,
        }
    }
    Ok(false)
}

/// How a race ended.
enum Race {
    Won(Box<Object>),
    Several,
    Nobody,
}

/// Eight writers at once.
async fn race<A: Attempts>(
    store: &A,
    how: A::How,
    key: &Key,
    variant: usize,
    when: &Precondition,
) -> Result<Race, ProviderError> {
    let racers = (0..RACERS).map(|_| store.attempt_once(how, key, variant, when));
    let mut winners = Vec::new();
    for ended in join_all(racers).await {
        if let AttemptEnd::Done(object) = ended? {
            winners.push(object);
        }
    }
    match (winners.pop(), winners.is_empty()) {
        (Some(winner), true) => {
            store.settled(key, Some(&winner)).await?;
            Ok(Race::Won(winner))
        }
        (Some(_), false) => Ok(Race::Several),
        (None, _) => Ok(Race::Nobody),
    }
}
