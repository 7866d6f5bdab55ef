//! Whether the newest entry of each word about a release can be read. A listing tells how many there are: by that an
//! even number lifts what the one before said. An entry that nobody can read lifts nothing.

use super::entry::{Block, ReleaseEntry, StoredEntry, Word};
use super::error::LedgerError;
use super::reader::LedgerReader;
use super::record;
use super::strict::Unambiguous;
use crate::commit::CommitId;
use crate::digest::Digest;

impl StoredEntry {
    /// From what is stored.
    ///
    /// # Errors
    /// When it is no entry, or names a key twice.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<Unambiguous>(bytes)?;
        serde_json::from_slice(bytes)
    }
}

/// The newest entry of a word as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// What it says; `None` when it can't be read, or can't be found any more.
    pub said: Option<Block>,
    /// The digest of what is stored.
    pub digest: Option<Digest>,
}

impl Newest {
    /// What it says, or why that is not known.
    pub fn or_lost(self, at: chrono::DateTime<chrono::Utc>) -> Block {
        let lost = if self.digest.is_some() { "can't be read" } else { "can't be found" };
        self.said.unwrap_or_else(|| Block {
            reason: format!("its entry in the ledger {lost}"),
            by: String::new(),
            at,
        })
    }
}

impl LedgerReader {
    /// The newest entry of a word about a release.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn newest_said(
        &self,
        commit: &CommitId,
        word: Word,
        entry: &ReleaseEntry,
    ) -> Result<Newest, LedgerError> {
        let key = word.key(self.root(), commit, entry.number(word))?;
        let limit = super::manifest::LIMIT.max(record::LIMIT);
        let stored = self.bucket().get(&key, limit).await?;
        Ok(Newest {
            said: stored.as_ref().and_then(|(_, bytes)| Some(StoredEntry::from_bytes(bytes).ok()?.said)),
            digest: stored.map(|(_, bytes)| Digest::of(&bytes)),
        })
    }

    /// Reads those of the newest entries on which it depends what may become of a release: those that lift a block or a
    /// pin.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn heed(&self, commit: &CommitId, entry: &mut ReleaseEntry) -> Result<(), LedgerError> {
        for word in [Word::Block, Word::Pin] {
            self.heed_one(commit, word, entry).await?;
        }
        Ok(())
    }

    /// The same for one word alone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn heed_one(
        &self,
        commit: &CommitId,
        word: Word,
        entry: &mut ReleaseEntry,
    ) -> Result<(), LedgerError> {
        let number = entry.number(word);
        if number > 0
            && number.is_multiple_of(2)
            && self.newest_said(commit, word, entry).await?.said.is_none()
        {
            entry.unread.insert(word);
        }
        Ok(())
    }
}
