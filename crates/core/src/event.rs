//! What happens while a flow runs, as typed values. Terminal, JSON lines and tests are consumers of one stream.

use crate::commit::CommitId;
use crate::ledger::{Action, OutcomeResult, PromotionId, Seq};
use crate::location::Location;
use crate::names::EnvironmentName;
use crate::port::StepReport;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::fmt::Debug;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Event {
    /// The intent is in the ledger: from here on, a promotion is open.
    Intent {
        /// The promotion.
        promotion: PromotionId,
        /// Where to.
        environment: EnvironmentName,
        /// What for.
        action: Action,
        /// The record.
        seq: Seq,
        /// What moves.
        release: CommitId,
        /// All environments that it moves, the one above first.
        moves: Vec<EnvironmentName>,
        /// Whether deploy or verify steps follow.
        follows: bool,
        /// The promotion that was open and is taken over.
        over: Option<TakenOver>,
    },
    /// What is committed already is gone on with: its deploy and verify steps run again.
    Again {
        /// The promotion.
        promotion: PromotionId,
        /// What moved.
        release: CommitId,
        /// All environments that it moved.
        moves: Vec<EnvironmentName>,
    },
    /// A stage of the pipeline that deploys what is committed went back: the targets have the release, what runs is older.
    StageBack {
        /// The promotion that is there.
        promotion: PromotionId,
        /// The environment.
        environment: EnvironmentName,
        /// What the target holds.
        release: CommitId,
    },
    /// The bytes of a release's artifact are read, since the store does not tell that they are the published ones.
    Reading {
        /// The artifact.
        source: Location,
        /// How many bytes were read by now.
        done: u64,
        /// How many there are.
        size: u64,
    },
    /// Bytes of something large were packed, checked or sent.
    Bytes {
        /// `pack`, `check` or `send`.
        doing: String,
        /// What: a commit, a file or a location.
        what: String,
        /// How many bytes by now.
        done: u64,
        /// How many there are; 0 where that is not known.
        size: u64,
    },
    /// Waiting until requests of an earlier promotion can't land any more.
    Waiting {
        /// Until when, by the store's clock.
        until: DateTime<Utc>,
        /// How long that is from now, in seconds.
        seconds: u64,
        /// Why, for people.
        why: String,
    },
    /// A target is about to be written.
    Moving {
        /// The target.
        target: Location,
    },
    /// A target has the release.
    Moved {
        /// The target.
        target: Location,
        /// Whether it was written, or found right.
        wrote: bool,
    },
    /// An answer was lost; the target is read back.
    Doubt {
        /// The target.
        target: Location,
        /// What was answered instead.
        why: String,
    },
    /// The commit is in the ledger: the targets have the release.
    Committed {
        /// The promotion.
        promotion: PromotionId,
        /// The record.
        seq: Seq,
    },
    /// The intent was withdrawn; nothing was written.
    Aborted {
        /// Why.
        why: String,
    },
    /// A promotion that had not ended is undone, and nothing is recorded as being there.
    Undone {
        /// What could not be made as it was, one sentence each.
        left: Vec<String>,
    },
    /// A step begins.
    StepStarted {
        /// `prepare`, `deploy` or `verify`.
        phase: String,
        /// What it is.
        name: String,
    },
    /// A line of a step's output. Foreign text.
    StepLine {
        /// `prepare`, `deploy` or `verify`.
        phase: String,
        /// The line.
        line: String,
    },
    /// Something that a step waits for changed, in words of our own.
    StepNote {
        /// `prepare`, `deploy` or `verify`.
        phase: String,
        /// What changed.
        note: String,
    },
    /// A step ended.
    StepFinished {
        /// `prepare`, `deploy` or `verify`.
        phase: String,
        /// What it is.
        name: String,
        /// How.
        report: StepReport,
    },
    /// The outcome is in the ledger.
    Outcome {
        /// The promotion.
        promotion: PromotionId,
        /// The result.
        result: OutcomeResult,
    },
    /// An artifact of a release was deleted by retention, or stays.
    Erased {
        /// The release.
        release: CommitId,
        /// What was deleted.
        location: Location,
        /// Why some of it stays; `None` when all of it is gone.
        left: Option<String>,
    },
    /// What failed is put back.
    RollingBack {
        /// The environment.
        environment: EnvironmentName,
    },
}

/// A promotion that was open when another took over from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TakenOver {
    /// The promotion, and those that it had itself taken over from.
    pub promotions: Vec<PromotionId>,
    /// What it was about to bring.
    pub release: CommitId,
}

/// Hears events. Must not block for long, and can't fail.
pub trait Events: Debug + Send + Sync {
    /// Something happened.
    fn hear(&self, event: &Event);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Events for Silent {
    fn hear(&self, _event: &Event) {}
}
