//! What earlier promotions of the lane may still have on its way, as the ledger's records tell: how long each one's
//! requests live, and which of them could undo what is about to be written. Waiting for them is `takeover`'s.

use crate::failure::Failure;
use crate::ledger::{Action, Head, Intent, LedgerError, ReleaseRef, Seq, Shape, State, TargetMove};
use crate::names::LaneName;
use crate::plan::Plan;
use crate::port::{Capabilities, FenceClass};
use crate::snapshot::Snapshot;
use crate::world::World;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;

/// Bytes a store is trusted to copy in a second, for the allowance of a copy it has begun.
const COPY_RATE: u64 = 25_000_000;

/// How far back the records are read for requests that something on the way may repeat: longer than any signature
/// lives, with time for a copy.
const LOOK_BACK: TimeDelta = TimeDelta::minutes(15);

/// How many records are asked for at once.
const BATCH: u64 = 4;

/// By how much the clocks of two machines may differ unnoticed (the rule `clock`).
const CLOCKS: TimeDelta = TimeDelta::seconds(300);

/// Seconds that requests live in a store of which nothing was found out.
const FOUND: u32 = 60;

/// Seconds that the requests of one write live: until the store refuses what was signed, and what a copy that it has
/// begun by then may take.
fn span(signed: &Capabilities, target: &TargetMove) -> u32 {
    let size = target.before.as_ref().map_or(0, |before| before.size).max(target.source.size);
    let copying = u32::try_from(size / COPY_RATE).unwrap_or(u32::MAX);
    signed.expiry_s.saturating_add(signed.allowance_s).saturating_add(copying)
}

/// Whether late requests to this target are fenced off by nothing but time.
pub(super) fn is_fenced_by_time(target: &TargetMove) -> bool {
    target.shape != Shape::Unmoved && !matches!(target.fence, FenceClass::Atomic | FenceClass::Exact)
}

/// Seconds that the requests of this promotion live, as this machine signs them: its intent carries that, since the
/// file of whoever takes over may say something else. `None` where no target depends on it.
pub(super) fn lives(world: &World, targets: &[TargetMove]) -> Result<Option<u32>, Failure> {
    let mut longest = None;
    for target in targets.iter().filter(|target| is_fenced_by_time(target)) {
        let own = span(&world.store(&target.target.store)?.capabilities(), target);
        longest = longest.max(Some(own));
    }
    Ok(longest)
}

/// An intent before this promotion.
#[derive(Debug)]
struct Before {
    seq: Seq,
    intent: Intent,
    /// When the record after it was stored: it sent nothing after that. `None` while it is open.
    over: Option<DateTime<Utc>>,
}

/// The time as a target's store tells it.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoreTime {
    pub(super) now: DateTime<Utc>,
    /// Whether the same store keeps the ledger, so that its records' times can be compared with `now`.
    pub(super) keeps_ledger: bool,
}

/// Until when something has to be waited for, by the clock of a target's store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Until {
    /// Before the target is written.
    pub(super) write: Option<DateTime<Utc>>,
    /// Before it can be said that the target holds the release: until then, what was written may be undone.
    pub(super) settle: Option<DateTime<Utc>>,
}

/// The intents before this promotion whose requests may be alive, newest first.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    found: Vec<Before>,
    /// Whether this promotion takes over from the newest of them.
    supersedes: bool,
    /// The last commit, where that left a write without a definite answer.
    unclean: Option<Seq>,
    looked_at: DateTime<Utc>,
}

