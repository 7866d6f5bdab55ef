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

    /// Those whose name is not told to be left out. One that is no text stays.
    #[must_use]
    pub(crate) fn without(&self, left_out: impl Fn(&str) -> bool) -> Self {
        let mut all = self.clone();
        all.0.retain(|name, _| !name.to_str().is_some_and(&left_out));
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
    fn empty_values_count_as_unset_and_values_are_not_shown() {
        let variables: Variables = [("A", ""), ("B", "geheim"), ("C", "False")].into_iter().collect();
        assert_eq!(variables.get("A"), None);
        assert_eq!(variables.get("B"), Some("geheim"));
        assert!(variables.is_on("B") && !variables.is_on("C") && !variables.is_on("D"));
        assert_eq!(format!("{variables:?}"), "Variables(3)");
    }
}
