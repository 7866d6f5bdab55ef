//! An entry of the history, as data.

use crate::ledger::Action;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryResult {
    /// The release moved on, and its deployment succeeded.
    Promoted,
    /// An earlier release came back.
    RolledBack,
    /// The same release was written again.
    Redeployed,
    /// The move was made, how the deployment ended is not recorded.
    Deploying,
    /// The deployment failed.
    Failed,
    /// How it ended could not be told.
    Errored,
    /// The wait ended first.
    TimedOut,
    /// A newer deployment replaced it.
    Superseded,
    /// The person stopped waiting.
    Interrupted,
    /// It was withdrawn; nothing was written.
    Aborted,
    /// What was begun before it was undone; nothing is recorded as being there.
    Undone,
    /// Another promotion took over before it ended.
    TakenOver,
    /// It has not ended.
    Unfinished,
    /// What a target held was recorded.
    Adopted,
    /// The environment was frozen.
    Frozen,
    /// The freeze was lifted.
    Unfrozen,
    /// The environment was held.
    Held,
    /// The hold was lifted.
    Unheld,
    /// A remark about a promotion.
    Marked,
}

/// A promotion, or something that was said about an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The environment.
    pub environment: String,
    /// The number of its first record in its lane.
    pub entry: u64,
    /// When it began, by the store's clock.
    pub at: DateTime<Utc>,
    /// What came of it.
    pub result: EntryResult,
    /// The promotion.
    pub promotion: Option<String>,
    /// What for.
    pub action: Option<Action>,
    /// The commit.
    pub sha: Option<String>,
    /// The commit that was there.
    pub from: Option<String>,
    /// Who.
    pub by: String,
    /// The rules that were gone past.
    pub overrides: Vec<String>,
    /// Whole seconds from the first to the last record.
    pub took_s: Option<i64>,
    /// Why: the reason that was given, or the step that failed. Foreign text.
    pub why: Option<String>,
    /// The version under which the release moved.
    pub version: Option<String>,
    /// What was let through when the release was published: `dirty`, `unmerged`.
    pub allowed: Vec<String>,
}
