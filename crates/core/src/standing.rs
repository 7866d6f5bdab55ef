//! What a command comes to that finds its release in place already: a second run ends as the first one did.

use crate::exit::ExitStatus;
use crate::ledger::{OutcomeResult, State};
use crate::names::EnvironmentName;

/// How a command ends whose deployment ended so.
pub(crate) const fn ended(result: OutcomeResult) -> ExitStatus {
    match result {
        OutcomeResult::Succeeded => ExitStatus::Ok,
        OutcomeResult::Failed | OutcomeResult::Errored | OutcomeResult::Superseded => {
            ExitStatus::DeployFailed
        }
        OutcomeResult::TimedOut => ExitStatus::Timeout,
        OutcomeResult::Interrupted => ExitStatus::Interrupted,
    }
}

/// How a command ends that finds its release in place: as the one ended that brought it there. `waits`: whether it would
/// wait for a deployment, and so can't pass over one of which nobody knows how it ended.
pub fn exit(state: &State, waits: bool) -> ExitStatus {
    let Some(current) = state.current.as_ref().filter(|_| state.committed.is_some()) else {
        // What was adopted was deployed by no promotion.
        return ExitStatus::Ok;
    };
    match current.outcome {
        _ if current.verified.is_some() => ExitStatus::Ok,
        // Nobody stops this run: that the first one was stopped means that nobody knows.
        Some(OutcomeResult::Interrupted) => ExitStatus::Timeout,
        Some(result) => ended(result),
        None if waits => ExitStatus::Timeout,
        None => ExitStatus::Ok,
    }
}

/// How a deployment that has not succeeded ended, in words for people.
pub const fn word(outcome: Option<OutcomeResult>) -> &'static str {
    match outcome {
        None => "its deployment has no recorded end",
        Some(OutcomeResult::Succeeded) => "its deployment succeeded",
        Some(OutcomeResult::Failed) => "its deployment failed",
        Some(OutcomeResult::Errored) => "whether its deployment succeeded is unknown",
        Some(OutcomeResult::TimedOut) => "its deployment timed out",
        Some(OutcomeResult::Superseded) => "its deployment was superseded",
        Some(OutcomeResult::Interrupted) => "its deployment was interrupted",
    }
}

/// Why a deployment that has not succeeded counts as it does, for people; `None` where there is nothing to say.
pub fn unsettled(environment: &EnvironmentName, state: &State) -> Option<String> {
    let current = state.current.as_ref().filter(|current| current.verified.is_none())?;
    if current.outcome == Some(OutcomeResult::Succeeded) {
        return None;
    }
    let how = word(current.outcome);
    Some(format!("{how}: `promote resume {environment}` runs its steps again"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::ledger::{Deployed, Moment, Seq};

    fn state(outcome: Option<OutcomeResult>, follows: bool) -> State {
        let at = Moment { seq: Seq(3), at: chrono::DateTime::UNIX_EPOCH, stored: None };
        let current = Deployed {
            release: None,
            promotion: None,
            action: None,
            by: "ann".to_owned(),
            since: at,
            claimed: None,
            verified: (outcome == Some(OutcomeResult::Succeeded)).then_some(at),
            outcome,
            follows,
            targets: Vec::new(),
        };
        State { current: Some(current), committed: Some(Digest::of(b"commit")), ..State::default() }
    }

    #[test]
    fn what_is_in_place_ends_as_the_deployment_that_brought_it() {
        for (outcome, waiting, not_waiting) in [
            (Some(OutcomeResult::Succeeded), ExitStatus::Ok, ExitStatus::Ok),
            (Some(OutcomeResult::Failed), ExitStatus::DeployFailed, ExitStatus::DeployFailed),
            (Some(OutcomeResult::Errored), ExitStatus::DeployFailed, ExitStatus::DeployFailed),
            (Some(OutcomeResult::Superseded), ExitStatus::DeployFailed, ExitStatus::DeployFailed),
            (Some(OutcomeResult::TimedOut), ExitStatus::Timeout, ExitStatus::Timeout),
            (Some(OutcomeResult::Interrupted), ExitStatus::Timeout, ExitStatus::Timeout),
            (None, ExitStatus::Timeout, ExitStatus::Ok),
        ] {
            let state = state(outcome, true);
            assert_eq!((exit(&state, true), exit(&state, false)), (waiting, not_waiting), "{outcome:?}");
            let said = unsettled(&"prod".parse().unwrap(), &state);
            assert_eq!(said.is_none(), outcome == Some(OutcomeResult::Succeeded), "{outcome:?}: {said:?}");
        }
    }

    #[test]
    fn what_was_adopted_or_is_not_there_at_all_is_no_failure() {
        let adopted = State { committed: None, ..state(None, false) };
        assert_eq!(exit(&adopted, true), ExitStatus::Ok);
        assert_eq!(exit(&State::default(), true), ExitStatus::Ok);
    }
}
