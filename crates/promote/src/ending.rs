//! How a promotion ended: what happened, the exit status, and the documents that say so.

use promote_core::exit::ExitStatus;
use promote_core::flow::Done;
use promote_core::ledger::{Actor, State};
use promote_core::mirror::Mirrored;
use promote_core::plan::{Decision, Plan, saved};
use promote_core::report::{DecisionReport, OutcomeReport};
use std::fmt;
use std::process::{ExitCode, Termination};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// It was only asked what would be done, and it may be done.
    Planned,
    /// The release is there already; nothing was done.
    Unchanged,
    /// A rule is not met, or something else is in the way; nothing was changed.
    Refused,
    /// The release was moved, and what follows did not fail.
    Moved,
    /// The release was moved, and its deployment did not succeed; what was there before may have been put back.
    Failed,
}

/// How a promotion ended. A program whose `main` gives it exits as the command does.
///
/// ```no_run
/// use promote::{Ended, ExitStatus, Promotion};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let ending = promote::open(".").build()?.promote(Promotion::to("prod")?).await?;
/// if ending.ended == Ended::Refused {
///     for rule in ending.decision().unmet() {
///         eprintln!("{}: {}", rule.rule, rule.detail);
///     }
/// }
/// println!("{}", ending.json());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use = "a refusal and a failed deployment are endings, too"]
pub struct Ending {
    /// What happened.
    pub ended: Ended,
    /// What a command that ends so exits with. Of one that succeeded and was stopped afterwards, while the forge was told of
    /// it, that is the status of the stop.
    pub exit: ExitStatus,
    /// The deployments that the project's forge shows of it.
    pub deployments: Vec<Mirrored>,
    /// What could not be done beside it, one sentence each: the forge could not be told, or somebody stopped that.
    pub warnings: Vec<String>,
    pub(crate) by: Actor,
    pub(crate) decision: DecisionReport,
    pub(crate) decided: Decision,
    pub(crate) outcome: Option<OutcomeReport>,
    pub(crate) done: Option<Box<Done>>,
    pub(crate) before: State,
}

impl Ending {
    /// What was decided, with every rule's answer.
    pub fn decision(&self) -> &DecisionReport {
        &self.decision
    }

    /// What came of it, where something was moved.
    pub fn outcome(&self) -> Option<&OutcomeReport> {
        self.outcome.as_ref()
    }

    /// The plan that was carried out, or would be.
    pub fn plan(&self) -> &Plan {
        self.done.as_ref().map_or_else(|| self.decided.plan(), |done| &done.plan)
    }

    /// What was decided, as the core has it.
    pub fn decided(&self) -> &Decision {
        &self.decided
    }

    /// What was done, as the core has it.
    pub fn done(&self) -> Option<&Done> {
        self.done.as_deref()
    }

    /// Who acted, as it is recorded.
    pub fn by(&self) -> &Actor {
        &self.by
    }

    /// What the ledger said of the environment before.
    pub fn before(&self) -> &State {
        &self.before
    }

    /// The plan as a text that [`Promotion::of_plan`](crate::Promotion::of_plan) carries out later, exactly or not at all;
    /// `None` where there is nothing to do.
    ///
    /// # Errors
    /// When it can't be done at all.
    pub fn saved(&self) -> Result<Option<String>, crate::Error> {
        Ok(saved::text(&self.decided)?)
    }

    /// The document as JSON: what came of it where something was moved, else what was decided.
    pub fn json(&self) -> String {
        let text = match &self.outcome {
            Some(outcome) => serde_json::to_string_pretty(outcome),
            None => serde_json::to_string_pretty(&self.decision),
        };
        promote_core::names::visible_json(&text.unwrap_or_default())
    }

    /// One line for people.
    pub fn headline(&self) -> String {
        self.outcome.as_ref().map_or_else(|| self.decision.headline(), OutcomeReport::headline)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())
    }
}

impl Termination for Ending {
    fn report(self) -> ExitCode {
        self.exit.into()
    }
}
