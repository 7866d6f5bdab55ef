//! Where a key is looked for and what programs are given: a plain value, so that all that depends on it can be tested
//! without touching the process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The variables and the folder of whoever signs.
#[derive(Clone)]
pub struct Surroundings {
    variables: BTreeMap<OsString, OsString>,
    folder: PathBuf,
}

impl Surroundings {
    /// `folder` is where git is asked for its settings, and where relative paths of keys begin.
    pub fn new<N, V>(variables: impl IntoIterator<Item = (N, V)>, folder: impl Into<PathBuf>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, folder: folder.into() }
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn home(&self) -> Option<&Path> {
        self.variable("HOME").map(Path::new)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program in these surroundings, found by their `PATH`, that speaks English.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.variables).env("LC_ALL", "C").current_dir(&self.folder);
        command
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values of variables may be secrets.
        f.debug_struct("Surroundings").field("folder", &self.folder).finish_non_exhaustive()
    }
}
