//! The intent that is being written: remembered from before it is sent until there is an answer, for whoever has to settle
//! what became of it once its writer was stopped.

use super::record::Record;
use std::sync::{Arc, Mutex, PoisonError};

/// What all remember who write to a ledger in one run.
#[derive(Debug, Clone, Default)]
pub(super) struct Opening(Arc<Mutex<Option<Record>>>);

impl Opening {
    /// Remembers a record that is about to be written, if it opens a promotion. Says whether it was sent before.
    pub(super) fn begins(&self, record: &Record) -> bool {
        let again = self.record().as_ref() == Some(record);
        if record.intent.is_some() {
            self.set(Some(record.clone()));
        }
        again
    }

    /// Forgets it, since what became of it is known.
    pub(super) fn settled(&self) {
        self.set(None);
    }

    pub(super) fn record(&self) -> Option<Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, record: Option<Record>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = record;
    }
}
