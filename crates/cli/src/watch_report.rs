//! What came of following pipelines, of an answer in them, and of a stage that went back: the document of `promote watch`.

use promote_core::exit::ExitStatus;
use promote_core::ledger::ReleaseRef;
use promote_core::mirror::Mirrored;
use promote_core::names::EnvironmentName;
use promote_core::port::{StepEnd, StepReport};
use promote_core::report::Document;
use serde::Serialize;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WatchReport {
    schema: &'static str,
    /// The environment.
    pub(crate) environment: EnvironmentName,
    /// The release that is there.
    pub(crate) sha: String,
    /// What was answered: `NAME STAGE/ACTION approved`.
    pub(crate) answered: Option<String>,
    /// The stage that went back, or would.
    pub(crate) stage_rollback: Option<StageRollback>,
    /// How following ended; `null` when it was not followed.
    pub(crate) end: Option<StepEnd>,
    /// What was followed, in order.
    pub(crate) steps: Vec<StepReport>,
    /// The exit code.
    pub(crate) exit: u8,
}

impl WatchReport {
    /// One in which nothing has happened yet.
    pub(crate) fn of(environment: &EnvironmentName, release: &ReleaseRef) -> Self {
        Self {
            schema: Self::SCHEMA,
            environment: environment.clone(),
            sha: release.commit.to_string(),
            answered: None,
            stage_rollback: None,
            end: None,
            steps: Vec::new(),
            exit: ExitStatus::Ok.code(),
        }
    }
}

impl Document for WatchReport {
    const SCHEMA: &'static str = "promote/watch@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "environment", "sha", "answered", "stage_rollback", "end", "steps", "exit"];
}

/// A stage that went back, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StageRollback {
    /// The pipeline.
    pub(crate) pipeline: String,
    /// The stage.
    pub(crate) stage: String,
    /// The execution that was in the stage.
    pub(crate) from: String,
    /// The execution that the stage goes back to.
    pub(crate) to: String,
    /// What that one carried, as the pipeline shows it.
    pub(crate) carried: String,
    /// Whether nothing was done because of `--dry-run`.
    pub(crate) dry_run: bool,
    /// The execution that was started; `null` when none was.
    pub(crate) execution: Option<String>,
    /// Whether the ledger says that the release did not hold.
    pub(crate) recorded: bool,
    /// The deployments that the forge shows as failed for it.
    pub(crate) deployments: Vec<Mirrored>,
}
