//! What a command ends with when it can't end well: exit status, what went wrong, what state things are in now,
//! and what to do next. Frontends print it once; nothing in it repeats its cause.

pub use promote_port::causes::causes;

use crate::duration::written;
use crate::exit::ExitStatus;
use crate::ledger::LedgerError;
use crate::location::Location;
use crate::port::{ErrorKind, ProviderError};
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A failure, worded for people and classed for scripts.
#[derive(Debug)]
pub struct Failure {
    /// The exit status.
    pub exit: ExitStatus,
    /// What went wrong, on what: a lower-case fragment.
    pub message: String,
    /// What state things are in now; full sentences. Empty when nothing was changed and that is plain.
    pub state: Vec<String>,
    /// What to do next, one each.
    pub hints: Vec<String>,
    /// The cause.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure without a cause.
    pub fn new(exit: ExitStatus, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), state: Vec::new(), hints: Vec::new(), source: None }
    }

    /// The same with one more sentence about the state of things.
    #[must_use]
    pub fn state(mut self, sentence: impl Into<String>) -> Self {
        self.state.push(sentence.into());
        self
    }

    /// The same with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether it tells what lies there, which is not what it should be: a check goes on then, and says so. Any other
    /// failure to look says nothing about what is there.
    pub fn is_finding(&self) -> bool {
        let Some(source) = &self.source else { return false };
        let found = source.downcast_ref::<ProviderError>().map(ProviderError::is_finding);
        let found = found.or_else(|| source.downcast_ref::<LedgerError>().map(LedgerError::is_finding));
        found.unwrap_or(false)
    }

    /// Whether a store did not answer: whatever else is asked of it now waits in vain, too.
    pub fn is_silence(&self) -> bool {
        let mut causes = causes(self);
        causes.any(|cause| {
            let store = match cause.downcast_ref() {
                Some(LedgerError::Store(error)) => Some(error),
                _ => None,
            };
            store.or_else(|| cause.downcast_ref()).is_some_and(|error| error.kind == ErrorKind::Unavailable)
        })
    }

    /// What went wrong and why, in one line.
    pub fn words(&self) -> String {
        let words = std::iter::once(self.to_string()).chain(causes(self).map(ToString::to_string));
        words.collect::<Vec<_>>().join(": ")
    }

    /// A failure to look at a place where an artifact lies: a link, or whatever else is no object, is something else than
    /// was put there.
    pub fn from_read_of(place: &Location, error: ProviderError) -> Self {
        Self::of_place(&format!("looking at `{place}`"), error)
    }

    /// The same where more is done than looking: `doing` is a lower-case fragment, such as listing a folder.
    pub fn of_place(doing: &str, error: ProviderError) -> Self {
        let odd = error.kind == ErrorKind::Invalid && error.is_finding();
        let failure = Self::from_read(doing, error);
        if odd { Self { exit: ExitStatus::Conflict, ..failure } } else { failure }
    }

    /// A failure to look: nothing was written yet. `doing` is a lower-case fragment such as `reading the ledger`.
    pub fn from_read(doing: &str, mut error: ProviderError) -> Self {
        let exit = ExitStatus::of_refusal(error.kind);
        let hints = std::mem::take(&mut error.hints);
        let mut failure = Self::new(exit, format!("{doing} failed"));
        if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Unknown) && hints.is_empty() {
            failure = failure.hint(match error.retry_after() {
                None => "nothing was changed; check the network and try again".to_owned(),
                Some(Duration::ZERO) => {
                    "nothing was changed; run the same command again in a minute".to_owned()
                }
                Some(wait) => format!("nothing was changed; run the same command again in {}", written(wait)),
            });
        }
        failure.hints.extend(hints);
        failure.caused_by(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}
