//! The file of a project: which one a path means, whose it must be, and what it says.

use crate::Error;
use crate::guard::Guards;
use crate::mistakes::Mistakes;
use promote_artifacts::git::GitRepository;
use promote_core::config::{Config, Diagnostic, ReadContext, read};
use promote_core::failure::Failure;
use promote_providers::config_file::{self, FILE};
use promote_providers::{Brought, Variables};
use std::path::{Path, PathBuf};

/// The file that a path means: itself, or the one in the folder that it is, which must be of somebody who may run steps here.
pub(crate) fn in_use(path: PathBuf, guards: Guards) -> Result<PathBuf, Failure> {
    if !path.is_dir() {
        return Ok(path);
    }
    let file = path.join(FILE);
    guards.owned(&file)?;
    Ok(file)
}

/// The configuration of a file, the folder it lies in, its name for messages, and what could be better about it.
pub(crate) fn from_file(
    file: &Path,
    variables: &Variables,
    brought: &Brought,
    called: Option<String>,
    missing: &str,
) -> Result<(Config, PathBuf, String, Vec<Diagnostic>), Error> {
    let text = config_file::text(file, missing)?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let base = parent.unwrap_or(Path::new(".")).to_path_buf();
    let lookup = |name: &str| variables.get(name).map(str::to_owned);
    // Asking git takes longer than everything else here, so it is only asked where the file may name no project.
    let named = text.lines().any(|line| line.trim_start().starts_with("project"));
    let project = || GitRepository::open(&base).ok()?.project_name().ok().flatten();
    let context = ReadContext {
        default_project: if named { None } else { project() },
        variables: &lookup,
        version: semver::Version::parse(promote_core::VERSION).unwrap_or(semver::Version::new(0, 0, 0)),
        schemes: &brought.schemes(),
    };
    let name = called.unwrap_or_else(|| file.display().to_string());
    match read(&text, &context) {
        Ok((config, remarks)) => Ok((config, base, name, remarks)),
        Err(found) => Err(Mistakes::new(name, text, found).into()),
    }
}
