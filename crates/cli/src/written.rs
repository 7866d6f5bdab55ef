//! Files that commands write: whole, or not at all. How they get there is known to all frontends; here is said what went wrong.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::io::ErrorKind;
use std::path::Path;

pub(crate) use promote_providers::written::{refuse_links, replace};

/// That a file can't be written.
pub(crate) fn failed(path: &Path, error: std::io::Error) -> Failure {
    let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    let failure = Failure::new(ExitStatus::Failed, format!("`{}` can't be written", path.display()));
    let failure = failure.caused_by(error);
    if full { failure.hint("make room there, then run the same command again") } else { failure }
}
