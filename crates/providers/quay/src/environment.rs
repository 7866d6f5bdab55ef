//! The variables of the environment that registries are reached by, as a plain value, so that tests need not touch
//! the process.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Variables by name. `Debug` shows how many there are, never what they hold.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// The value of a variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A path below the home folder.
    pub(crate) fn home(&self, rest: &str) -> Option<PathBuf> {
        Some(PathBuf::from(self.get("HOME")?).join(rest))
    }

    /// The host whose API and robots the `QUAY_…` variables are for.
    pub(crate) fn quay_host(&self) -> &str {
        self.get("PROMOTE_QUAY_HOST").unwrap_or("quay.io")
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({})", self.0.len())
    }
}