/// Reads what came before, as far as it can matter: nothing where no target is fenced by time.
///
/// # Errors
/// When the ledger can't be read.
pub(super) async fn look(
    world: &World,
    lane: &LaneName,
    plan: &Plan,
    snapshot: &Snapshot,
) -> Result<Earlier, Failure> {
    let Some(head) = snapshot.head.as_ref().filter(|_| plan.targets.iter().any(is_fenced_by_time)) else {
        return Ok(Earlier::default());
    };
    let state = head.state();
    let unclean = state.committed_seq.filter(|_| state.unclean);
    let supersedes = plan.supersedes.is_some();
    // The first intent of a chain of take-overs below this record is the last that must be known, however old it is.
    let below = unclean.unwrap_or_else(|| head.record.seq.next());
    let mut needed = supersedes || unclean.is_some();
    let mut found = Vec::new();
    if !needed && !plan.targets.iter().any(|target| comes_back(state, target, snapshot.taken_at)) {
        return Ok(Earlier { looked_at: snapshot.taken_at, ..Earlier::default() });
    }
    let mut over = None;
    let mut batch = vec![head.clone()];
    while let Some(oldest) = batch.last().map(|head| head.record.seq.0) {
        for Head { record, stored_at, .. } in batch {
            if !needed && snapshot.taken_at - stored_at > LOOK_BACK {
                return Ok(Earlier { found, supersedes, unclean, looked_at: snapshot.taken_at });
            }
            if let Some(intent) = record.intent {
                needed &= intent.supersedes.is_some() || record.seq >= below;
                found.push(Before { seq: record.seq, intent, over });
            }
            over = Some(stored_at);
        }
        let seqs = (oldest.saturating_sub(BATCH).max(1)..oldest).rev();
        let reads = seqs.map(|seq| world.ledger.reader().record(lane, Seq(seq)));
        batch = try_join_all(reads).await.map_err(LedgerError::looking)?.into_iter().flatten().collect();
    }
    Ok(Earlier { found, supersedes, unclean, looked_at: snapshot.taken_at })
}

/// Whether what a move brings may have been there a short while ago, by the lane's state alone: then the records must
/// tell which requests wait for just that. A release that goes on to where it never was needs none of them.
fn comes_back(state: &State, target: &TargetMove, now: DateTime<Utc>) -> bool {
    if !is_fenced_by_time(target) {
        return false;
    }
    let Some(current) = &state.current else { return false };
    let recent = |at: DateTime<Utc>| now - at <= LOOK_BACK;
    let has = |release: &ReleaseRef| release.artifacts.values().any(|digest| *digest == target.source.sha256);
    // Any file of a folder may be one that was there before; and what a rollback put an end to need not have been
    // committed, so that the state does not name it.
    let unnamed = matches!(target.shape, Shape::Folder { .. })
        || current.action == Some(Action::Rollback)
        || current.release.is_none();
    unnamed && recent(current.since.time())
        || state.trail.iter().any(|past| recent(past.until.time()) && has(&past.release))
}

impl Earlier {
    /// The newest intent below a record, and all that it took over from.
    fn chain(&self, below: Seq) -> impl Iterator<Item = &Before> {
        let mut first = false;
        self.found.iter().skip_while(move |before| before.seq >= below).take_while(move |before| {
            let goes_on = !first;
            first = before.intent.supersedes.is_none();
            goes_on
        })
    }

    /// Until when a target has to be waited for, at this time of its store. `other` is how long requests live by what
    /// was found out of the store and by the file at hand, for intents of older versions, which don't say it.
    pub(super) fn until(&self, target: &TargetMove, time: StoreTime, other: u32) -> Until {
        let lives = |before: &Before| seconds(before.intent.lives_s.unwrap_or(other));
        // No request of an earlier promotion is sent after this moment, whatever a record says of its time.
        let latest = |before: &Before| later(time.now, lives(before));
        let over = |before: &Before| match before.over {
            Some(over) if time.keeps_ledger => later(over, lives(before)).min(latest(before)),
            _ => latest(before),
        };
        let taken = self
            .found
            .iter()
            .take(usize::from(self.supersedes))
            .flat_map(|newest| self.chain(newest.seq.next()));
        let doubtful = self.unclean.into_iter().flat_map(|commit| self.chain(commit));
        let mut until = Until { write: taken.map(latest).chain(doubtful.map(over)).max(), settle: None };
        let undoing = self.found.iter().filter(|before| {
            // Another store's times are compared with some slack, since that clock may differ.
            let slack = lives(before) + if time.keeps_ledger { TimeDelta::zero() } else { CLOCKS };
            let alive = before.over.is_none_or(|over| time.keeps_ledger || self.looked_at - over <= slack);
            alive && before.intent.targets.iter().any(|one| undoes(one, target))
        });
        let back = undoing.map(over).max();
        // A folder's files are looked at one by one only when they are written.
        match target.shape {
            Shape::Folder { .. } => until.write = until.write.max(back),
            _ => until.settle = back,
        }
        Until {
            write: until.write.filter(|until| *until > time.now),
            settle: until.settle.filter(|until| *until > time.now),
        }
    }
}

