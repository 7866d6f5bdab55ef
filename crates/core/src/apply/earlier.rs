//! What earlier promotions of the lane may still have on its way, as the lane's state tells: how long their requests
//! live, and whether one of them could undo what is about to be written. No record is read for that. Waiting is
//! `takeover`'s.

use crate::context::PromotionContext;
use crate::failure::Failure;
use crate::ledger::{
    Action, CLOCKS, Life, Moment, ReleaseRef, Requests, Shape, State, TargetMove, TargetState,
};
use crate::plan::Plan;
use crate::port::{Capabilities, FenceClass};
use crate::ports::Ports;
use chrono::{DateTime, TimeDelta, Utc};

/// Bytes a store is trusted to copy in a second, for the allowance of a copy it has begun.
const COPY_RATE: u64 = 25_000_000;

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
pub(super) fn lives(ports: &Ports, targets: &[TargetMove]) -> Result<Option<u32>, Failure> {
    let mut longest = None;
    for target in targets.iter().filter(|target| is_fenced_by_time(target)) {
        let own = span(&ports.store(&target.target.store)?.capabilities(), target);
        longest = longest.max(Some(own));
    }
    Ok(longest)
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
    /// Before it can be said that the target has the release: until then, what was written may be undone.
    pub(super) settle: Option<DateTime<Utc>>,
}

/// The lane as it was when this promotion was planned.
#[derive(Debug)]
pub(super) struct Earlier<'p> {
    pub(super) plan: &'p Plan,
    pub(super) state: State,
    /// The ledger's store's time of looking.
    pub(super) looked_at: DateTime<Utc>,
}

impl<'p> Earlier<'p> {
    pub(super) fn of(context: PromotionContext<'p>) -> Self {
        let PromotionContext { plan, snapshot, .. } = context;
        Self { plan, state: snapshot.state(), looked_at: snapshot.taken_at }
    }

    /// What is known of the requests before this promotion. `None` where a version that did not write it down moved
    /// something since.
    fn known(&self) -> Option<&Requests> {
        let open = self.state.open.as_ref().map(|open| open.since.seq);
        let there = self.state.current.as_ref().filter(|current| current.promotion.is_some());
        let newest = open.max(there.map(|current| current.since.seq));
        self.state.requests.as_ref().filter(|requests| Some(requests.over.seq) >= newest)
    }

    /// Until when a target has to be waited for, at this time of its store. `other` is how long requests live by what
    /// was found out of the store and by the file at hand, for promotions of older versions, which don't say it.
    pub(super) fn until(&self, target: &TargetMove, time: StoreTime, other: u32) -> Until {
        let (state, lives_s) = (&self.state, self.known().map_or(other, |requests| requests.lives_s));
        // No request of an earlier promotion is sent after this moment, whatever a record says of its time.
        let latest = |life: Life| later(time.now, seconds(life.lives_s));
        let from = |life: Life| match time.keeps_ledger {
            true => later(life.over, seconds(life.lives_s)).min(latest(life)),
            false => latest(life),
        };
        // Another store's times are compared with some slack, since that clock may differ.
        let alive =
            |life: &Life| time.keeps_ledger || self.looked_at - life.over <= seconds(life.lives_s) + CLOCKS;
        let taken = self.plan.supersedes.map(|_| later(time.now, seconds(lives_s)));
        let unclean = state.unclean && state.committed_seq.is_some();
        let doubtful = state.current.as_ref().filter(|_| unclean);
        let doubtful = doubtful.map(|current| from(Life { over: current.since.time(), lives_s }));
        let back = self.comes_back(target, other).into_iter().flatten().filter(alive).map(from).max();
        let mut until = Until { write: taken.max(doubtful), settle: None };
        // A folder's files are looked at one by one only when they are written, and what is taken away is not looked at
        // again.
        match target.shape {
            _ if self.plan.action == Action::Undo => until.write = until.write.max(back),
            Shape::Folder { .. } => until.write = until.write.max(back),
            _ => until.settle = back,
        }
        Until {
            write: until.write.filter(|until| *until > time.now),
            settle: until.settle.filter(|until| *until > time.now),
        }
    }

