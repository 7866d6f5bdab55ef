//! What was found out about a release's artifacts after it was published, by reading them: numbered entries beside its
//! manifest, of which the last one tells everything. They spare reading the same bytes again, and decide nothing by
//! themselves: a release without them has its bytes read.

use super::append::{AppendError, Ledger};
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use crate::commit::CommitId;
use crate::location::Key;
use crate::port::Stored;
use crate::port::Token;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema of every entry this version writes and reads.
pub const SCHEMA: &str = "promote/seen@1";

/// The longest entry, in bytes: for each file of a folder it is shorter than that folder's manifest.
pub const LIMIT: usize = crate::folder::LIMIT;

/// How often a number is taken that somebody else took first.
const TRIES: u32 = 8;

/// What is known of a release's artifacts, by the name of their entry in the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SeenArtifacts {
    /// What the store said of each when its bytes were read and were the published ones.
    pub artifacts: BTreeMap<String, Stored>,
    /// Of folders: the tokens that files had when the same was found of them, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub folders: BTreeMap<String, BTreeMap<Key, Token>>,
}

impl SeenArtifacts {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.artifacts.is_empty() && self.folders.is_empty()
    }

    /// Takes in what was found out later.
    fn learn(&mut self, later: &Self) {
        self.artifacts.extend(later.artifacts.clone());
        for (name, files) in &later.folders {
            self.folders.entry(name.clone()).or_default().extend(files.clone());
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Remembered {
    /// [`SCHEMA`].
    pub schema: String,
    /// All that is known.
    #[serde(flatten)]
    pub known: SeenArtifacts,
    /// When, by the clock of who read them.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
}

impl LedgerReader {
    /// What was found out by reading a release's artifacts, as the `number`-th entry says. One that is gone or of
    /// another version says nothing: the bytes are read then.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remembered(&self, commit: &CommitId, number: u32) -> Result<SeenArtifacts, LedgerError> {
        let key = key::seen(self.root(), commit, number)?;
        let Some((_, bytes)) = self.bucket().get(&key, LIMIT).await? else {
            return Ok(SeenArtifacts::default());
        };
        let found = serde_json::from_slice::<Remembered>(&bytes).ok();
        let ours = found.filter(|found| found.schema == SCHEMA);
        Ok(ours.map(|found| found.known).unwrap_or_default())
    }
}

impl Ledger {
    /// Writes down what was found out about a release's artifacts. `last`: the number of the entry that is there, and
    /// what it says.
    ///
    /// # Errors
    /// When it was refused, or it is not known whether it was written. Nothing but time is lost by that.
    pub async fn remember(
        &self,
        commit: &CommitId,
        last: (u32, &SeenArtifacts),
        fresh: &SeenArtifacts,
        (by, at): (&str, DateTime<Utc>),
    ) -> Result<(), AppendError> {
        let (mut number, mut known) = (last.0, last.1.clone());
        for attempt in 1.. {
            number += 1;
            known.learn(fresh);
            let entry = Remembered { schema: SCHEMA.to_owned(), known: known.clone(), at, by: by.to_owned() };
            let place = key::seen(self.reader().root(), commit, number)?;
            match self.put_within(&place, &entry, LIMIT).await {
                // What somebody else found out meanwhile is kept beside ours.
                Err(AppendError::Lost { found, .. }) if attempt < TRIES => {
                    let theirs = serde_json::from_slice::<Remembered>(&found);
                    known = theirs.map(|theirs| theirs.known).unwrap_or_default();
                }
                end => return end,
            }
        }
        Ok(())
    }
}
