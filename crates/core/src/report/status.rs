//! What runs where, and what could move: from one record and the targets of each environment, all environments side
//! by side, in two rounds of requests.

mod looked;
mod next;
mod outside;
mod read;
mod ways;

pub use next::Next;
pub use read::status;

use super::Document;
use crate::config::Tier;
use crate::deploying::Deploying;
use crate::lease;
use crate::ledger::{Action, AllFrozen, OutcomeResult};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// `promote status`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusReport {
    /// What this is.
    pub schema: &'static str,
    /// The project.
    pub project: String,
    /// The file that says what is promoted where; frontends set it.
    pub file: String,
    /// The ledger's store's time of looking.
    pub at: DateTime<Utc>,
    /// The ledger.
    pub ledger: LedgerReport,
    /// The freeze of all environments that holds now.
    pub frozen: Option<AllFrozenReport>,
    /// The environments in their order.
    pub environments: Vec<EnvironmentStatus>,
}

impl Document for StatusReport {
    const SCHEMA: &'static str = "promote/status@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "project", "file", "at", "ledger", "frozen", "environments"];
}

/// Where the ledger lies and how long it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerReport {
    /// The store and the prefix.
    pub location: String,
    /// Whether there is one yet.
    pub begun: bool,
    /// The records of all lanes that were looked at.
    pub entries: u64,
}

/// How an environment stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing is recorded.
    Empty,
    /// A promotion has not ended.
    Unfinished,
    /// The target holds something that the ledger did not put there.
    Drift,
    /// Its release runs and was verified.
    Verified,
    /// The move was made, how the deployment ended is not recorded.
    Deploying,
    /// The deployment failed.
    Failed,
    /// The wait for the deployment ended first.
    TimedOut,
    /// How the deployment ended could not be told.
    NotVerified,
}

/// One environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnvironmentStatus {
    /// Its name.
    pub name: String,
    /// How dangerous it is to change.
    pub tier: Tier,
    /// What it moves with.
    pub lane: String,
    /// The environments before it.
    pub from: Vec<String>,
    /// Whether it moves without being asked.
    pub auto: bool,
    /// Its address.
    pub url: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// What the ledger says is there.
    pub running: Option<Running>,
    /// The promotion that has not ended.
    pub open: Option<OpenReport>,
    /// The deployment whose end is not recorded.
    pub deploying: Option<DeployingReport>,
    /// The freeze by hand that holds now.
    pub frozen: Option<SaidReport>,
    /// Why automation leaves it alone.
    pub hold: Option<SaidReport>,
    /// What its targets hold while a promotion has not ended, in words.
    pub holds: Vec<String>,
    /// How its targets differ from the ledger, in words.
    pub drift: Vec<String>,
    /// Why its targets could not be looked at.
    pub problem: Option<String>,
    /// The command line that goes back to what was there before, or undoes the first release; `None` where neither is possible.
    pub undo: Option<String>,
    /// Whether what is there is the first release and not verified, so that undoing it leaves no release there.
    pub first: bool,
    /// What undoing it can't take back, one sentence each.
    pub stays: Vec<String>,
    /// The release that a `resume` would go on with and that may not move, since it was blocked or retention deletes it.
    pub barred: Option<String>,
    /// The command line that moves what was adopted once more, so that it is verified; `None` for anything else, and
    /// where rules keep it from that which are not to be gone past.
    pub again: Option<String>,
    /// What may move here next.
    pub next: Option<Next>,
}

/// A release that is in an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Running {
    /// Its commit; `None` for bytes that no release has.
    pub sha: Option<String>,
    /// Its semver number.
    pub version: Option<String>,
    /// The first line of its commit's message, where a repository is at hand. Foreign text.
    pub subject: Option<String>,
    /// The digest of each artifact, by name.
    pub artifacts: BTreeMap<String, String>,
    /// Since when it is there.
    pub since: DateTime<Utc>,
    /// For how long.
    pub since_s: i64,
    /// The promotion that brought it.
    pub promotion: Option<String>,
    /// What brought it.
    pub action: Option<Action>,
    /// Who.
    pub by: String,
    /// Whether it was verified.
    pub verified: bool,
    /// How its deployment ended.
    pub outcome: Option<OutcomeResult>,
    /// What was let through when it was published: `dirty`, `unmerged`.
    pub allowed: Vec<String>,
}

impl Running {
    /// The first seven digits of the commit.
    pub fn short(&self) -> &str {
        self.sha.as_deref().map_or("unknown", |sha| sha.get(..7).unwrap_or(sha))
    }
}

/// A promotion that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenReport {
    /// The promotion.
    pub promotion: String,
    /// What for.
    pub action: Action,
    /// The commit that moves.
    pub sha: String,
    /// Who.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When whoever is at it was heard of last, by the store's clock: their newest record, or a later sign of life.
    pub last: DateTime<Utc>,
    /// How many seconds ago that was.
    pub last_s: i64,
    /// Whether that is so little that its process may be at work.
    pub alive: bool,
}

/// A deployment whose end is not recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeployingReport {
    /// The promotion.
    pub promotion: String,
    /// The commit that is deployed.
    pub sha: Option<String>,
    /// Who.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The step that it said it is in; before it said anything, its first.
    pub step: Option<String>,
    /// When whoever is at it was heard of last, by the store's clock: their newest record, or a later sign of life.
    pub last: DateTime<Utc>,
    /// How many seconds ago that was.
    pub last_s: i64,
    /// Whether that is so little that its process may be at work; false where nobody waits for it.
    pub alive: bool,
    /// Whether nobody waits for it: its steps were left for later.
    pub left: bool,
    /// All of it, in words.
    pub words: String,
}

impl DeployingReport {
    /// What is deployed, as it is known at `now`, when it was heard of last at `last`.
    pub fn of(deploying: &Deploying, last: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            promotion: deploying.promotion.to_string(),
            sha: deploying.release.as_ref().map(|release| release.commit.to_string()),
            by: deploying.by.clone(),
            since: deploying.since,
            step: deploying.step.clone().filter(|_| !deploying.left),
            last,
            last_s: (now - last).num_seconds().max(0),
            alive: !deploying.left && lease::is_fresh(last, now),
            left: deploying.left,
            words: deploying.words(now),
        }
    }
}

/// What somebody said about an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SaidReport {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
}

/// The freeze of all environments of a project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AllFrozenReport {
    /// Why.
    pub reason: String,
    /// Who; empty where that can't be read.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
    /// Where more can be read of it.
    pub link: Option<String>,
}

impl AllFrozenReport {
    /// What is told of it.
    pub fn of(frozen: AllFrozen) -> Self {
        let AllFrozen { until, reason, by, link, since } = frozen;
        Self { reason, by, since, until, link }
    }
}
