//! What the records say: the body of each kind. How a record is stored and read is [`super::record`]'s.

use super::record::{Action, PromotionId, ReleaseRef};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::Location;
use crate::names::{ArtifactName, EnvironmentName};
use crate::port::{CopyGuard, FenceClass, PinnedSource, Precondition, StepReport, Token, VersionId};
use crate::rule::Finding;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a target held when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Before {
    /// The token that the write will compare.
    pub token: Token,
    /// The stored version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// Its digest, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Its length.
    pub size: u64,
}

/// One planned write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TargetMove {
    /// Which artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ArtifactName>,
    /// What is written.
    pub target: Location,
    /// What is copied there.
    pub source: PinnedSource,
    /// What is there now.
    pub before: Option<Before>,
    /// What must hold when it is written.
    pub when: Precondition,
    /// How the store is made to check that.
    pub way: CopyGuard,
    /// What fences off late requests.
    pub fence: FenceClass,
}

/// `intent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Intent {
    /// The promotion.
    pub promotion: PromotionId,
    /// What for.
    pub action: Action,
    /// The environment that was asked for.
    pub environment: EnvironmentName,
    /// The release that moves.
    pub release: ReleaseRef,
    /// The release that is there.
    pub from: Option<CommitId>,
    /// The open intent that this one takes over from.
    pub supersedes: Option<Digest>,
    /// The writes, in order.
    pub targets: Vec<TargetMove>,
    /// Whether deploy or verify steps follow the move.
    pub follows: bool,
    /// How each rule was met.
    pub findings: Vec<Finding>,
    /// The digest of the plan.
    pub plan: Digest,
}

/// How a write is known to have landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verified {
    /// By the store's own answer, which its probe found to be true.
    Answer,
    /// By reading the target back.
    ReadBack,
}

/// One target after the move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Landed {
    /// Which artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ArtifactName>,
    /// The target.
    pub target: Location,
    /// Its length.
    pub size: u64,
    /// Its token now.
    pub token: Token,
    /// Its version now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// How that is known.
    pub verified: Verified,
    /// Whether this promotion wrote it, or found it right.
    pub wrote: bool,
}

/// `commit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Commit {
    /// The intent's id.
    pub of: Digest,
    /// Whether every write got a definite answer.
    pub clean: bool,
    /// The targets.
    pub targets: Vec<Landed>,
}

/// `abort`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Abort {
    /// The intent's id.
    pub of: Digest,
    /// Why.
    pub reason: String,
}

/// How the deployment that a move set off ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeResult {
    /// It runs, and was verified.
    Succeeded,
    /// The release is bad.
    Failed,
    /// It could not be told.
    Errored,
    /// The wait ended first.
    TimedOut,
    /// A newer one replaced it.
    Superseded,
    /// The person stopped waiting.
    Interrupted,
}

/// One step that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepRecord {
    /// `prepare`, `deploy` or `verify`.
    pub phase: String,
    /// What it is, for people.
    pub name: String,
    /// How it went.
    #[serde(flatten)]
    pub report: StepReport,
}

/// `outcome`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// The commit's id.
    pub of: Digest,
    /// The result.
    pub result: OutcomeResult,
    /// The steps.
    pub steps: Vec<StepRecord>,
}

/// `observe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observe {
    /// What the targets hold, when a release is known to be just that.
    pub release: Option<ReleaseRef>,
    /// The targets as they are.
    pub targets: Vec<super::TargetState>,
}

/// `freeze`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Freeze {
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
}

/// `mark`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mark {
    /// The promotion it is about.
    pub of: PromotionId,
    /// The label, such as `incident`.
    pub label: String,
}
