//! What a command ends with that can't read the ledger.

use super::append::AppendError;
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::port::{ErrorKind, ProviderError};

/// The failure of a command whose write the ledger's store refused; `doing` is a lower-case fragment, such as writing the
/// intent. What is no object lies where one of the ledger's belongs: taking that away would hide that one is lost.
pub(crate) fn not_taken(doing: &str, error: ProviderError) -> Failure {
    match error.kind == ErrorKind::Invalid && error.is_finding() {
        true => LedgerError::Store(error).read_failure().state(format!("{} failed.", capital(doing))),
        false => Failure::from_read(doing, error),
    }
}

/// The failure of a command that adds something to the ledger, such as an approval, under a name of its own. `what` is what
/// it adds; `tells`, a command, tells whether it is there.
pub(crate) fn not_added(what: &str, error: AppendError, tells: &str) -> Failure {
    let nothing = "Nothing was recorded.";
    match error {
        AppendError::Refused { source, .. } => not_taken("writing the ledger", source).state(nothing),
        error @ AppendError::Unknown { .. } => {
            Failure::new(ExitStatus::Unfinished, "whether the ledger took it is not known")
                .hint(format!("`{tells}` tells; saying it again does no harm"))
                .caused_by(error)
        }
        error => Failure::new(ExitStatus::Failed, format!("{what} can't be written"))
            .state(nothing)
            .caused_by(error),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Whether the error is about a folder on the way to the ledger, so that it tells nothing of the ledger's own objects: those
/// end with `.json`, and a listing with `/`.
fn on_the_way(error: &ProviderError) -> bool {
    let own = error.subject.ends_with(".json") || error.subject.ends_with('/');
    error.kind == ErrorKind::Invalid && error.is_finding() && !own && !error.hints.is_empty()
}

impl LedgerError {
    /// The failure of a command that can't read how the ledger begins, which everything else hangs on.
    pub(crate) fn beginning(self, ledger: &LedgerReader) -> Failure {
        // A pipe or a folder in its place is as broken as other bytes are.
        let broken = |error: &ProviderError| {
            error.kind == ErrorKind::Corrupt || (error.kind == ErrorKind::Invalid && error.is_finding())
        };
        if matches!(&self, Self::Store(error) if !broken(error) || on_the_way(error)) {
            return self.read_failure();
        }
        let place =
            key::genesis(ledger.root()).map_or_else(|_| "ledger.json".to_owned(), |key| key.to_string());
        let message =
            format!("the ledger in {} can't be read: its beginning, `{place}`, is broken", ledger.bucket());
        let hint = match &self {
            Self::Foreign { .. } => "use the version of promote that wrote it".to_owned(),
            _ => format!("put `{place}` back, from a backup or from an old version of that object"),
        };
        Failure::new(ExitStatus::Failed, message).hint(hint).caused_by(self)
    }

    /// The failure of a command that only looked.
    pub fn read_failure(self) -> Failure {
        match self {
            Self::Store(error) if on_the_way(&error) => {
                Failure { exit: ExitStatus::Failed, ..Failure::from_read("reading the ledger", error) }
            }
            // What is no object lies in place of one of its own.
            Self::Store(error) if error.kind != ErrorKind::Invalid || !error.is_finding() => {
                Failure::from_read("reading the ledger", error)
            }
            other => Failure::new(ExitStatus::Failed, "the ledger can't be trusted")
                .hint("`promote verify --ledger` checks the whole chain")
                .caused_by(other),
        }
    }
}