    /// The requests that, should one arrive once more when `target` was written, would be let through and change what
    /// lies there.
    fn comes_back(&self, target: &TargetMove, other: u32) -> [Option<Life>; 2] {
        let (state, plan) = (&self.state, self.plan);
        let there = state.current.iter().flat_map(|current| &current.targets);
        let elsewhere = |one: &TargetState| one.artifact == target.artifact && one.target != target.target;
        if plan.action != Action::Undo && there.into_iter().any(elsewhere) {
            // A name that is another each time was never written before.
            return [None, None];
        }
        let moved = state.current.as_ref().filter(|current| current.promotion.is_some());
        let Some(known) = self.known() else {
            // Which requests those were, a state of an older version does not tell.
            let unnamed = matches!(target.shape, Shape::Folder { .. })
                || moved.is_some_and(|current| current.action == Some(Action::Rollback));
            let last = moved.filter(|_| unnamed || plan.action == Action::Undo);
            let over =
                last.map(|current| current.since.time()).max(self.left(target).map(|left| left.time()));
            return [over.map(|over| Life { over, lives_s: other }), None];
        };
        let all = [Some(known.last()), known.earlier];
        match target.shape {
            // A create that is late finds the place as it wants it.
            _ if plan.action == Action::Undo => all,
            // Any file may be one that was there before, unless all that is on its way brings this very release.
            Shape::Folder { .. } => {
                let same = known.brought == [plan.release.commit.clone()] && known.undone.is_empty();
                if same { [None, None] } else { all }
            }
            _ if known.undone.iter().any(|release| self.holds(release, target)) => all,
            _ => match self.left(target) {
                Some(left) if left.seq >= known.over.seq => all,
                Some(_) => [None, known.earlier],
                None => [None, None],
            },
        }
    }

    /// Until when the content that a target is to hold was there last, before something else replaced it. What replaced
    /// it waits for its token, and was over by then.
    fn left(&self, target: &TargetMove) -> Option<Moment> {
        let mut after = self.state.release();
        for past in &self.state.trail {
            if self.holds(&past.release, target) && !after.is_some_and(|after| self.holds(after, target)) {
                return Some(past.until);
            }
            after = Some(&past.release);
        }
        None
    }

    /// Whether a release has just the content that a target is to hold.
    fn holds(&self, release: &ReleaseRef, target: &TargetMove) -> bool {
        // What a pointer says depends on the commit as well.
        let pointer = matches!(target.shape, Shape::Pointer { .. });
        release.digest(target.name(), &self.plan.environment) == Some(target.source.sha256)
            && (!pointer || release.commit == self.plan.release.commit)
    }
}

/// How long requests to a target live by what was found out of its store and by the file at hand.
pub(super) fn otherwise(context: PromotionContext<'_>, target: &TargetMove) -> Result<u32, Failure> {
    let own = span(&context.ports.store(&target.target.store)?.capabilities(), target);
    let found = context.snapshot.capabilities.get(&target.target.store).map(|found| span(found, target));
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
    fn requests_live_as_they_are_signed_and_as_long_as_a_copy_may_take() {
        let mut target = moved("a", "b", CopyGuard::ConditionalCopy, Shape::Whole);
        let mut signed = promote_testing::memory::MemoryKind::s3_like().truth;
        (signed.expiry_s, signed.allowance_s) = (300, 60);
        assert_eq!(span(&signed, &target), 360);
        target.source.size = 50 * COPY_RATE;
        assert_eq!(span(&signed, &target), 410);
        target.before.as_mut().unwrap().size = 70 * COPY_RATE;
        assert_eq!(span(&signed, &target), 430, "the larger of the two");
    }
}
