//! Finds out which conditions a store checks, by asking it to break its word: conditions that do not hold, for each way in which
//! this crate writes, and eight writers at once. The verdict is kept by the caller.

mod attempt;

use crate::GcsBucket;
use crate::bucket::nothing_known;
use attempt::{Ended, How, Place};
use futures_util::future::join_all;
use promote_port::location::Key;
use promote_port::port::{
    Capabilities, CopyGuard, ErrorKind, FenceClass, Object, Precondition, ProviderError, Token,
};
use std::time::Duration;

/// Writers at once in a race.
const RACERS: usize = 8;
/// Races of each kind: a store that is not atomic does not show it every time.
const ROUNDS: usize = 6;
/// How often a race is run again that nobody won: Google slows down who writes one object many times a second.
const RERUNS: usize = 3;

/// Which conditions held for one way to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    /// Create-if-absent, one after the other and at once.
    absent: bool,
    /// Replace-if-matches, one after the other and at once.
    matches: bool,
    /// It held one after the other, and not at once.
    raced: bool,
}

impl Held {
    fn both(self) -> bool {
        self.absent && self.matches
    }
}

/// See `Bucket::probe`.
pub(crate) async fn find_out(bucket: &GcsBucket, scratch: &Key) -> Result<Capabilities, ProviderError> {
    let mut found = nothing_known();
    match bucket.ask_for_bucket().await {
        Err(failure) if failure.kind != ErrorKind::Denied => return Err(failure),
        _ => {}
    }
    let now = bucket.server_time().await?;
    let place = Place::new(bucket, scratch.clone(), now.timestamp_millis());
    let judged = judge(&place, &mut found).await;
    if !place.clean_up().await {
        found.notes.push(format!("what the probe wrote below `{scratch}` could not all be deleted"));
    }
    judged.map(|()| found)
}

async fn judge(place: &Place<'_>, found: &mut Capabilities) -> Result<(), ProviderError> {
    place.prepare().await?;
    let whole = conditions(place, How::Whole).await?;
    let pieces = conditions(place, How::Pieces).await?;
    // A record goes in one request, an artifact in pieces: a ledger beside unguarded artifacts is worth nothing.
    // Who does not keep to one of the two conditions, alone or in a race, is not trusted with the other either.
    found.create = whole.both() && pieces.both();
    found.replace = whole.matches && pieces.matches;
    note(found, "an upload", whole);
    note(found, "an upload in pieces", pieces);
    let copy = conditions(place, How::Copy).await?;
    note(found, "a copy (`rewrite`)", copy);
    if copy.both() {
        found.copy = CopyGuard::ConditionalCopy;
    }
    let kept = place.old_version_is_copied().await?;
    found.versioned = place.old_version_is_read().await?;
    let wrong = place.key(How::Copy, "pin")?;
    let refused = matches!(place.attempt_wrong_source(&wrong).await?, Ended::Refused);
    place.settled(&wrong, None, refused).await?;
    found.source_pin = refused && (kept || !found.versioned);
    if !found.source_pin {
        found.notes.push("a copy can't be pinned to the source that was checked".to_owned());
    }
    if !place.deletion_keeps_to_its_condition().await? {
        found.notes.push("a deletion ignores `ifGenerationMatch`".to_owned());
    }
    if place.generations_never_return().await? {
        if found.create && found.replace && copy.both() {
            found.fence = FenceClass::Exact;
        }
    } else {
        found.tokens_tell = false;
        found.notes.push("generations come back, so stale requests are not rejected".to_owned());
    }
    found.trusted_answers = place.agreed();
    if !found.trusted_answers {
        found.notes.push("the store's answers did not agree with what it then held".to_owned());
    }
    Ok(())
}

fn note(found: &mut Capabilities, what: &str, held: Held) {
    if held.both() {
        return;
    }
    let why = match (held.raced, held.absent, held.matches) {
        (true, _, _) => "does not keep to `ifGenerationMatch` when several write at once",
        (_, false, false) => "ignores `ifGenerationMatch`, or always refuses it",
        (_, false, true) => "does not check `ifGenerationMatch=0`",
        _ => "does not check `ifGenerationMatch` with a generation",
    };
    found.notes.push(format!("{what} {why}"));
}

/// Whether the attempt is refused and leaves everything as it is.
async fn refused(
    place: &Place<'_>,
    how: How,
    key: &Key,
    variant: usize,
    when: Precondition,
    before: Option<&Object>,
) -> Result<bool, ProviderError> {
    match place.attempt(how, key, variant, &when).await? {
        Ended::Done(_) => Ok(false),
        Ended::Refused => {
            place.settled(key, before, true).await?;
            Ok(true)
        }
    }
}

/// Tries the conditions of one way to write, alone and in races.
async fn conditions(place: &Place<'_>, how: How) -> Result<Held, ProviderError> {
    let mut held = Held::default();
    let key = place.key(how, "alone")?;
    let Ended::Done(first) = place.attempt(how, &key, 0, &Precondition::Absent).await? else {
        return Ok(held);
    };
    place.settled(&key, Some(&first), true).await?;
    held.absent = refused(place, how, &key, 1, Precondition::Absent, Some(&first)).await?;
    // The store may have replaced it against our will: go on from what is there.
    let Some(there) = place.bucket.describe(&key).await? else { return Ok(held) };
    // No object was ever the first of a store's life.
    let other = Token("1".to_owned());
    let wrong = refused(place, how, &key, 1, Precondition::Matches(other.clone()), Some(&there)).await?;
    let missing = place.key(how, "missing")?;
    let none = refused(place, how, &missing, 1, Precondition::Matches(other), None).await?;
    let right = match place.attempt(how, &key, 1, &Precondition::Matches(there.token)).await? {
        Ended::Done(second) => {
            place.settled(&key, Some(&second), true).await?;
            true
        }
        Ended::Refused => false,
    };
    held.matches = wrong && none && right;
    for round in 0..ROUNDS {
        if !held.absent {
            break;
        }
        let Some((key, winner)) = race(place, how, &format!("race{round}"), None).await? else {
            (held.absent, held.raced) = (false, true);
            break;
        };
        if held.matches && race(place, how, "", Some((&key, &winner))).await?.is_none() {
            (held.matches, held.raced) = (false, true);
        }
    }
    Ok(held)
}

/// Eight writers at once, who create an object or replace this one: the winner, when there was exactly one.
async fn race(
    place: &Place<'_>,
    how: How,
    name: &str,
    old: Option<(&Key, &Object)>,
) -> Result<Option<(Key, Object)>, ProviderError> {
    for rerun in 0..RERUNS {
        let (key, when, variant) = match old {
            Some((key, object)) => (key.clone(), Precondition::Matches(object.token.clone()), 1),
            None => (place.key(how, &format!("{name}-{rerun}"))?, Precondition::Absent, 0),
        };
        let racers = (0..RACERS).map(|_| place.attempt_once(how, &key, variant, &when));
        let mut winners = Vec::new();
        for ended in join_all(racers).await {
            if let Ended::Done(object) = ended? {
                winners.push(*object);
            }
        }
        match (winners.pop(), winners.is_empty()) {
            (Some(winner), true) => {
                place.settled(&key, Some(&winner), true).await?;
                return Ok(Some((key, winner)));
            }
            (Some(_), false) => return Ok(None),
            (None, _) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    Ok(None)
}
