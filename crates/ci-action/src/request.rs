//! From inputs to what is asked: which act, and a promotion with its terms. How it is carried out is in `options`.

use crate::input::{InputError, Inputs};
use promote::{Error, ExitStatus, Failure, Promotion, TakeOver};
use promote_core::names::EnvironmentName;
use promote_core::reason;
use std::fmt::Display;

/// The environment's names.
pub(crate) const TO: &[&str] = &["to", "environment", "ecr_tag"];

/// The release's names.
pub(crate) const RELEASE: &[&str] = &["version", "release", "commit_sha", "sha"];

/// What the action is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Move a release.
    Promote,
    /// Say what would be moved.
    Plan,
    /// Say what runs where.
    Status,
    /// Compare targets with the ledger.
    Verify,
    /// Put an earlier release back.
    Rollback,
    /// Say that a release may go somewhere.
    Approve,
    /// Say that it may not.
    Reject,
    /// Put a release in place.
    Publish,
    /// Move whatever is automatic and open.
    Advance,
    /// Put the programs on the job's path.
    Install,
}

impl Act {
    /// What the inputs ask for.
    ///
    /// # Errors
    /// When it is nothing that there is, or a boolean is none.
    pub fn of(inputs: &Inputs<'_>) -> Result<Self, Failure> {
        let given = inputs.text(&["do", "command"]).map_err(wrong)?.unwrap_or("promote");
        let act = match given {
            "promote" => Self::Promote,
            "plan" => Self::Plan,
            "status" => Self::Status,
            "verify" => Self::Verify,
            "rollback" => Self::Rollback,
            "approve" => Self::Approve,
            "reject" => Self::Reject,
            "publish" => Self::Publish,
            "advance" => Self::Advance,
            "install" => Self::Install,
            other => {
                let shown = promote_core::names::escape(other);
                return Err(Failure::new(
                    ExitStatus::Usage,
                    format!("`{shown}` is nothing that this action does"),
                )
                .hint("it does promote, plan, status, verify, rollback, approve, reject, publish, advance and install"));
            }
        };
        Ok(act)
    }

    /// Whether it may change something, so that it matters who acts.
    pub(crate) const fn changes(self) -> bool {
        !matches!(self, Self::Plan | Self::Status | Self::Verify | Self::Install)
    }
}

/// An input that can't be used, as a failure.
pub(crate) fn wrong(error: InputError) -> Failure {
    Failure::new(ExitStatus::Usage, error.to_string())
}

fn misnamed(error: impl Display) -> Failure {
    Failure::new(ExitStatus::Usage, error.to_string())
}

/// The environments that a look is limited to.
pub(crate) fn environments(inputs: &Inputs<'_>) -> Result<Vec<EnvironmentName>, Failure> {
    inputs.text(TO).map_err(wrong)?;
    let given = TO.iter().map(|name| inputs.lines(name)).find(|lines| !lines.is_empty());
    given.unwrap_or_default().into_iter().map(|name| name.parse().map_err(misnamed)).collect()
}

/// The environment that is asked for.
pub(crate) fn environment(inputs: &Inputs<'_>) -> Result<EnvironmentName, Failure> {
    inputs.needed(TO).map_err(wrong)?.parse().map_err(misnamed)
}

/// A promotion or rollback, with its terms.
pub(crate) fn promotion(act: Act, inputs: &Inputs<'_>) -> Result<Promotion, Failure> {
    let environment = environment(inputs)?;
    let mut promotion = Promotion::to(environment.as_str()).map_err(Error::into_failure)?.rejoining();
    if let Some(text) = inputs.text(RELEASE).map_err(wrong)? {
        promotion = promotion.release(text).map_err(Error::into_failure)?;
    }
    if inputs.boolean("take-over", false).map_err(wrong)? && act == Act::Rollback {
        promotion = promotion.take_over(TakeOver::Confirmed);
    }
    let given = Some(inputs.get("reason")).filter(|reason| !reason.is_empty());
    // Who reads this has inputs, and no flags.
    let unsaid = |failure| Failure {
        hints: vec!["say why in a few words in the input `reason`".to_owned()],
        ..failure
    };
    if let Some(reason) = given {
        promotion = promotion.reason(reason).map_err(|error| unsaid(error.into_failure()))?;
    }
    for (name, text) in inputs.pairs("notes").map_err(wrong)? {
        promotion = promotion.note(&name, &text);
    }
    for line in inputs.lines("include") {
        promotion = promotion.include(line).map_err(Error::into_failure)?;
    }
    // A form's field has one line.
    let rules = inputs.lines("override").into_iter().flat_map(|line| line.split(','));
    for name in rules.map(str::trim).filter(|name| !name.is_empty()) {
        let reason = reason::needed(given, "an override").map_err(unsaid)?;
        promotion = promotion.going_past(name, &reason).map_err(Error::into_failure)?;
    }
    Ok(promotion)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked of by an `override` as it was given.
    fn going_past(given: &str) -> Result<Promotion, Failure> {
        let variables = [("INPUT_TO", "prod"), ("INPUT_REASON", "INC-7"), ("INPUT_OVERRIDE", given)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        promotion(Act::Promote, &Inputs::new(&variables))
    }

    #[test]
    fn a_rule_that_nobody_goes_past_is_not_called_unknown() {
        let refused = going_past("shared-target").unwrap_err();
        assert_eq!(refused.exit, ExitStatus::Usage);
        assert_eq!(refused.message, "the rule `shared-target` can't be overridden");
        assert_eq!(going_past("soka").unwrap_err().hints, ["did you mean `soak`?"]);
    }

    #[test]
    fn a_reason_that_is_none_is_answered_by_the_name_of_the_input() {
        for (reason, rules) in [("..", ""), ("", "soak"), ("..", "soak")] {
            let variables = [("INPUT_TO", "prod"), ("INPUT_REASON", reason), ("INPUT_OVERRIDE", rules)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
            let refused = promotion(Act::Promote, &Inputs::new(&variables)).unwrap_err();
            assert_eq!(refused.hints, ["say why in a few words in the input `reason`"], "{reason} {rules}");
        }
    }

    #[test]
    fn rules_to_go_past_are_one_a_line_or_with_commas() {
        for (given, wanted) in [
            ("soak", vec!["soak"]),
            ("soak, freeze", vec!["soak", "freeze"]),
            ("soak\nfreeze,,order ,", vec!["soak", "freeze", "order"]),
            (" , ", vec![]),
        ] {
            let promotion = going_past(given).unwrap();
            let rules: Vec<&str> = promotion.rules().collect();
            assert_eq!(rules, wanted, "{given}");
        }
    }
}
