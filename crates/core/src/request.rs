//! What is asked: one release to one environment, and on what terms.

use crate::commit::{CommitId, CommitPrefix};
use crate::ledger::{Action, Actor, Override, State};
use crate::name_word;
use crate::names::EnvironmentName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The release that is wanted, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Not named: what runs in the environment before; for a rollback, what ran here before.
    Unnamed,
    /// A commit or the beginning of one.
    Commit(CommitPrefix),
    /// What ran here before.
    Previous,
    /// What runs in another environment.
    Environment(EnvironmentName),
    /// A tag for the repository to resolve.
    Tag(String),
    /// A name that stands for another commit tomorrow, such as `HEAD` or `latest`: refused, with the commit it is now.
    Moving(String),
}

/// Whether a promotion that somebody began and did not end may be gone on with, or undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TakeOver {
    /// It is left alone.
    #[default]
    No,
    /// Once nothing was heard of it for as long as the lease hint says ([`crate::lease::HINT`]), so that its process is
    /// likely gone.
    WhenStale,
    /// At once: somebody was told how old it is, and said so.
    Confirmed,
}

impl TakeOver {
    /// Whether that is what is asked for, now or later.
    pub const fn is_wanted(self) -> bool {
        !matches!(self, Self::No)
    }
}

/// A request to move a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub environment: EnvironmentName,
    /// Which release.
    pub wanted: Wanted,
    /// What for.
    pub action: Action,
    /// Whether an open promotion, or a deployment that goes on, may be taken over: `resume` and `rollback` may.
    pub take_over: TakeOver,
    /// Whether nobody asked: a publish or a schedule moves it.
    pub automatic: bool,
    /// The environments that read the same target and are to move along.
    pub include: Vec<EnvironmentName>,
    /// Rules to go past.
    pub overrides: Vec<Override>,
    /// Texts that the environment asks for, by name.
    pub notes: BTreeMap<String, String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether a person was asked after the world was looked at, which takes any time.
    pub asked: bool,
    /// The moment that targets are named by, where it is not now: that of a saved plan.
    pub named_at: Option<DateTime<Utc>>,
    /// Who asks.
    pub actor: Actor,
}

impl Request {
    /// Whether it comes to undoing what was begun, or moved first, in a lane in this state.
    pub fn undoes(&self, state: &State, release: &CommitId) -> bool {
        let undoable = state.undoable().is_some_and(|undone| undone.commit == *release);
        let unnamed = matches!(self.wanted, Wanted::Unnamed | Wanted::Previous);
        undoable
            && match self.action {
                Action::Undo => true,
                Action::Rollback => unnamed,
                Action::Promote | Action::Redeploy => false,
            }
    }

    /// Whether what was moved, or begun, is to be taken back.
    pub fn goes_back(&self) -> bool {
        matches!(self.action, Action::Rollback | Action::Undo)
    }

    /// The rules to go past, each once: a rule that is named again says nothing more.
    pub fn overrides_once(&self) -> Vec<Override> {
        let mut once: Vec<Override> = Vec::with_capacity(self.overrides.len());
        for one in &self.overrides {
            if !once.iter().any(|known| known.rule == one.rule) {
                once.push(one.clone());
            }
        }
        once
    }

    /// A promotion on no special terms.
    pub fn promote(environment: EnvironmentName, wanted: Wanted, actor: Actor) -> Self {
        Self {
            environment,
            wanted,
            action: Action::Promote,
            take_over: TakeOver::No,
            automatic: false,
            include: Vec::new(),
            overrides: Vec::new(),
            notes: BTreeMap::new(),
            reason: None,
            asked: false,
            named_at: None,
            actor,
        }
    }

    /// A rollback.
    pub fn rollback(environment: EnvironmentName, wanted: Wanted, actor: Actor) -> Self {
        Self {
            action: Action::Rollback,
            take_over: TakeOver::WhenStale,
            ..Self::promote(environment, wanted, actor)
        }
    }

    /// The same, taking over at once.
    #[must_use]
    pub fn taking_over(self) -> Self {
        Self { take_over: TakeOver::Confirmed, ..self }
    }
}

/// How a request is kept in a saved plan: everything but who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Terms {
    /// See [`Request::include`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<EnvironmentName>,
    /// See [`Request::overrides`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// See [`Request::notes`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
    /// See [`Request::reason`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a text names no release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WantedError {
    /// It has characters that no commit, tag or environment has.
    #[error("`{0}` can't name a release: give a commit, a tag, `previous` or an environment")]
    Odd(String),
}

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, WantedError> {
        if let Ok(prefix) = text.parse() {
            return Ok(Self::Commit(prefix));
        }
        if text == name_word::PREVIOUS {
            return Ok(Self::Previous);
        }
        if name_word::is_moving(text) {
            return Ok(Self::Moving(text.to_owned()));
        }
        if let Ok(name) = text.parse() {
            return Ok(Self::Environment(name));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-/".contains(&b);
        let sound = !text.is_empty()
            && text.len() <= 128
            && text.bytes().all(plain)
            && !text.starts_with(['-', '/', '.'])
            && !text.contains("..");
        if sound { Ok(Self::Tag(text.to_owned())) } else { Err(WantedError::Odd(crate::names::escape(text))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_named_by_things_that_stay() {
        assert!(matches!("a93be01".parse(), Ok(Wanted::Commit(_))));
        assert_eq!("previous".parse(), Ok(Wanted::Previous));
        assert!(matches!("uat".parse(), Ok(Wanted::Environment(_))));
        assert!(matches!("v1.4.0".parse(), Ok(Wanted::Tag(_))));
        for moving in ["latest", "HEAD", "main", "master"] {
            assert!(matches!(moving.parse::<Wanted>(), Ok(Wanted::Moving(_))), "{moving}");
        }
        for odd in ["$(id)", "../../x", "a b", "-x", "", "a\n", "/etc"] {
            assert!(matches!(odd.parse::<Wanted>(), Err(WantedError::Odd(_))), "{odd}");
        }
    }
}
