//! Finding and reading `promote.toml`.

use crate::app::{App, Stop};
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::path::{Path, PathBuf};

/// The file that is looked for.
pub(crate) const FILE: &str = "promote.toml";

/// A project's configuration and where it lies.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// What it means.
    pub(crate) config: Config,
    /// The file.
    pub(crate) file: PathBuf,
    /// The folder it lies in: plain locations and commands are relative to it.
    pub(crate) base: PathBuf,
}

impl Project {
    /// Finds the file, reads it, and shows what is wrong with it.
    pub(crate) fn load(app: &App<'_>) -> Result<Self, Stop> {
        let file = find(app)?;
        let text = text(&file)?;
        let base = file.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let config = crate::diagnostic::read(app, &file, &text)?;
        Ok(Self { config, file, base })
    }
}

/// The file that is named, or the nearest one upwards.
pub(crate) fn find(app: &App<'_>) -> Result<PathBuf, Failure> {
    let named = app.global.config.clone().or_else(|| app.env.variable("PROMOTE_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        return Ok(app.env.folder.join(path));
    }
    let mut folder = Some(app.env.folder.as_path());
    while let Some(here) = folder {
        let file = here.join(FILE);
        if file.is_file() {
            return Ok(file);
        }
        // The work tree's end is the project's end: a file above it belongs to something else.
        if here.join(".git").exists() {
            break;
        }
        folder = here.parent();
    }
    Err(Failure::new(ExitStatus::Usage, format!("there is no {FILE} here or above"))
        .hint("`promote init` writes one, `--config PATH` names one"))
}

/// The text of the file.
pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    const LIMIT: u64 = 1024 * 1024;
    let failed = |error| {
        Failure::new(ExitStatus::Usage, format!("`{}` can't be read", file.display())).caused_by(error)
    };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > LIMIT {
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("`{}` has {size} bytes, more than a configuration may have", file.display()),
        ));
    }
    std::fs::read_to_string(file).map_err(failed)
}
