//! A step of an environment: a command, a request, a pipeline. How it is written in the file is told by `config`, and what
//! runs it is behind [`crate::port::StepRunner`].

use crate::names::{EvidenceName, escape};
use crate::template::Template;
use std::collections::BTreeMap;
use std::time::Duration;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub action: StepAction,
    /// Its own time-out.
    pub timeout: Option<Duration>,
    /// How often it is tried again.
    pub retries: u32,
    /// Further variables; a value `$NAME` is read from the environment when it runs.
    pub env: BTreeMap<String, String>,
    /// Its own folder.
    pub workdir: Option<Template>,
    /// The name under which its result is kept as evidence about the release.
    pub evidence: Option<EvidenceName>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepAction {
    /// A shell command, exactly as written: nothing is pasted into it.
    Run {
        /// The command.
        command: String,
        /// The exit status that means "there are changes".
        changed: Option<i32>,
        /// A file that is kept and hashed.
        saves: Option<String>,
    },
    /// Asks an address until the answer holds a text.
    Http {
        /// The address.
        url: Template,
        /// The text; `None` means any successful answer.
        expect: Option<Template>,
    },
    /// Follows executions of AWS CodePipeline.
    CodePipeline {
        /// The pipelines; one or more.
        names: Vec<Template>,
        /// Whether we start the execution, instead of waiting for the pipeline's own trigger.
        start: bool,
    },
    /// Dispatches a GitHub workflow.
    Github {
        /// The workflow's file.
        workflow: String,
        /// The ref it runs on.
        reference: Option<Template>,
    },
    /// Starts a GitLab pipeline.
    Gitlab {
        /// The project's path.
        project: String,
        /// The ref it runs on.
        reference: Option<Template>,
    },
    /// Waits for this many hosts.
    Receipts(u32),
}

impl Step {
    /// What it is, for people.
    pub fn name(&self) -> String {
        let text = match &self.action {
            StepAction::Run { command, .. } => command.trim().lines().next().unwrap_or_default().to_owned(),
            // A query may be a secret.
            StepAction::Http { url, .. } => url.to_string().split('?').next().unwrap_or_default().to_owned(),
            StepAction::CodePipeline { names, .. } => {
                let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                format!("CodePipeline {}", names.join(", "))
            }
            StepAction::Github { workflow, .. } => format!("GitHub workflow {workflow}"),
            StepAction::Gitlab { project, .. } => format!("GitLab pipeline of {project}"),
            StepAction::Receipts(count) => format!("{count} receipts"),
        };
        escape(&text)
    }
}
