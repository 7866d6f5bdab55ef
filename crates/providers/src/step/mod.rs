//! Running the steps around a move: shell commands, and waiting for an address to say something. What this version
//! can't run is reported as an error of the step, so that nothing passes that was not done.

mod collected;
mod command;
mod folder;
mod http;
mod masked;
mod outputs;
mod pipeline;
mod process_group;
#[cfg(test)]
mod tests;
mod watcher;

pub use masked::Secrets;
pub(crate) use masked::is_secret;

use crate::{Interruption, PipelineAccess, SystemClock, Variables};
use async_trait::async_trait;
use promote_core::config::{Step, StepAction};
use promote_core::port::{Clock, ProviderError, StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs steps on this machine.
#[derive(Debug, Clone)]
pub struct SystemSteps {
    base: PathBuf,
    variables: Variables,
    interruption: Interruption,
    first_wait: Duration,
    pipelines: PipelineAccess,
    clock: Arc<dyn Clock>,
    /// Values of variables that other steps refer to.
    hidden: Vec<String>,
}

/// How a step ended, before it is put into a report.
#[derive(Debug)]
pub(crate) struct Ended {
    end: StepEnd,
    summary: String,
    tail: String,
    outputs: BTreeMap<String, String>,
}

impl Ended {
    fn new(end: StepEnd, summary: impl Into<String>) -> Self {
        Self { end, summary: summary.into(), tail: String::new(), outputs: BTreeMap::new() }
    }

    /// It could not be run.
    fn errored(summary: impl Into<String>) -> Self {
        Self::new(StepEnd::Errored, summary)
    }
}

impl SystemSteps {
    /// `base` is the folder of `promote.toml`: commands run there or below. `variables` are given to commands, and
    /// `$NAME` is looked up in them. When `interruption` comes, the running step is ended.
    pub fn new(base: impl Into<PathBuf>, variables: Variables, interruption: Interruption) -> Self {
        Self {
            base: base.into(),
            variables,
            interruption,
            first_wait: Duration::from_secs(1),
            pipelines: PipelineAccess::default(),
            clock: Arc::new(SystemClock),
            hidden: Vec::new(),
        }
    }

    /// The same, hiding the values of these variables in what any step says: what one step refers to, another may say.
    #[must_use]
    pub fn hiding<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.hidden =
            names.into_iter().filter_map(|name| self.variables.get(name)).map(str::to_owned).collect();
        self
    }

    /// What a step that refers to these values must not say.
    fn secrets<'v>(&'v self, referred: impl IntoIterator<Item = &'v str>) -> Secrets {
        Secrets::new(&self.variables, self.hidden.iter().map(String::as_str).chain(referred))
    }

    /// The same with a way to pipelines; without it, they are reached as this machine is set up.
    #[must_use]
    pub fn with_pipelines(mut self, pipelines: PipelineAccess) -> Self {
        self.pipelines = pipelines;
        self
    }
}

#[async_trait]
impl StepRunner for SystemSteps {
    async fn run(
        &self,
        step: &Step,
        context: &StepContext,
        timeout: Duration,
        progress: &dyn StepProgress,
    ) -> StepReport {
        let begun = Instant::now();
        let cannot = |what: &str| Ended::errored(format!("this version of promote can't {what}"));
        let ended = match &step.action {
            StepAction::Run { command, changed, saves } => {
                let run = command::Run { text: command, changed: *changed, saves: saves.as_deref() };
                command::run(self, step, &run, context, timeout, progress).await
            }
            StepAction::Http { url, expect } => {
                http::wait(self, url, expect.as_ref(), context, timeout, progress).await
            }
            StepAction::CodePipeline { names, start } => {
                pipeline::run(self, names, *start, context, timeout, progress).await
            }
            StepAction::Github { .. } => cannot("run GitHub workflows"),
            StepAction::Gitlab { .. } => cannot("run GitLab pipelines"),
            StepAction::Receipts(_) => cannot("wait for receipts of hosts"),
        };
        StepReport {
            end: ended.end,
            summary: ended.summary,
            tail: ended.tail,
            outputs: ended.outputs,
            took_s: begun.elapsed().as_secs(),
        }
    }

    async fn unfit(&self, step: &Step, context: &StepContext) -> Option<ProviderError> {
        match &step.action {
            StepAction::CodePipeline { names, start } => pipeline::unfit(self, names, *start, context).await,
            _ => None,
        }
    }
}
