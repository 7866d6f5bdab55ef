//! Files that commands write: whole, or not at all.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::io::{ErrorKind, Result, Write as _};
use std::path::Path;

/// Writes a file. What was there stays until all of the new one is: a full disk takes nothing away.
///
/// # Errors
/// When it can't be written; what was there is then as it was.
pub(crate) fn replace(path: &Path, text: &str) -> Result<()> {
    // A link stays one; what is no file, such as a pipe, is written to as it is.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let before = std::fs::metadata(&place).ok();
    if before.as_ref().is_some_and(|found| !found.is_file()) {
        return std::fs::write(&place, text);
    }
    let folder = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".promote-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The system takes the umask off, as for any new file.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut made = match builder.tempfile_in(folder) {
        // Whoever may write the file need not be allowed to make another one beside it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && before.is_some() => {
            return std::fs::write(&place, text);
        }
        made => made?,
    };
    made.write_all(text.as_bytes())?;
    if let Some(before) = before {
        made.as_file().set_permissions(before.permissions())?;
    }
    made.persist(&place).map_err(|error| error.error)?;
    Ok(())
}

/// That a file can't be written.
pub(crate) fn failed(path: &Path, error: std::io::Error) -> Failure {
    let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    let failure = Failure::new(ExitStatus::Failed, format!("`{}` can't be written", path.display()));
    let failure = failure.caused_by(error);
    if full { failure.hint("make room there, then run the same command again") } else { failure }
}
