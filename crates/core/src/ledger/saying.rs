//! Saying a word about a release: each entry names the one that it follows by its digest, so that none can be changed
//! or left out unseen once another follows it. And naming in a record what is said of a release.

use super::append::{AppendError, Ledger};
use super::entry::{Block, StoredEntry, Word};
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use super::record;
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::Key;
use crate::port::ProviderError;
use std::collections::BTreeMap;

impl Ledger {
    /// Writes the `number`-th entry of a word, if there is none yet.
    ///
    /// # Errors
    /// When somebody else was first, when it was refused, or when that is not known.
    pub async fn say(
        &self,
        commit: &CommitId,
        word: Word,
        number: u32,
        said: &Block,
    ) -> Result<(), AppendError> {
        let root = self.reader().root();
        let place = word.key(root, commit, number)?;
        let before = match (word, number) {
            (Word::Erase, doom) => Word::Doom.key(root, commit, doom)?,
            (_, 0 | 1) => key::manifest(root, commit)?,
            (_, number) => word.key(root, commit, number - 1)?,
        };
        let prev = self.reader().stored(&before).await;
        let prev = prev.map_err(|source| AppendError::Refused { key: place.clone(), source })?;
        self.put(&place, &StoredEntry { said: said.clone(), prev }).await
    }
}

impl LedgerReader {
    /// The digest of a document of the ledger, as it is stored; `None` when it is not there.
    ///
    /// # Errors
    /// What the store answers.
    pub(crate) async fn stored(&self, key: &Key) -> Result<Option<Digest>, ProviderError> {
        let limit = super::manifest::LIMIT.max(record::LIMIT);
        Ok(self.bucket().get(key, limit).await?.map(|(_, bytes)| Digest::of(&bytes)))
    }

    /// What a record names of a release that it does not move, by the key below the release: its manifest.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn named(&self, commit: &CommitId) -> Result<BTreeMap<String, Digest>, LedgerError> {
        let digest = self.stored(&key::manifest(self.root(), commit)?).await?;
        Ok(digest.into_iter().map(|digest| (super::manifest::FILE.to_owned(), digest)).collect())
    }
}