/// Whether a request of `earlier`, should it arrive once more when `target` was written, would be let through and
/// change what lies there.
fn undoes(earlier: &TargetMove, target: &TargetMove) -> bool {
    let brings = |one: &TargetMove| (one.source.sha256, one.source.size);
    if earlier.target != target.target || earlier.shape == Shape::Unmoved || brings(earlier) == brings(target)
    {
        return false;
    }
    if matches!(target.shape, Shape::Folder { .. }) || matches!(earlier.shape, Shape::Folder { .. }) {
        // Any of its files may be one that was there before.
        return true;
    }
    // The same content brings the same token back. Where a move has no condition at all, anything could be undone; the
    // same is done for what comes back, and the rest is left to the next look.
    earlier.before.as_ref().is_some_and(|before| match before.sha256 {
        Some(digest) => digest == target.source.sha256,
        None => target.written_size().is_none_or(|size| size == before.size),
    })
}

/// How long requests to a target live by what was found out of its store and by the file at hand.
pub(super) fn otherwise(world: &World, snapshot: &Snapshot, target: &TargetMove) -> Result<u32, Failure> {
    let own = span(&world.store(&target.target.store)?.capabilities(), target);
    let found = snapshot.capabilities.get(&target.target.store).map(|found| span(found, target));
    Ok(found.unwrap_or(FOUND).max(own))
}

fn seconds(count: u32) -> TimeDelta {
    TimeDelta::seconds(count.into())
}

/// `span` after `time`, or the last time there is.
fn later(time: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::ledger::Before as There;
    use crate::port::{CopyGuard, Headers, PinnedSource, Precondition, Token};

    fn place(text: &str) -> crate::location::Location {
        text.parse().unwrap()
    }

    /// A move of content that is named by a word over another.
    fn moved(from: &str, to: &str, way: CopyGuard, shape: Shape) -> TargetMove {
        TargetMove {
            artifact: None,
            target: place("s3://acme/prod.zip"),
            source: PinnedSource {
                location: place("s3://acme/release.zip"),
                token: Token(to.to_owned()),
                version: None,
                sha256: Digest::of(to.as_bytes()),
                size: to.len() as u64,
                headers: Headers::default(),
            },
            before: Some(There {
                token: Token(from.to_owned()),
                version: None,
                sha256: Some(Digest::of(from.as_bytes())),
                size: from.len() as u64,
            }),
            when: Precondition::Matches(Token(from.to_owned())),
            way,
            fence: FenceClass::Expiring,
            shape,
        }
    }

    #[test]
    fn only_what_lets_an_earlier_request_through_again_is_waited_for() {
        let copied = |from, to| moved(from, to, CopyGuard::ConditionalCopy, Shape::Whole);
        assert!(undoes(&copied("a", "b"), &copied("b", "a")), "A to B, and back");
        assert!(!undoes(&copied("a", "b"), &copied("b", "c")), "on to C");
        assert!(!undoes(&copied("a", "b"), &copied("b", "b")), "the same again");
        let mut unknown = copied("a", "b");
        unknown.before.as_mut().unwrap().sha256 = None;
        assert!(undoes(&unknown, &copied("b", "c")), "as long as what was there");
        assert!(!undoes(&unknown, &copied("b", "longer")));
        let mut first = copied("a", "b");
        first.before = None;
        assert!(!undoes(&first, &copied("b", "a")), "it asks for nothing to be there");
        let mut elsewhere = copied("a", "b");
        elsewhere.target = place("s3://acme/uat.zip");
        assert!(!undoes(&elsewhere, &copied("b", "a")));
        let tag = |from, to| moved(from, to, CopyGuard::Observed, Shape::Whole);
        assert!(undoes(&tag("a", "b"), &tag("b", "a")), "a tag is moved whatever it names");
        let folder = |from, to| moved(from, to, CopyGuard::ConditionalCopy, Shape::Folder { prune: false });
        assert!(undoes(&folder("a", "b"), &folder("b", "c")), "a file may come back on the way forward");
        assert!(!undoes(&folder("a", "b"), &folder("b", "b")));
    }

    #[test]
    fn requests_live_as_they_are_signed_and_as_long_as_a_copy_may_take() {
        let mut target = moved("a", "b", CopyGuard::ConditionalCopy, Shape::Whole);
        let mut signed = crate::memory::MemoryKind::s3_like().truth;
        (signed.expiry_s, signed.allowance_s) = (300, 60);
        assert_eq!(span(&signed, &target), 360);
        target.source.size = 50 * COPY_RATE;
        assert_eq!(span(&signed, &target), 410);
        target.before.as_mut().unwrap().size = 70 * COPY_RATE;
        assert_eq!(span(&signed, &target), 430, "the larger of the two");
    }
}
