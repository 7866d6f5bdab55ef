//! What frontends show, as data: one file for each document. The same value feeds terminal, JSON and summary.
//!
//! Within a schema's number fields are only added. Times are UTC, absent values `null`, commits and digests whole,
//! spans whole seconds with the unit in the name.

mod advance;
mod allowed;
mod approval;
mod decision;
mod diff;
mod evidence;
mod failure;
mod finding;
mod history;
mod outcome;
mod prune;
mod publish;
mod show;
mod status;
mod verify;

pub use advance::AdvanceReport;
pub use allowed::{AllowedReport, DirtyReport, UnmergedReport};
pub use approval::{ApprovalReport, ApprovalRule};
pub use decision::{CommitReport, CommitsReport, DecisionReport, StepPlan, Verb, Write};
pub use diff::{ArtifactDiff, DiffReport, DiffSide, diff};
pub use evidence::{EvidenceReport, RecordedReport};
pub use failure::FailureReport;
pub use finding::{ReleaseReport, RuleReport};
pub use history::{AllFrozenEntry, Entry, EntryResult, HistoryReport, history};
pub use outcome::{OutcomeReport, StepReport};
pub use prune::{ErasedArtifact, FateWord, PruneReport, PrunedRelease};
pub use publish::{Moved, PublishReport, PublishedArtifact};
pub use show::{ArtifactReport, PlaceReport, PromotionReport, RecordReport, ReleaseShow, promotion, release};
pub use status::{
    AllFrozenReport, DeployingReport, EnvironmentStatus, LedgerReport, Next, OpenReport, Running, SaidReport,
    Standing, StatusReport, status,
};
pub use verify::{
    ChainCheck, CheckedLedger, Depth, FoundTarget, LedgerCheck, OpenPromotion, RecordedTarget, SourceCheck,
    TargetCheck, VerifyReport, check_ledger, check_ledger_in_parts, verify, verify_and_learn,
};

/// A document that says what it is.
pub trait Document: serde::Serialize {
    /// What it says it is, such as `promote/status@1`.
    const SCHEMA: &'static str;
    /// Its top-level fields, in order.
    const FIELDS: &'static [&'static str];
}
