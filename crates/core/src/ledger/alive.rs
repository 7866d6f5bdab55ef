//! Signs of life: while what a promotion runs takes long, its process says now and then that it is there. They lie beside
//! the chain of records and decide nothing but whether somebody else may take over without a person's word, so no
//! state follows from them and nothing names them.

use super::append::{AppendError, Ledger};
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use super::terms::Seq;
use crate::names::LaneName;
use crate::port::Object;
use crate::promotion::PromotionId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The schema of every sign this version writes.
pub const SCHEMA: &str = "promote/alive@1";

/// One sign. When it was given is the store's word, and which one it is stands in its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Alive {
    /// [`SCHEMA`].
    pub schema: String,
    /// What goes on.
    pub promotion: PromotionId,
    /// Whose process gives it.
    pub by: String,
    /// When, by that process's clock.
    pub at: DateTime<Utc>,
}

/// The newest sign of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastSign {
    /// Its number.
    pub number: u32,
    /// The store's time of it.
    pub stored_at: DateTime<Utc>,
}

impl LedgerReader {
    /// The newest sign of life of what was begun by this record of a lane: one request.
    ///
    /// # Errors
    /// When the store fails, or something else lies there.
    pub async fn alive(&self, lane: &LaneName, since: Seq) -> Result<Option<LastSign>, LedgerError> {
        let prefix = key::alive_prefix(self.root(), lane, since);
        let page = self.bucket().list(&prefix, None, 1).await?;
        let Some(object) = page.objects.first() else { return Ok(None) };
        match key::alive_of(self.root(), lane, &object.key) {
            Some((_, number)) => Ok(Some(LastSign { number, stored_at: object.stored_at })),
            None => Err(LedgerError::Foreign {
                key: object.key.clone(),
                why: "no sign of life has such a key".to_owned(),
            }),
        }
    }
}

/// How many signs of a lane are listed at once.
const PAGE: usize = 1000;

impl LedgerReader {
    /// The signs of life in a lane, up to a page of them, each with the record that began what it is a sign of: one
    /// request. What else lies there is left out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn signs(&self, lane: &LaneName) -> Result<Vec<(Seq, Object)>, LedgerError> {
        let page = self.bucket().list(&key::signs_prefix(self.root(), lane), None, PAGE).await?;
        let sign = |object: Object| Some((key::alive_of(self.root(), lane, &object.key)?.0, object));
        Ok(page.objects.into_iter().filter_map(sign).collect())
    }
}

impl Ledger {
    /// Gives a sign of life.
    ///
    /// # Errors
    /// When somebody else gave this one, when it was refused, or when that is not known. Nothing is lost but the sign.
    pub async fn show_life(
        &self,
        lane: &LaneName,
        (since, number): (Seq, u32),
        sign: &Alive,
    ) -> Result<(), AppendError> {
        self.put(&key::alive(self.reader().root(), lane, since, number)?, sign).await
    }
}
