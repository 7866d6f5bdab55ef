//! Whether the age of what is open or being deployed is all that keeps a promotion from taking it over.

use crate::plan::{Decision, Refusal};
use crate::request::{Request, TakeOver};
use crate::rule::Finding;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A take-over that has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooEarly {
    /// What is open or being deployed, by whom, and how old its last sign of life is. A lower-case fragment.
    pub what: String,
    /// From when on it may be taken over, by the ledger's store.
    pub opens: DateTime<Utc>,
    /// How long that is from the moment of looking.
    pub left: Duration,
    /// Whether nothing else refuses it.
    pub alone: bool,
}

/// Whether its age keeps a promotion from being taken over, and nothing that no rule could let pass.
pub fn too_early(decision: &Decision, request: &Request) -> Option<TooEarly> {
    let Decision::Refused(refusal) = decision else { return None };
    let Refusal { plan, obstacles, .. } = &**refusal;
    if request.take_over != TakeOver::WhenStale || !obstacles.is_empty() {
        return None;
    }
    let unmet = || plan.findings.iter().filter(|finding| !finding.passes());
    let young = unmet().find(|finding| is_of_age(finding))?;
    let opens = young.opens_at?;
    let left = (opens - plan.taken_at).to_std().unwrap_or_default();
    Some(TooEarly {
        what: young.detail.clone(),
        opens,
        left: left.max(Duration::from_millis(50)),
        alone: unmet().count() == 1,
    })
}

fn is_of_age(finding: &Finding) -> bool {
    matches!(finding.rule.as_str(), "unfinished" | "deploying")
}
