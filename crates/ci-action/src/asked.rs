//! From inputs to what is asked.

use crate::input::{InputError, Inputs};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, Override};
use promote_core::names::EnvironmentName;
use promote_core::reason;
use promote_core::request::{Request, TakeOver, Wanted};
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
            "publish" => Self::Publish,
            "advance" => Self::Advance,
            "install" => Self::Install,
            other => {
                let shown = promote_core::names::shown(other);
                return Err(Failure::new(
                    ExitStatus::Usage,
                    format!("`{shown}` is nothing that this action does"),
                )
                .hint("it does promote, plan, status, verify, rollback, publish, advance and install"));
            }
        };
        Ok(act)
    }

    /// Whether it may change something, so that it matters who acts.
    pub(crate) const fn changes(self) -> bool {
        matches!(self, Self::Promote | Self::Rollback | Self::Publish | Self::Advance)
    }
}

/// How a promotion is to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
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

impl Manner {
    /// What the inputs ask for. All of them are read before anything is done.
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
pub(crate) fn request(act: Act, inputs: &Inputs<'_>, actor: Actor) -> Result<Request, Failure> {
    let environment = environment(inputs)?;
    let wanted = match inputs.text(RELEASE).map_err(wrong)? {
        None => Wanted::Unnamed,
        Some(text) => text.parse().map_err(misnamed)?,
    };
    let mut request = match act {
        Act::Rollback => Request::rollback(environment, wanted, actor),
        _ => Request::promote(environment, wanted, actor),
    };
    if inputs.boolean("take-over", false).map_err(wrong)? && act == Act::Rollback {
        request.take_over = TakeOver::Confirmed;
    }
    let given = Some(inputs.get("reason")).filter(|reason| !reason.is_empty());
    request.reason = reason::allowed(given)?;
    request.notes = inputs.pairs("notes").map_err(wrong)?;
    for line in inputs.lines("include") {
        request.include.push(line.parse().map_err(misnamed)?);
    }
    // A form's field has one line.
    let rules = inputs.lines("override").into_iter().flat_map(|line| line.split(','));
    for name in rules.map(str::trim).filter(|name| !name.is_empty()) {
        let reason = reason::needed(given, "an override")
            .map_err(|failure| Failure { hints: vec!["give the input `reason`".to_owned()], ..failure })?;
        let rule = promote_core::rule::to_override(name)?;
        request.overrides.push(Override { rule: rule.name.to_owned(), reason });
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked of by an `override` as it was given.
    fn going_past(given: &str) -> Result<Request, Failure> {
        let variables = [("INPUT_TO", "prod"), ("INPUT_REASON", "INC-7"), ("INPUT_OVERRIDE", given)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let actor = Actor::claimed("mona", "github-actions");
        request(Act::Promote, &Inputs::new(&variables), actor)
    }

    #[test]
    fn a_rule_that_nobody_goes_past_is_not_called_unknown() {
        let refused = going_past("shared-target").unwrap_err();
        assert_eq!(refused.exit, ExitStatus::Usage);
        assert_eq!(refused.message, "the rule `shared-target` can't be overridden");
        assert_eq!(going_past("soka").unwrap_err().hints, ["did you mean `soak`?"]);
    }

    #[test]
    fn rules_to_go_past_are_one_a_line_or_with_commas() {
        for (given, wanted) in [
            ("soak", vec!["soak"]),
            ("soak, freeze", vec!["soak", "freeze"]),
            ("soak\nfreeze,,order ,", vec!["soak", "freeze", "order"]),
            (" , ", vec![]),
        ] {
            let request = going_past(given).unwrap();
            let rules: Vec<&str> = request.overrides.iter().map(|one| one.rule.as_str()).collect();
            assert_eq!(rules, wanted, "{given}");
        }
    }
}
