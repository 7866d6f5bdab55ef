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

/// Refuses a place whose folder is not there, before any work is done for it.
///
/// # Errors
/// `NotFound`, when it is not.
pub(crate) fn has_folder(place: &Path) -> Result<()> {
    match place.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir()) {
        true => Ok(()),
        false => Err(ErrorKind::NotFound.into()),
    }
}

/// That a file can't be written.
pub(crate) fn failed(path: &Path, error: std::io::Error) -> Failure {
    let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    let failure = Failure::new(ExitStatus::Failed, format!("`{}` can't be written", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failure = failure.caused_by(match error.kind() {
        // What the system says speaks of a file beside it, which takes its place when it is whole.
        ErrorKind::NotFound => {
            Error::new(ErrorKind::NotFound, format!("there is no folder `{}`", folder.display()))
        }
        ErrorKind::PermissionDenied => {
            let what = format!("you may not write in the folder `{}`", folder.display());
            Error::new(ErrorKind::PermissionDenied, what)
        }
        _ => error,
    });
    if full { failure.hint("make room there, then run the same command again") } else { failure }
}
