//! Deployment pipelines that a vendor runs, as data: what a pipeline watches, its executions, what each action of one
//! came to, and what it waits for. Following one to its end is `promote-core`'s work.

use super::{ProviderError, VersionId};
use crate::location::Key;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::fmt::Debug;

/// What a pipeline is declared to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Its stages in order.
    pub stages: Vec<DeclaredStage>,
    /// What it takes from where.
    pub sources: Vec<Source>,
    /// What happens when an execution comes while another runs, in the vendor's word: `SUPERSEDED`, `QUEUED`,
    /// `PARALLEL`.
    pub mode: Option<String>,
}

/// A stage as it is declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredStage {
    /// Its name.
    pub name: String,
    /// Its actions.
    pub actions: Vec<DeclaredAction>,
}

/// An action as it is declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredAction {
    /// Its name.
    pub name: String,
    /// Whether it waits for a person.
    pub approval: bool,
    /// What that person is told.
    pub note: Option<String>,
    /// What that person is to look at.
    pub link: Option<String>,
}

/// A source action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The stage it is in.
    pub stage: String,
    /// Its name.
    pub action: String,
    /// What it watches.
    pub watches: Watched,
    /// Whether it looks for changes by itself; `None` where the declaration doesn't say.
    pub polls: Option<bool>,
    /// Whether whoever starts it may name another key of the bucket.
    pub any_key: bool,
}

/// What a started execution is to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The source action that takes it.
    pub action: String,
    /// The version of the object.
    pub version: VersionId,
    /// The object's key, where it is not the one that the action watches.
    pub key: Option<Key>,
}

/// What a source action watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// One object of a bucket of S3.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// Anything else, in words: `CodeStarSourceConnection`.
    Other(String),
}

/// How far an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExecutionStatus {
    /// It runs, or is in a state that this version does not know.
    InProgress,
    /// Somebody asked it to stop, and it has not yet.
    Stopping,
    /// Somebody stopped it.
    Stopped,
    /// It did everything.
    Succeeded,
    /// An action failed.
    Failed,
    /// A newer execution overtook it while it waited before a stage.
    Superseded,
    /// The pipeline was changed under it.
    Cancelled,
}

impl ExecutionStatus {
    /// Whether it will not change by itself any more.
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::InProgress | Self::Stopping)
    }
}

/// One run of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub status: ExecutionStatus,
    /// More about that, such as the reason for which it was stopped. Foreign text.
    pub why: Option<String>,
    /// When it began, by the vendor's clock.
    pub started_at: Option<DateTime<Utc>>,
    /// What it was started with. Empty until its source actions ran.
    pub revisions: Vec<Revision>,
    /// What started it: `PollForSourceChanges`.
    pub trigger: Option<String>,
}

/// What one source action of an execution took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision {
    /// The source action.
    pub action: String,
    /// Its identity. For S3, the object's version id.
    pub id: Option<String>,
    /// A line about it. Foreign text.
    pub summary: Option<String>,
}

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionStatus {
    /// It runs, or is in a state that this version does not know.
    InProgress,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It was left off when the execution was stopped.
    Abandoned,
}

/// One action of one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRun {
    /// Its stage.
    pub stage: String,
    /// Its name.
    pub action: String,
    /// How far it is.
    pub status: ActionStatus,
    /// When it began, by the vendor's clock.
    pub started_at: Option<DateTime<Utc>>,
    /// What it said, mostly when it failed. Foreign text.
    pub message: Option<String>,
    /// Where more can be read. Foreign text.
    pub link: Option<String>,
}

/// A stage as it is now, whatever execution is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageNow {
    /// Its name.
    pub name: String,
    /// The execution that is in it, or was last.
    pub execution: Option<String>,
    /// The executions that wait before it.
    pub inbound: Vec<String>,
    /// Set when nothing may enter it.
    pub closed: Option<Closed>,
    /// What waits for a person in it.
    pub waiting: Vec<Waiting>,
}

/// A transition that somebody disabled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closed {
    /// Why. Foreign text.
    pub reason: Option<String>,
    /// Who did it. Foreign text.
    pub by: Option<String>,
}

/// An action that waits for a person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its stage.
    pub stage: String,
    /// Its name.
    pub action: String,
    /// Says which wait the answer is for, so that an answer to an older one is refused.
    pub token: String,
    /// What the person is to look at. Foreign text.
    pub link: Option<String>,
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Yes or no.
    pub approved: bool,
    /// Why; the vendor keeps it. At most 512 characters.
    pub comment: String,
}

/// Runs pipelines. The calls that change something are never repeated by themselves.
#[async_trait]
pub trait Pipelines: Debug + Send + Sync {
    /// What the pipeline is declared to be.
    async fn describe(&self, pipeline: &str) -> Result<Declaration, ProviderError>;

    /// Its latest executions, newest first, at least twenty where there are so many; and of those that began at `since`
    /// or later, as many as the vendor tells of.
    async fn recent(
        &self,
        pipeline: &str,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<Execution>, ProviderError>;

    /// One execution. `None` when the pipeline has no such one, or does not know of it yet.
    async fn look(&self, pipeline: &str, execution: &str) -> Result<Option<Execution>, ProviderError>;

    /// What each action of an execution came to, in the order in which they began; the last attempt of each.
    async fn actions(&self, pipeline: &str, execution: &str) -> Result<Vec<ActionRun>, ProviderError>;

    /// The stages as they are now.
    async fn stages(&self, pipeline: &str) -> Result<Vec<StageNow>, ProviderError>;

    /// Starts an execution that takes these versions, each for the source action that is named, and gives its id.
    /// The same `token` again starts nothing and gives the same id.
    async fn start(&self, pipeline: &str, versions: &[Taken], token: &str) -> Result<String, ProviderError>;

    /// Answers an action that waits. `Conflict` when it was answered meanwhile.
    async fn answer(&self, pipeline: &str, waiting: &Waiting, verdict: &Verdict)
    -> Result<(), ProviderError>;

    /// Runs a stage again as it was in `execution`, which succeeded in it; gives the new execution's id.
    async fn roll_back_stage(
        &self,
        pipeline: &str,
        stage: &str,
        execution: &str,
    ) -> Result<String, ProviderError>;

    /// The page on which a person sees an execution.
    fn page(&self, _pipeline: &str, _execution: &str) -> Option<String> {
        None
    }
}
