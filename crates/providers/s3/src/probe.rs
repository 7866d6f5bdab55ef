//! Finds out which conditions a store checks, by asking it to break its word: conditions that do not hold, eight writers at
//! once, requests that have expired. The verdict is kept by the caller.

mod attempt;

use crate::S3Bucket;
use attempt::{Ended, How, Place};
use futures_util::future::{join_all, try_join, try_join_all};
use promote_port::location::Key;
use promote_port::port::{
    Capabilities, CopyGuard, ErrorKind, FenceClass, Object, Precondition, ProviderError, Token,
};
use std::time::Duration;

/// Writers at once in a race.
const RACERS: usize = 8;
/// Races of each kind that are run side by side.
const ABREAST: usize = 3;

/// How often that many races are run: a store that is not atomic does not show it every time. What was found of a put
/// decides whether a ledger may lie here, whose one lock it is.
const fn rounds(how: How) -> usize {
    match how {
        How::Put => 4,
        How::Copy | How::Complete => 1,
    }
}

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
pub(crate) async fn find_out(bucket: &S3Bucket, scratch: &Key) -> Result<Capabilities, ProviderError> {
    let mut found = bucket.nothing_known();
    if let Some(why) = bucket.unfit() {
        found.notes.push(why.to_owned());
        return Ok(found);
    }
    // First the time: what is asked before that is known may be refused for its signature.
    let now = bucket.server_time().await?;
    match bucket.ask_for_bucket().await {
        Err(failure) if failure.kind != ErrorKind::Denied => return Err(failure),
        _ => {}
    }
    let place = Place::new(bucket, scratch.clone(), now.timestamp_millis());
    let judged = judge(&place, &mut found).await;
    if !place.clean_up().await {
        found.notes.push(format!("what the probe wrote below `{scratch}` could not all be deleted"));
    }
    judged.map(|()| found)
}

async fn judge(place: &Place<'_>, found: &mut Capabilities) -> Result<(), ProviderError> {
    found.tokens_tell = place.prepare().await?;
    if !found.tokens_tell {
        let note = "other bytes can have the same ETag, so bytes are read wherever the store tells no digest";
        found.notes.push(note.to_owned());
    }
    let (put, (copy, complete)) = try_join(
        conditions(place, How::Put),
        try_join(conditions(place, How::Copy), conditions(place, How::Complete)),
    )
    .await?;
    // Who does not keep to one of the two conditions, alone or in a race, is not trusted with the other either.
    found.create = put.both();
    found.replace = put.matches;
    note(found, "a put", put, "it can hold no ledger");
    found.copy = if copy.both() {
        if !complete.both() {
            // The largest copy that one request makes, in the unit that the vendor gives it in.
            let size = place.bucket.limits.copy >> 30;
            found
                .notes
                .push(format!("objects over {size} GiB: this store has no conditional write for them"));
        }
        CopyGuard::ConditionalCopy
    } else {
        note(found, "a copy", copy, "targets are moved in another way");
        if complete.both() {
            CopyGuard::ConditionalComplete
        } else {
            note(found, "completing an upload in parts", complete, "targets are moved in another way");
            if put.both() { CopyGuard::ConditionalPut } else { CopyGuard::None }
        }
    };
    found.write_limit = Some(if complete.both() { place.bucket.largest_upload() } else { found.put_limit });
    // Where that may not be asked, a write's answer tells.
    found.versioned = place.bucket.keeps_versions().await?.unwrap_or_else(|| place.saw_versions());
    found.source_pin = match found.copy {
        // The put that follows is of bytes whose digest was checked.
        CopyGuard::ConditionalPut => true,
        CopyGuard::ConditionalComplete => pinned(place, How::Complete, found.versioned).await?,
        _ => pinned(place, How::Copy, found.versioned).await?,
    };
    if !found.source_pin {
        found.notes.push("a copy can't be pinned to the source that was checked".to_owned());
    }
    if expires(place).await? {
        found.fence = FenceClass::Expiring;
    } else {
        found
            .notes
            .push("the store takes requests that have expired, so late ones are not fenced off".to_owned());
    }
    found.trusted_answers = place.agreed();
    if !found.trusted_answers {
        found.notes.push("the store's answers did not agree with what it then held".to_owned());
    }
    Ok(())
}

