//! One record of the ledger: a text object whose first line is one JSON object. Its id is the SHA-256 of the
//! stored bytes; what is stored is hashed, never what was read and written again.

use super::state::State;
use super::statement::{Abort, Commit, Freeze, Intent, Mark, Observe, Outcome};
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::names::EnvironmentName;
use crate::names::LaneName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// The schema of the records that every version reads.
pub const SCHEMA: &str = "promote/record@1";

/// The schema of records that mean something which readers of [`SCHEMA`] alone would get wrong: what undoes a promotion.
pub const SCHEMA_2: &str = "promote/record@2";

/// The largest record in bytes.
pub const LIMIT: usize = 48 * 1024;

/// A record's number in its lane, counted from 1. Written as a decimal string, because JSON numbers lose digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Seq {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Seq {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        match text.parse() {
            Ok(number) if plain => Ok(Self(number)),
            _ => Err(serde::de::Error::custom("not a record number")),
        }
    }
}

/// Names one ledger: 128 random bits in hexadecimal digits, from its genesis.
pub type LedgerId = String;

/// Names one promotion (or one attempt to finish it): ten characters of time and six of chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromotionId(pub String);

impl PromotionId {
    /// From a clock reading and randomness, in Crockford's base 32, so that ids sort by time.
    pub fn new(at: DateTime<Utc>, nonce: [u8; 16]) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let digit = |value: u64| DIGITS.get((value & 31) as usize).map_or('0', |b| *b as char);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let time = (0..10).rev().map(|place| digit(millis >> (5 * place)));
        Self(time.chain(nonce.iter().take(6).map(|byte| digit(u64::from(*byte)))).collect())
    }
}

impl fmt::Display for PromotionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Targets are about to be written.
    Intent,
    /// All targets have the release.
    Commit,
    /// The intent ended without a write.
    Abort,
    /// The result of the deploy and verify steps.
    Outcome,
    /// What a target holds now, taken as it is.
    Observe,
    /// The lane takes nothing for a time.
    Freeze,
    /// The freeze is lifted.
    Unfreeze,
    /// Automation leaves the lane alone.
    Hold,
    /// The hold is lifted.
    Unhold,
    /// A remark about an earlier promotion.
    Mark,
}

/// Who wrote a record, and how well that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Actor {
    /// A name for people.
    pub name: String,
    /// Where the name comes from: `local-user`, `github-actions`, `gitlab-ci`, …
    pub source: String,
    /// `claimed` when anyone could have said so, `verified` when something signed it.
    pub strength: String,
    /// Further facts, such as the run's address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// Going past a named rule once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The rule's name.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// Why something was done, in the words of whoever did it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Why {
    /// The reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Texts that the environment asks for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
    /// Rules gone past.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
}

/// What an intent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A release moves on.
    Promote,
    /// An earlier release comes back.
    Rollback,
    /// The same release is written again.
    Redeploy,
    /// A promotion that has not ended is taken back where nothing was there before. Only in records of [`SCHEMA_2`].
    Undo,
}

/// A release as records name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReleaseRef {
    /// Its commit.
    pub commit: CommitId,
    /// Its semver number, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<DateTime<Utc>>,
    /// The digest of each artifact, by the name of its entry in the manifest.
    pub artifacts: BTreeMap<String, Digest>,
    /// SHA-256 of the manifest as it is stored, where it was read for the record. Missing in what older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
}

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
            return Err(RecordError::Schema(crate::names::shown(&record.schema)));
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

impl ReleaseRef {
    /// The digest of an artifact as an environment takes it.
    pub fn digest(&self, name: &str, environment: &EnvironmentName) -> Option<Digest> {
        let own = self.artifacts.get(&super::manifest::entry(name, environment));
        own.or_else(|| self.artifacts.get(name)).copied()
    }

    /// Whether both are the same bytes: every artifact that both name has the same digest, and there is one.
    pub fn same_bytes(&self, other: &Self) -> bool {
        let mut shared = 0;
        for (name, digest) in &self.artifacts {
            match other.artifacts.get(name) {
                Some(found) if found == digest => shared += 1,
                Some(_) => return false,
                None => {}
            }
        }
        shared > 0
    }
}
