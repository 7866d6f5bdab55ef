//! Following what a move set off in pipelines that a vendor runs: finding the executions that our write started, or
//! starting them, and waiting for their ends. It reads through [`Pipelines`] and waits on a [`Clock`], nothing else.
//! Which execution is ours is decided in `matching`; what a person reads is worded in `messages`.

mod answering;
mod matching;
mod messages;
mod one;
mod returning;
mod several;
#[cfg(test)]
mod tests;

pub use answering::{Waits, waits};
pub use matching::{Places, Wanted, differs, near, ours, wanted, watches};
pub use messages::{elsewhere, plain, unversioned};
pub use returning::{Return, earlier};

use crate::port::{Clock, Pipelines, StepEnd, StepTarget};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often is looked, and after what times something is said or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The wait before looking again after a change; it grows while nothing changes.
    pub first: Duration,
    /// The longest wait between two looks.
    pub look: Duration,
    /// The longest wait after failures.
    pub longest: Duration,
    /// After what time without an execution its likely causes are named.
    pub hint: Duration,
    /// After what time without an execution of ours, although a later one took another version, ours counts as
    /// skipped.
    pub skipped: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            look: Duration::from_secs(10),
            longest: Duration::from_secs(60),
            hint: Duration::from_secs(60),
            skipped: Duration::from_secs(180),
        }
    }
}

/// What is to be followed.
#[derive(Debug, Clone, Copy)]
pub struct Follow<'f> {
    /// Where pipelines run.
    pub pipelines: &'f dyn Pipelines,
    /// The time.
    pub clock: &'f dyn Clock,
    /// The pipelines' names.
    pub names: &'f [String],
    /// What was written.
    pub targets: &'f [StepTarget],
    /// The environment, for what a person may type next.
    pub environment: &'f str,
    /// The promotion for which executions are to be started; `None` to wait for the pipelines' own triggers.
    pub start: Option<&'f str>,
    /// The executions that are to be followed, by pipeline, where they are known: none is looked for there.
    pub known: &'f BTreeMap<String, String>,
    /// The longest time for all of it.
    pub timeout: Duration,
    /// How often to look.
    pub pace: Pace,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// How it ended: the worst end among the pipelines.
    pub end: StepEnd,
    /// One line: the stage, the action and its message where something went wrong.
    pub summary: String,
    /// More lines: links, hints, what the other pipelines came to.
    pub detail: Vec<String>,
    /// The execution of each pipeline: `execution.NAME`.
    pub executions: BTreeMap<String, String>,
}

/// What came of one pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) end: StepEnd,
    pub(crate) summary: String,
    pub(crate) detail: Vec<String>,
    pub(crate) execution: Option<String>,
}