fn note(found: &mut Capabilities, what: &str, held: Held, so: &str) {
    if held.both() {
        return;
    }
    let why = match (held.raced, held.absent, held.matches) {
        (true, _, _) => "does not keep to conditions when several write at once",
        (_, false, false) => "ignores `If-None-Match` and `If-Match`, or always refuses them,",
        (_, false, true) => "does not check `If-None-Match`",
        (_, true, _) => "does not check `If-Match`",
    };
    found.notes.push(format!("{what} {why} here: {so}"));
}

/// A key, and the object that must be there before and after a refusal.
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
            place.settled(key, before).await?;
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
    place.settled(&key, Some(&first)).await?;
    held.absent = refused(place, how, &key, 1, Precondition::Absent, Some(&first)).await?;
    // The store may have replaced it against our will: go on from what is there.
    let Some(there) = place.bucket.describe(&key).await? else { return Ok(held) };
    let other = Token("00000000000000000000000000000000".to_owned());
    let wrong = refused(place, how, &key, 1, Precondition::Matches(other.clone()), Some(&there)).await?;
    let missing = place.key(how, "missing")?;
    let none = refused(place, how, &missing, 1, Precondition::Matches(other), None).await?;
    let right = match place.attempt(how, &key, 1, &Precondition::Matches(there.token)).await? {
        Ended::Done(second) => {
            place.settled(&key, Some(&second)).await?;
            true
        }
        Ended::Refused => false,
    };
    held.matches = wrong && none && right;
    if !held.absent {
        return Ok(held);
    }
    for round in 0..rounds(how) {
        // Each race has a key of its own, so they may be run side by side.
        let races = (0..ABREAST).map(|abreast| async move {
            let key = place.key(how, &format!("race{round}-{abreast}"))?;
            let Some(winner) = race(place, how, &key, 0, &Precondition::Absent).await? else {
                return Ok::<_, ProviderError>((false, true));
            };
            if !held.matches {
                return Ok((true, true));
            }
            let again = race(place, how, &key, 1, &Precondition::Matches(winner.token)).await?;
            Ok((true, again.is_some()))
        });
        for (absent, matches) in try_join_all(races).await? {
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

/// Eight writers at once: the winner, when there was exactly one.
async fn race(
    place: &Place<'_>,
    how: How,
    key: &Key,
    variant: usize,
    when: &Precondition,
) -> Result<Option<Object>, ProviderError> {
    let racers = (0..RACERS).map(|_| place.attempt(how, key, variant, when));
    let mut winners = Vec::new();
    for ended in join_all(racers).await {
        if let Ended::Done(object) = ended? {
            winners.push(*object);
        }
    }
    if winners.len() != 1 {
        return Ok(None);
    }
    place.settled(key, winners.first()).await?;
    Ok(winners.pop())
}

/// Whether a copy of another object than the pinned one is refused, or the pinned version is the one that is taken.
async fn pinned(place: &Place<'_>, how: How, versioned: bool) -> Result<bool, ProviderError> {
    let key = place.key(how, "pin")?;
    let wrong = matches!(place.attempt_wrong_source(how, &key).await?, Ended::Refused);
    if !versioned {
        return Ok(wrong);
    }
    let version = place.old_version_is_copied(how, &place.key(how, "version")?).await?;
    Ok(wrong || version)
}

/// Whether requests are refused that were signed longer ago than they live.
async fn expires(place: &Place<'_>) -> Result<bool, ProviderError> {
    let age = place.bucket.lifetime() + Duration::from_secs(10);
    for how in [How::Put, How::Copy] {
        let key = place.key(how, "late")?;
        let landed = matches!(place.attempt_late(how, &key, age).await?, Ended::Done(_));
        if landed || place.bucket.describe(&key).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
