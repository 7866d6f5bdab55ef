//! What the records say: the body of each kind. How a record is stored and read is [`super::record`]'s.

use super::deployed::TargetState;
use super::gates::Gates;
use super::terms::{Action, OutcomeResult, ReleaseRef};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::finding::Finding;
use crate::location::Location;
use crate::names::{ArtifactName, EnvironmentName};
use crate::port::{CopyGuard, FenceClass, Object, PinnedSource, Precondition, StepReport, Token, VersionId};
use crate::promotion::PromotionId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// How a target comes to hold its artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// It is the artifact: one object, or a tag of an image.
    #[default]
    Whole,
    /// It is a folder, brought up to date file by file; its manifest is written last.
    #[serde(rename_all = "kebab-case")]
    Folder {
        /// Whether files that the source lacks are deleted.
        prune: bool,
    },
    /// It is one object that says which folder is meant.
    #[serde(rename_all = "kebab-case")]
    Pointer {
        /// The digest of its bytes.
        sha256: Digest,
        /// Their number.
        size: u64,
    },
    /// It is the release's own object: nothing is written, and what follows starts with it.
    Unmoved,
}

impl Shape {
    fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }
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
    /// How the target comes to hold the artifact.
    #[serde(default, skip_serializing_if = "Shape::is_whole")]
    pub shape: Shape,
}

impl TargetMove {
    /// The artifact's name; `main` for the only one.
    pub fn name(&self) -> &str {
        self.artifact.as_ref().map_or("main", |name| name.as_str())
    }

    /// How many bytes the written object has, where that is known beforehand.
    pub fn written_size(&self) -> Option<u64> {
        match &self.shape {
            Shape::Whole | Shape::Unmoved => Some(self.source.size),
            Shape::Pointer { size, .. } => Some(*size),
            Shape::Folder { .. } => None,
        }
    }

    /// Whether an object at the target's place has the content that this move brings: by the store's word where it
    /// gives one, else by the mark that was written with it.
    pub fn is_held_by(&self, object: &Object) -> bool {
        let marked = object.metadata.get("promote-sha256") == Some(&self.source.sha256.hex());
        match &self.shape {
            Shape::Whole | Shape::Unmoved => {
                object.size == self.source.size
                    && object.sha256.map_or(marked, |found| found == self.source.sha256)
            }
            Shape::Pointer { sha256, size } => {
                object.size == *size && object.sha256.map_or(marked, |found| found == *sha256)
            }
            // What the manifest says depends on what each file was written as; the mark names the source.
            Shape::Folder { .. } => marked,
        }
    }
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
    /// For how many seconds after it was sent a request of this promotion may still take effect, as its writer signs
    /// them. Missing where no target is fenced off by time, and in what older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lives_s: Option<u32>,
    /// What was let through when the release was published (see [`super::Allowed::names`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// The gates and locators in force; absent in a rollback, which is not held to them, and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<Gates>,
    /// What the plan had read of the release in the ledger itself: the key below `releases/COMMIT/`, and the SHA-256 of
    /// what is stored there. The manifest, and the newest entry of each word about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub read: BTreeMap<String, Digest>,
    /// The approvals in the ledger that counted, by what names each of them below
    /// `lanes/LANE/approvals/COMMIT/`, with the SHA-256 of what is stored there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approvals: BTreeMap<String, Digest>,
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
    /// Whether the steps that follow were left for later, so that no process runs them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

/// `abort`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Abort {
    /// The intent's id.
    pub of: Digest,
    /// Why.
    pub reason: String,
    /// For the end of an undoing: what became of each target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Vec<Restored>>,
}

/// What became of a target of a promotion that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Restored {
    /// Which artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ArtifactName>,
    /// The target.
    pub target: Location,
    /// How it is now.
    pub end: RestoredEnd,
    /// Why it is not as it was, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a target is after a promotion was undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestoredEnd {
    /// As it was before the promotion, which never wrote it.
    AsBefore,
    /// What the promotion had written is deleted.
    Deleted,
    /// It holds what it was found to hold.
    Stays,
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
    pub targets: Vec<TargetState>,
    /// See [`Intent::read`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub read: BTreeMap<String, Digest>,
    /// Since when it is said to have been there, for what is written down afterwards. A claim: no rule goes by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// What was let through when the release was published (see [`super::Allowed::names`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
}

/// `freeze`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Freeze {
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// The environments of the lane, where it has several: one that leaves it does not leave the freeze unnoticed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentName>,
}

/// `mark`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mark {
    /// The promotion it is about.
    pub of: PromotionId,
    /// The label, such as `incident`.
    pub label: String,
    /// For a mark that a deployment makes of itself while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<Sign>,
}

/// A deployment's word that it goes on. Whoever made it runs the steps from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sign {
    /// The step that it is in; `None` when it was just taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<SignedStep>,
    /// How many seconds this step and those after it may take at most.
    pub limit_s: u64,
}

/// A step among those that follow a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignedStep {
    /// `deploy` or `verify`.
    pub phase: String,
    /// What it is, for people.
    pub name: String,
    /// Which one, from 1.
    pub number: u32,
    /// Of how many.
    pub count: u32,
}

impl Sign {
    /// The step, in words.
    pub fn words(&self) -> Option<String> {
        let SignedStep { phase, name, number, count } = self.step.as_ref()?;
        Some(format!("{} {} ({number} of {count})", crate::names::escape(phase), crate::names::escape(name)))
    }
}
