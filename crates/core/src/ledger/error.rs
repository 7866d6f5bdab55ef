//! Why a ledger can't be read, and what kind of failure that is. What a command says of it is the work of `failure`.

use super::record::RecordError;
use crate::location::{Key, LocationError};
use crate::port::{ErrorKind, ProviderError};

/// Why a ledger can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store did not answer as it should.
    #[error(transparent)]
    Store(#[from] ProviderError),
    /// What lies there is no record.
    #[error("`{key}` is not what belongs there in a ledger")]
    Record {
        /// Where.
        key: Key,
        /// Why.
        source: RecordError,
    },
    /// What lies there is no document of this version.
    #[error("`{key}` is not what belongs there in a ledger")]
    Document {
        /// Where.
        key: Key,
        /// Why.
        source: serde_json::Error,
    },
    /// It belongs elsewhere, or to another version.
    #[error("`{key}`: {why}")]
    Foreign {
        /// Where.
        key: Key,
        /// Why.
        why: String,
    },
    /// The root is too long.
    #[error(transparent)]
    Key(#[from] LocationError),
}

impl LedgerError {
    /// The store's kind of failure; what is no ledger is corrupt, and so is what is no object at all.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) if !error.is_finding() => error.kind,
            _ => ErrorKind::Corrupt,
        }
    }

    /// Whether it tells of what lies there; a store that refuses or does not answer tells nothing.
    pub fn is_finding(&self) -> bool {
        match self {
            Self::Store(error) => error.is_finding(),
            _ => true,
        }
    }
}
