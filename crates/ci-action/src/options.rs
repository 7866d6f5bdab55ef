//! How an act is to be carried out, as the inputs say. All of them are read before anything is done.

use crate::input::Inputs;
use crate::request::wrong;
use promote::Failure;

/// How an act is to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// Only say what would be done.
    pub(crate) dry_run: bool,
    /// Wait for what follows from the move.
    pub(crate) wait: bool,
    /// A rule that is not met is a warning.
    pub(crate) neutral: bool,
    /// What is published may be built in a work tree that is not the commit's.
    pub(crate) allow_dirty: bool,
    /// What is published may be a merge that is only tried out.
    pub(crate) allow_unmerged: bool,
}

impl Options {
    /// What the inputs ask for.
    pub(crate) fn of(inputs: &Inputs<'_>) -> Result<Self, Failure> {
        inputs.boolean("summary", true).map_err(wrong)?;
        inputs.boolean("ledger", false).map_err(wrong)?;
        Ok(Self {
            dry_run: inputs.boolean("dry-run", false).map_err(wrong)?,
            wait: inputs.boolean("wait", true).map_err(wrong)?,
            neutral: inputs.word("on-blocked", &["fail", "neutral"]).map_err(wrong)? == "neutral",
            allow_dirty: inputs.boolean("allow-dirty", false).map_err(wrong)?,
            allow_unmerged: inputs.boolean("allow-unmerged", false).map_err(wrong)?,
        })
    }
}
