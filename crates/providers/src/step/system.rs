//! What running steps on this machine needs, and how each ends. What is run is told beside it.

use super::masked::Secrets;
use crate::forge::Access;
use crate::{Interruption, PipelineAccess, SystemClock, Variables};
use promote_core::port::{Clock, StepEnd};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Runs steps on this machine.
#[derive(Debug, Clone)]
pub struct SystemSteps {
    pub(super) base: PathBuf,
    pub(super) variables: Variables,
    pub(super) interruption: Interruption,
    #[cfg_attr(
        not(any(feature = "http-step", feature = "forge")),
        expect(dead_code, reason = "only addresses and forges are asked again")
    )]
    pub(super) first_wait: Duration,
    pub(super) pipelines: PipelineAccess,
    #[cfg_attr(not(feature = "forge"), expect(dead_code, reason = "nothing is started there"))]
    pub(super) forge: Option<Access>,
    pub(super) clock: Arc<dyn Clock>,
    /// Values of variables that other steps refer to.
    hidden: Vec<String>,
}

/// How a step ended, before it is put into a report.
#[derive(Debug)]
pub(super) struct StepOutcome {
    pub(super) end: StepEnd,
    pub(super) summary: String,
    pub(super) tail: String,
    pub(super) outputs: BTreeMap<String, String>,
}

impl StepOutcome {
    pub(super) fn new(end: StepEnd, summary: impl Into<String>) -> Self {
        Self { end, summary: summary.into(), tail: String::new(), outputs: BTreeMap::new() }
    }

    /// It could not be run.
    pub(super) fn errored(summary: impl Into<String>) -> Self {
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
            forge: None,
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
    pub(super) fn secrets<'v>(&'v self, referred: impl IntoIterator<Item = &'v str>) -> Secrets {
        Secrets::new(&self.variables, self.hidden.iter().map(String::as_str).chain(referred))
    }

    /// The same with a way to the forge where steps start runs; without it, none can.
    #[must_use]
    pub fn with_forge(mut self, access: Option<Access>) -> Self {
        self.forge = access;
        self
    }

    /// The same with a way to pipelines; without it, they are reached as this machine is set up.
    #[must_use]
    pub fn with_pipelines(mut self, pipelines: PipelineAccess) -> Self {
        self.pipelines = pipelines;
        self
    }
}
