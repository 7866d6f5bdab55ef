//! A command line as somebody types it: what a hint names, with every term that the command needs, safe to paste into a
//! shell. Which command helps is decided where the hint is made.

pub use promote_port::shell::quoted;

use crate::config::{Config, Environment};
use crate::names::EnvironmentName;
use crate::request::Terms;
use std::fmt;

/// One command line. Shown, its words are quoted where a shell would make something else of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation(Vec<String>);

impl Invocation {
    /// `promote COMMAND`.
    pub fn new(command: &str) -> Self {
        Self(vec!["promote".to_owned(), command.to_owned()])
    }

    /// `promote COMMAND ENV`, with the environments that read the same target and move along.
    pub fn along(command: &str, config: &Config, environment: &Environment) -> Self {
        Self::new(command).word(&environment.name).including(&others(config, environment))
    }

    /// `promote rollback ENV`, with those of `names` that are another environment.
    pub fn back(environment: &EnvironmentName, names: &[EnvironmentName]) -> Self {
        let others: Vec<EnvironmentName> =
            names.iter().filter(|name| *name != environment).cloned().collect();
        Self::new("rollback").word(environment).including(&others)
    }

    /// With one more word.
    #[must_use]
    pub fn word(mut self, word: impl fmt::Display) -> Self {
        self.0.push(word.to_string());
        self
    }

    /// With a flag and its value.
    #[must_use]
    pub fn option(self, flag: &str, value: impl fmt::Display) -> Self {
        self.word(flag).word(value)
    }

    /// With the environments that move along.
    #[must_use]
    pub fn including(self, names: &[EnvironmentName]) -> Self {
        names.iter().fold(self, |line, name| line.option("--include", name))
    }

    /// With an override of each rule that is not met, and the reason that they need.
    #[must_use]
    pub fn past(self, rules: &[(bool, &str)]) -> Self {
        let named = || rules.iter().filter(|(unmet, _)| *unmet);
        let line = named().fold(self, |line, (_, rule)| line.option("--override", rule));
        if named().next().is_some() { line.option("--reason", "TEXT") } else { line }
    }

    /// With everything that a request may say beside the release.
    #[must_use]
    pub fn terms(self, terms: &Terms) -> Self {
        let line = self.including(&terms.include);
        let line = terms.overrides.iter().fold(line, |line, one| line.option("--override", &one.rule));
        let line = terms.reason.iter().fold(line, |line, reason| line.option("--reason", reason));
        let notes = terms.notes.iter();
        notes.fold(line, |line, (name, text)| line.option("--note", format!("{name}={text}")))
    }
}

/// The environments that move along with this one.
pub fn others(config: &Config, environment: &Environment) -> Vec<EnvironmentName> {
    let lane = config.lanes.iter().find(|lane| lane.name == environment.lane);
    let all = lane.into_iter().flat_map(|lane| &lane.environments);
    all.filter(|name| **name != environment.name).cloned().collect()
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{}", quoted(word))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Override;

    #[test]
    fn every_term_is_named_and_a_shell_reads_it_back() {
        let terms = Terms {
            include: vec!["demo".parse().unwrap()],
            overrides: vec![Override { rule: "soak".to_owned(), reason: "INC-1: it's down".to_owned() }],
            notes: [("ticket".to_owned(), "$(id)".to_owned())].into(),
            reason: Some("INC-1: it's down".to_owned()),
        };
        let line = Invocation::new("to").word("prod").word("a93be01").word("--redeploy").terms(&terms);
        assert_eq!(
            line.to_string(),
            "promote to prod a93be01 --redeploy --include demo --override soak \
             --reason 'INC-1: it'\\''s down' --note 'ticket=$(id)'"
        );
        assert_eq!(quoted(""), "''");
    }
}
