//! What the requests of a lane's promotions may still do, as its state carries it: how long they live at most, since when
//! none was sent, and what they brought and took back. So who writes next compares one time, and reads no record.

use super::deployed::{Moment, OpenIntent};
use super::statement::Intent;
use super::terms::{ReleaseRef, Seq};
use crate::commit::CommitId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How many releases are named of each sort.
const NAMED: usize = 8;

/// How many bytes those that were taken back may take, so that a record with many artifacts still fits. One is kept
/// whatever it takes.
const BYTES: usize = 4 * 1024;

/// By how much the clocks of two machines may differ unnoticed (the rule `clock`).
pub const CLOCKS: TimeDelta = TimeDelta::seconds(300);

/// Requests that may take effect for some time after the last of them was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Life {
    /// Since when none was sent, by the ledger's store.
    pub over: DateTime<Utc>,
    /// For how many seconds after that one may take effect.
    pub lives_s: u32,
}

impl Life {
    /// When the last one is dead.
    fn ends(&self) -> DateTime<Utc> {
        let span = TimeDelta::seconds(self.lives_s.into());
        self.over.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Whether one may be alive at `now`, also by the clock of another store.
    fn alive(&self, now: Option<DateTime<Utc>>) -> bool {
        now.is_none_or(|now| now - self.ends() < CLOCKS)
    }
}

/// The requests of the last promotions whose targets are fenced off by time alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Requests {
    /// Since when the last promotion sent none; while it is open, when it was begun.
    pub over: Moment,
    /// For how many seconds after that one of its requests, or of those it took over from, may take effect.
    pub lives_s: u32,
    /// Of those before, what lives longest; absent where they were all dead when the last one was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Life>,
    /// The releases that all of them bring, the last one first.
    pub brought: Vec<CommitId>,
    /// What was begun and taken back without having been committed, or undone: content that may come back, and that no
    /// stay tells of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<ReleaseRef>,
}

impl Requests {
    /// Those of the last promotion.
    pub fn last(&self) -> Life {
        Life { over: self.over.time(), lives_s: self.lives_s }
    }

    /// Those of an intent, together with the earlier ones that may be alive. `before`: the store's time of the record
    /// before, which is the latest time that a record knows for certain.
    pub(super) fn begun(
        earlier: Option<&Self>,
        open: Option<&OpenIntent>,
        intent: &Intent,
        now: Moment,
        before: Option<DateTime<Utc>>,
    ) -> Option<Self> {
        let Some(lives_s) = intent.lives_s else { return earlier.cloned() };
        let mut next = Self { over: now, lives_s, earlier: None, brought: Vec::new(), undone: Vec::new() };
        if let Some(known) = earlier {
            let last = Some(known.last()).filter(|_| open.is_none());
            if open.is_some() {
                next.lives_s = lives_s.max(known.lives_s);
            }
            let alive = known.earlier.into_iter().chain(last).filter(|life| life.alive(before));
            next.earlier = alive.max_by_key(Life::ends);
            if open.is_some() || next.earlier.is_some() {
                next.brought.clone_from(&known.brought);
                next.undone.clone_from(&known.undone);
            }
        }
        next.brought.retain(|commit| *commit != intent.release.commit);
        next.brought.insert(0, intent.release.commit.clone());
        next.brought.truncate(NAMED);
        if let Some(open) = open.filter(|open| open.release.commit != intent.release.commit) {
            next.take_back(open.release.clone());
        }
        Some(next)
    }

    /// The same once the promotion that was begun with record `begun` sends nothing more.
    pub(super) fn ended(&mut self, begun: Seq, now: Moment) {
        if self.over.seq == begun {
            self.over = now;
        }
    }

    /// The same when what was brought is taken away again.
    pub(super) fn take_back(&mut self, release: ReleaseRef) {
        self.undone.retain(|known| known.commit != release.commit);
        self.undone.insert(0, release);
        let mut bytes = 0;
        let sizes = self.undone.iter().map(|one| serde_json::to_vec(one).map_or(0, |json| json.len()));
        let fitting = sizes.take_while(|size| {
            bytes += size;
            bytes <= BYTES
        });
        let keep = fitting.count().clamp(1, NAMED);
        self.undone.truncate(keep);
    }
}
