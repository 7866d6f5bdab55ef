//! What the runner gives: variables, a folder, and the files that it names in variables.

use promote::Variables;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the runner gives.
#[derive(Clone)]
pub struct Surroundings {
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// The folder to start from.
    pub folder: PathBuf,
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Surroundings({} variables, {})", self.variables.len(), self.folder.display())
    }
}

impl Surroundings {
    /// The variables as everything else wants them.
    pub(crate) fn variables(&self) -> Variables {
        self.variables.iter().collect()
    }

    /// The file that the runner names in this variable.
    pub(crate) fn file(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// A file as people know it: below the checkout.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let workspace = self.file("GITHUB_WORKSPACE").unwrap_or_else(|| self.folder.clone());
        path.strip_prefix(&workspace).unwrap_or(path).display().to_string()
    }

    /// Whether a variable has this value.
    pub(crate) fn says(&self, name: &str, value: &str) -> bool {
        self.variables.get(name).is_some_and(|it| it == value)
    }
}
