//! What was found out about a release's artifacts after it was published, by reading them: numbered entries beside its
//! manifest, of which the last one tells everything. They spare reading the same bytes again, and decide nothing by
//! themselves: a release without them has its bytes read.

use super::append::{AppendError, Ledger};
use super::key;
use super::stored::Stored;
use crate::commit::CommitId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema of every entry this version writes and reads.
pub const SCHEMA: &str = "promote/seen@1";

/// How often a number is taken that somebody else took first.
const TRIES: u32 = 8;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Remembered {
    /// [`SCHEMA`].
    pub schema: String,
    /// What the store said of each artifact when its bytes were read and were the published ones, by the name of its
    /// entry in the manifest.
    pub artifacts: BTreeMap<String, Stored>,
    /// When, by the clock of who read them.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
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
        last: (u32, &BTreeMap<String, Stored>),
        fresh: &BTreeMap<String, Stored>,
        (by, at): (&str, DateTime<Utc>),
    ) -> Result<(), AppendError> {
        let (mut number, mut known) = (last.0, last.1.clone());
        for attempt in 1.. {
            number += 1;
            known.extend(fresh.clone());
            let entry =
                Remembered { schema: SCHEMA.to_owned(), artifacts: known.clone(), at, by: by.to_owned() };
            let place = key::seen(self.reader().root(), commit, number)?;
            match self.put(&place, &entry).await {
                // What somebody else found out meanwhile is kept beside ours.
                Err(AppendError::Lost { found, .. }) if attempt < TRIES => {
                    let theirs = serde_json::from_slice::<Remembered>(&found);
                    known = theirs.map(|theirs| theirs.artifacts).unwrap_or_default();
                }
                end => return end,
            }
        }
        Ok(())
    }
}
