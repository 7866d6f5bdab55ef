//! What became of the automatic environments, as a document.

use super::{Document, Moved};
use crate::config::Config;
use crate::exit::ExitStatus;
use serde::Serialize;

/// `promote advance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdvanceReport {
    /// What this is.
    pub schema: &'static str,
    /// The project.
    pub project: String,
    /// Whether nothing was moved because only looking was asked for.
    pub dry_run: bool,
    /// The automatic environments in order, one for each target.
    pub environments: Vec<Moved>,
    /// How it ends.
    pub exit: ExitStatus,
}

impl Document for AdvanceReport {
    const SCHEMA: &'static str = "promote/advance@1";
    const FIELDS: &'static [&'static str] = &["schema", "project", "dry_run", "environments", "exit"];
}

impl AdvanceReport {
    /// Of what became of each. That a rule keeps an environment from moving is no failure, unless `strict`.
    pub fn of(config: &Config, dry_run: bool, environments: Vec<Moved>, strict: bool) -> Self {
        let counts = |moved: &&Moved| strict || moved.exit != ExitStatus::Blocked;
        let exit = environments.iter().filter(counts).map(|moved| moved.exit).max().unwrap_or(ExitStatus::Ok);
        Self { schema: Self::SCHEMA, project: config.project.to_string(), dry_run, environments, exit }
    }
}
