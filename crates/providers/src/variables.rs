//! The environment variables as they were when the program started: a plain value, so that everything that depends
//! on them can be tested without touching the process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

/// Environment variables by name. `Debug` shows how many there are, never what they hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<OsString, OsString>);

impl Variables {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The value of a variable, when it is set, not empty and text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(OsStr::new(name)).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// Whether a variable is set to something other than nothing, `0` and `false`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// The freeze that GitLab declares for the whole project. Whatever the variable holds counts: where it is set at
    /// all, the window is closed.
    pub fn frozen(&self) -> Option<String> {
        self.get("CI_DEPLOY_FREEZE")
            .map(|_| "GitLab says that the project is frozen (`CI_DEPLOY_FREEZE`)".to_owned())
    }

    /// Those that steps are given: without the tokens that are promote's own, or were given to it alone, so that no step can
    /// print or use them.
    #[must_use]
    pub fn for_steps(&self) -> Self {
        let mut all = self.clone();
        all.0.retain(|name, _| !name.to_str().is_some_and(is_ours));
        all
    }

    /// The same with one more, or another value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// All of them, for a child process.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

/// Whether a variable is a token for promote itself: its own, what GitHub's runner gives an action and no script, and the
/// action's inputs that are secrets by their name.
fn is_ours(name: &str) -> bool {
    const OURS: [&str; 5] = [
        crate::identity::TOKEN,
        crate::forge::TOKEN,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_RUNTIME_TOKEN",
    ];
    let upper = name.to_ascii_uppercase();
    OURS.contains(&upper.as_str()) || (upper.starts_with("INPUT_") && crate::step::is_secret(&upper))
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variables({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_get_no_token_that_is_promotes_own() {
        let kept = ["PATH", "GITHUB_TOKEN", "MY_TOKEN", "INPUT_TO", "ACTIONS_CACHE_URL", "PROMOTE_ACTOR"];
        let taken = [
            "PROMOTE_ID_TOKEN",
            "PROMOTE_FORGE_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_RUNTIME_TOKEN",
            "INPUT_TOKEN",
            "INPUT_DEPLOY-KEY",
            "INPUT_DB_PASSWORD",
            "input_secret",
        ];
        let all: Variables = kept.iter().chain(&taken).map(|name| (*name, "x")).collect();
        let left: Vec<String> =
            all.for_steps().iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        let mut expected = kept.map(str::to_owned);
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn empty_values_count_as_unset_and_values_are_not_shown() {
        let variables: Variables = [("A", ""), ("B", "geheim"), ("C", "False")].into_iter().collect();
        assert_eq!(variables.get("A"), None);
        assert_eq!(variables.get("B"), Some("geheim"));
        assert!(variables.is_on("B") && !variables.is_on("C") && !variables.is_on("D"));
        assert_eq!(format!("{variables:?}"), "Variables(3)");
    }
}
