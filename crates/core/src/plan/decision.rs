//! What a request comes to, as data.

use super::document::Plan;
use crate::exit::ExitStatus;
use crate::ledger::OutcomeResult;

/// What may be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Just this.
    Allowed(Box<Plan>),
    /// It is there already.
    NothingToDo(Box<Nothing>),
    /// Not now, or not so.
    Refused(Box<Refusal>),
}

/// Why there is nothing to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Nothing {
    /// What would be written again by a redeployment.
    pub plan: Plan,
    /// Whether the deployment of what is there has not succeeded, so that resuming it may be wanted.
    pub pending: bool,
    /// How that deployment ended; `None` where its end is not recorded.
    pub ended: Option<OutcomeResult>,
}

/// Why a promotion is refused. An answer, not an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What would be done if the rules were met.
    pub plan: Plan,
    /// What cannot be got past at all, in words; empty when only rules are not met.
    pub obstacles: Vec<String>,
    /// The exit status that says so.
    pub exit: ExitStatus,
}

impl Decision {
    /// The plan inside: what would be done, may it be or not.
    pub fn plan(&self) -> &Plan {
        match self {
            Self::Allowed(plan) => plan,
            Self::NothingToDo(nothing) => &nothing.plan,
            Self::Refused(refusal) => &refusal.plan,
        }
    }
}
