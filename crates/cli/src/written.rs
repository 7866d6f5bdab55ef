//! Files that commands write: whole, or not at all. How they get there is known to all frontends; here is said what went wrong.

use crate::app::App;
use crate::app::project;
use promote_artifacts::pack::Own;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_providers::destination::{Destination, resolved};
use promote_providers::written;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

pub(crate) use promote_providers::destination::refuse_links;

/// Writes a file that was asked for.
///
/// # Errors
/// When it can't be written, or lies where the project keeps something.
pub(crate) fn replace(app: &App<'_>, path: &Path, text: &str) -> Result<()> {
    refuse_kept(app, path)?;
    written::replace(path, &app.env.folder, text)
}

/// Refuses an output that would take the place of the configuration in use, or of what the project keeps on this disk: its
/// releases, its targets, its ledger.
///
/// # Errors
/// When it would.
pub(crate) fn refuse_kept(app: &App<'_>, path: &Path) -> Result<()> {
    let refused = |what: &str| Err(Error::new(ErrorKind::InvalidInput, what));
    let place = app.env.folder.join(path).canonicalize().ok();
    let configuration = project::in_use(app.global.config.as_deref(), app.env)
        .filter(|file| place.is_some() && file.canonicalize().ok() == place);
    if configuration.is_some() {
        return refused("it is the configuration in use, which nothing takes the place of");
    }
    // What is written to goes where it was opened; nothing takes its place.
    let Destination::File(place) = Destination::of(path, &app.env.folder)? else { return Ok(()) };
    match own(app).keeps(&resolved(&place)) {
        true => refused(
            "the project keeps releases, targets or its ledger there, and nothing else is written there",
        ),
        false => Ok(()),
    }
}

/// The places of the project that the command runs in; none where it is in no project that can be read.
pub(crate) fn own(app: &App<'_>) -> Own {
    let project = app.quiet_project();
    project.map(|project| Own::of(&project.config, &project.base)).unwrap_or_default()
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
