//! One record of the ledger: a text object whose first line is one JSON object. Its id is the SHA-256 of the
//! stored bytes; what is stored is hashed, never what was read and written again.

use super::state::State;
use super::statement::{Abort, Commit, Freeze, Intent, Mark, Observe, Outcome};
use super::terms::{Action, Actor, Kind, LedgerId, Seq, Why};
use crate::digest::Digest;
use crate::names::LaneName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The schema of the records that every version reads.
pub const SCHEMA: &str = "promote/record@1";

/// The schema of records that mean something which readers of [`SCHEMA`] alone would get wrong: what undoes a promotion.
pub const SCHEMA_2: &str = "promote/record@2";

/// The largest record in bytes.
pub const LIMIT: usize = 48 * 1024;

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// The lane.
    pub lane: LaneName,
    /// Its number.
    pub seq: Seq,
    /// The id of the record before; of the genesis for the first.
    pub prev: Digest,
    /// 128 random bits in hexadecimal digits: makes the bytes unique, answers "was that me?".
    pub nonce: String,
    /// What it says.
    pub kind: Kind,
    /// The writer's clock. Advisory.
    pub at: DateTime<Utc>,
    /// The store's own time of `prev`.
    pub prev_stored_at: Option<DateTime<Utc>>,
    /// Who.
    pub actor: Actor,
    /// Why.
    #[serde(default)]
    pub why: Why,
    /// For [`Kind::Intent`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// For [`Kind::Commit`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// For [`Kind::Abort`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort: Option<Abort>,
    /// For [`Kind::Outcome`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// For [`Kind::Observe`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observe: Option<Observe>,
    /// For [`Kind::Freeze`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
    /// For [`Kind::Mark`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// The lane after this record.
    pub state: State,
}

/// Why stored bytes are not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is too large.
    #[error("{0} bytes, more than a record may have")]
    TooLarge(usize),
    /// It is not JSON of this shape.
    #[error("not a record of this version: {0}")]
    Shape(#[from] serde_json::Error),
    /// It is of another version.
    #[error("its schema is `{0}`, this version reads `{SCHEMA}` and `{SCHEMA_2}`")]
    Schema(String),
    /// It lacks the part that its kind names.
    #[error("it is called {0:?} and does not say so")]
    Hollow(Kind),
}

impl Record {
    /// The schema that a record which says this must have.
    pub fn needs(&self) -> &'static str {
        let undoes = self.intent.as_ref().is_some_and(|intent| intent.action == Action::Undo);
        let undone = self.abort.as_ref().is_some_and(|abort| abort.restored.is_some());
        if undoes || undone { SCHEMA_2 } else { SCHEMA }
    }

    /// The bytes to store: one line of JSON and its end.
    ///
    /// # Errors
    /// When they are more than [`LIMIT`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        if bytes.len() > LIMIT { Err(RecordError::TooLarge(bytes.len())) } else { Ok(bytes) }
    }

    /// Reads stored bytes: the first line; what follows are signatures.
    ///
    /// # Errors
    /// When it is not a record of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > LIMIT {
            return Err(RecordError::TooLarge(bytes.len()));
        }
        let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        serde_json::from_slice::<super::strict::Unambiguous>(line)?;
        let record: Self = serde_json::from_slice(line)?;
        let known = [SCHEMA, SCHEMA_2].contains(&record.schema.as_str());
        if !known || (record.schema == SCHEMA && record.needs() == SCHEMA_2) {
            return Err(RecordError::Schema(crate::names::escape(&record.schema)));
        }
        let whole = match record.kind {
            Kind::Intent => record.intent.is_some(),
            Kind::Commit => record.commit.is_some(),
            Kind::Abort => record.abort.is_some(),
            Kind::Outcome => record.outcome.is_some(),
            Kind::Observe => record.observe.is_some(),
            Kind::Freeze => record.freeze.is_some(),
            Kind::Mark => record.mark.is_some(),
            Kind::Unfreeze | Kind::Hold | Kind::Unhold => true,
        };
        if whole { Ok(record) } else { Err(RecordError::Hollow(record.kind)) }
    }
}
