//! Files that commands write: whole, or not at all. How they get there is known to all frontends; here is said what went wrong.

use crate::app::App;
use crate::app::project;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_providers::written;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

pub(crate) use promote_providers::destination::refuse_links;

/// Writes a file that was asked for.
///
/// # Errors
/// When it can't be written, or is the configuration in use.
pub(crate) fn replace(app: &App<'_>, path: &Path, text: &str) -> Result<()> {
    refuse_configuration(app, path)?;
    written::replace(path, &app.env.folder, text)
}

/// Refuses an output that would take the place of the configuration in use.
///
/// # Errors
/// When it would.
pub(crate) fn refuse_configuration(app: &App<'_>, path: &Path) -> Result<()> {
    let place = app.env.folder.join(path).canonicalize().ok();
    match project::in_use(app.global.config.as_deref(), app.env)
        .filter(|file| place.is_some() && file.canonicalize().ok() == place)
    {
        None => Ok(()),
        Some(_) => Err(Error::new(
            ErrorKind::InvalidInput,
            "it is the configuration in use, which nothing takes the place of",
        )),
    }
}

/// That a file can't be written.
pub(crate) fn failed(path: &Path, error: std::io::Error) -> Failure {
    let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    let failure = Failure::new(ExitStatus::Failed, format!("`{}` can't be written", path.display()));
    let failure = failure.caused_by(error);
    if full { failure.hint("make room there, then run the same command again") } else { failure }
}
