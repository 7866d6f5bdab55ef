//! Running the steps around a move: shell commands, and waiting for an address to say something. What this version
//! can't run is reported as an error of the step, so that nothing passes that was not done.

mod collected;
mod command;
mod disguised;
mod folder;
#[cfg(feature = "forge")]
mod forge_run;
mod given;
#[cfg(feature = "http-step")]
mod http;
mod masked;
mod outputs;
#[cfg(feature = "http-step")]
mod pauses;
mod pipeline;
mod process_group;
mod system;
#[cfg(test)]
#[cfg(feature = "http-step")]
mod tests;
mod watcher;

pub use masked::Secrets;
pub use system::SystemSteps;

use async_trait::async_trait;
#[cfg(feature = "forge")]
use promote_core::config::ForgeKind;
use promote_core::config::{Step, StepAction};
use promote_core::port::{ProviderError, StepContext, StepProgress, StepReport, StepRunner};
use std::time::{Duration, Instant};
use system::StepOutcome;

/// What a build without the feature can't do.
#[cfg(not(feature = "http-step"))]
const ASKING: &str = "ask an address: its feature `http-step` is off";

/// What a build without the feature can't do.
#[cfg(not(feature = "forge"))]
const STARTING: &str = "start runs on a forge: its feature `forge` is off";

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
        let cannot = |what: &str| StepOutcome::errored(format!("this version of promote can't {what}"));
        let ended = match &step.action {
            StepAction::Run { command, changed, saves } => {
                let run = command::Run { text: command, changed: *changed, saves: saves.as_deref() };
                command::run(self, step, &run, context, timeout, progress).await
            }
            #[cfg(feature = "http-step")]
            StepAction::Http { url, expect } => {
                http::wait(self, url, expect.as_ref(), context, timeout, progress).await
            }
            StepAction::CodePipeline { names, start } => {
                pipeline::run(self, names, *start, context, timeout, progress).await
            }
            #[cfg(not(feature = "http-step"))]
            StepAction::Http { .. } => cannot(ASKING),
            #[cfg(feature = "forge")]
            StepAction::Github { workflow, reference } => {
                let (kind, reference) = (ForgeKind::Github, reference.as_ref());
                let wanted = forge_run::ForgeRun { kind, name: workflow, reference };
                forge_run::run(self, step, wanted, context, timeout, progress).await
            }
            #[cfg(feature = "forge")]
            StepAction::Gitlab { project, reference } => {
                let (kind, reference) = (ForgeKind::Gitlab, reference.as_ref());
                let wanted = forge_run::ForgeRun { kind, name: project, reference };
                forge_run::run(self, step, wanted, context, timeout, progress).await
            }
            #[cfg(not(feature = "forge"))]
            StepAction::Github { .. } | StepAction::Gitlab { .. } => cannot(STARTING),
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
            #[cfg(not(feature = "http-step"))]
            StepAction::Http { url, .. } => {
                let what = format!("this build of promote can't {ASKING}");
                Some(ProviderError::new(promote_core::port::ErrorKind::Invalid, "step", url.as_str(), what))
            }
            #[cfg(not(feature = "forge"))]
            StepAction::Github { .. } | StepAction::Gitlab { .. } => {
                let what = format!("this build of promote can't {STARTING}");
                Some(ProviderError::new(promote_core::port::ErrorKind::Invalid, "step", "forge", what))
            }
            _ => None,
        }
    }
}
