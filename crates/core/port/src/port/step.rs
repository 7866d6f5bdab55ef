//! Running a step: a command or a wait around the move. What a failed step means is decided in `flow`.

use super::{ProviderError, Token, VersionId};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::Location;
use crate::names::ArtifactName;
use crate::step::Step;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

/// What a step is told: the `PROMOTE_*` variables, by name. Never holds a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepContext {
    /// Variables for the command's environment.
    pub variables: BTreeMap<String, String>,
    /// Values for `{sha}` and the like in `expect` and URLs.
    pub values: crate::template::Values,
    /// The targets that have the release, in the order in which they were written. Empty before the move.
    pub targets: Vec<StepTarget>,
}

/// A target that has the release, as what deploys from it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTarget {
    /// Which artifact; `None` for the only one.
    pub artifact: Option<ArtifactName>,
    /// Where.
    pub location: Location,
    /// The version that the write made, in a store that keeps versions.
    pub version: Option<VersionId>,
    /// The token of the write.
    pub token: Token,
    /// The digest.
    pub digest: Option<Digest>,
    /// The release.
    pub commit: CommitId,
    /// When it was committed: the store's clock where it is known, else the writer's.
    pub committed_at: DateTime<Utc>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepEnd {
    /// It did what it should.
    Succeeded,
    /// It ran, and says that the release is bad.
    Failed,
    /// It could not be run, so nothing is known about the release.
    Errored,
    /// It had not ended when its time was over.
    TimedOut,
    /// A newer execution replaced it.
    Superseded,
    /// The promotion was interrupted while it ran.
    Interrupted,
}

/// What a step leaves behind, kept in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepReport {
    /// How it ended.
    pub end: StepEnd,
    /// One line for people: `exit status 1`, `says 4c1d9e2`.
    pub summary: String,
    /// The last lines of its output, at most 4 KiB, secrets masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
    /// What it wrote to `$PROMOTE_OUTPUT`, at most 32 pairs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, String>,
    /// Whole seconds it took.
    pub took_s: u64,
}

/// Receives a step's output line by line while it runs. Lines are foreign text.
pub trait StepProgress: Send + Sync {
    /// A line of output, without its end.
    fn line(&self, line: &str);

    /// A change worth showing to everybody, in words of our own with foreign names in them made harmless.
    fn note(&self, note: &str) {
        self.line(note);
    }

    /// Ends when the step is to stop early: what it ran must not go on beside what comes instead. Never for one that
    /// nobody stops.
    fn stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// Runs steps.
#[async_trait]
pub trait StepRunner: Debug + Send + Sync {
    /// Runs one step to its end, to the end of `timeout`, or until [`StepProgress::stopped`]. Never fails: what goes
    /// wrong is in the report.
    async fn run(
        &self,
        step: &Step,
        context: &StepContext,
        timeout: Duration,
        progress: &dyn StepProgress,
    ) -> StepReport;

    /// Why a step is known not to go well with these targets, before they are written; `None` where that can't be told.
    /// Changes nothing.
    async fn unfit(&self, _step: &Step, _context: &StepContext) -> Option<ProviderError> {
        None
    }
}
