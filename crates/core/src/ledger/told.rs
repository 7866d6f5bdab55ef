//! How far others were told of what happened in a lane: an object beside the chain of records, created once and named by
//! the newest record that it covers. Nothing but what is sent to whom follows from it. What is told, and to whom, is for
//! the room `tell`.

use super::append::{AppendError, Ledger};
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use super::terms::{LedgerId, Seq};
use crate::digest::Digest;
use crate::names::LaneName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The schema of every such object that this version writes.
pub const SCHEMA: &str = "promote/told@1";

/// The largest such object in bytes.
pub const LIMIT: usize = 32 * 1024;

/// How many messages are kept to be sent later: what is older than these is given up.
pub const MOST: usize = 20;

/// A message that a receiver did not take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Untold {
    /// The record that it is about.
    pub seq: Seq,
    /// Who did not take it: `slack` or `webhook`.
    pub receiver: String,
}

/// That the records of a lane up to one were told, but for these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// [`SCHEMA`].
    pub schema: String,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// The lane.
    pub lane: LaneName,
    /// The newest record that it covers.
    pub through: Seq,
    /// Its id.
    pub record: Digest,
    /// What is still to be told, oldest first, at most [`MOST`].
    #[serde(default)]
    pub missing: Vec<Untold>,
    /// The writer's clock.
    pub at: DateTime<Utc>,
}

/// That something was told which no record holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ToldOnce {
    schema: String,
    event: String,
    at: DateTime<Utc>,
}

impl LedgerReader {
    /// How far a lane was told: up to which record, and what is missing. One listing of one key and at most one read.
    /// What can't be read misses nothing: it is no reason to tell anything twice.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn told(&self, lane: &LaneName) -> Result<Option<(Seq, Vec<Untold>)>, LedgerError> {
        let page = self.bucket().list(&key::told_prefix(self.root(), lane), None, 1).await?;
        let Some(object) = page.objects.first() else { return Ok(None) };
        let Some(through) = key::told_of(self.root(), lane, &object.key) else { return Ok(None) };
        let bytes = match page.contents.get(&object.key) {
            Some(bytes) => Some(bytes.clone()),
            None if object.size > LIMIT as u64 => None,
            None => self.bucket().get(&object.key, LIMIT).await?.map(|(_, bytes)| bytes),
        };
        let told: Option<Told> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let missing = told.filter(|told| told.schema == SCHEMA && told.through == through);
        Ok(Some((through, missing.map(|told| told.missing).unwrap_or_default())))
    }

    /// Whether something was told that no record holds.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_told_once(&self, lane: &LaneName, content: &Digest) -> Result<bool, LedgerError> {
        let key = key::told_once(self.root(), lane, content)?;
        Ok(self.bucket().get(&key, LIMIT).await?.is_some())
    }
}

impl Ledger {
    /// Writes down how far a lane was told. That somebody else did so first is as good.
    ///
    /// # Errors
    /// When it was refused, or when it is not known whether it was written.
    pub async fn tell(&self, told: &Told) -> Result<(), AppendError> {
        let key = key::told(self.reader().root(), &told.lane, told.through)?;
        or_lost(self.put_within(&key, told, LIMIT).await)
    }

    /// Writes down that something was told which no record holds.
    ///
    /// # Errors
    /// When it was refused, or when it is not known whether it was written.
    pub async fn tell_once(
        &self,
        lane: &LaneName,
        content: &Digest,
        (event, at): (&str, DateTime<Utc>),
    ) -> Result<(), AppendError> {
        let key = key::told_once(self.reader().root(), lane, content)?;
        let said = ToldOnce { schema: SCHEMA.to_owned(), event: event.to_owned(), at };
        or_lost(self.put_within(&key, &said, LIMIT).await)
    }
}

fn or_lost(end: Result<(), AppendError>) -> Result<(), AppendError> {
    match end {
        Err(AppendError::Lost { .. }) => Ok(()),
        end => end,
    }
}
