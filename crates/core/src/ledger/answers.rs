//! Reading and writing what was said to a release that is to go to a lane: approvals and rejections, each an object of its
//! own that is created once and never changed. What cannot be read is told, never left out: a gate closes for it.

use super::append::{AppendError, Ledger};
use super::approval::{self, Approval, SignedApproval};
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use super::record::RecordError;
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::Key;
use crate::names::{LaneName, escape};
use crate::port::Object;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

/// How many of them are read for one release: nobody needs more, and who writes more must not fill the memory.
pub const MOST: usize = 500;

/// An approval or a rejection as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredApproval {
    /// What names it in its folder, for people: 32 digits where it was written by this program.
    pub name: String,
    /// The store's time of it.
    pub stored_at: DateTime<Utc>,
    /// SHA-256 of what is stored.
    pub digest: Option<Digest>,
    /// What it says, or why that can't be read, as the rest of a sentence.
    pub content: Result<SignedApproval, String>,
}

impl LedgerReader {
    /// Everything that was said to a release that is to go to a lane, oldest first: one listing, then reads side by side.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn answers(
        &self,
        lane: &LaneName,
        commit: &CommitId,
    ) -> Result<Vec<StoredApproval>, LedgerError> {
        let prefix = key::approvals_prefix(self.root(), lane, commit);
        let page = match self.bucket().list(&prefix, None, MOST + 1).await {
            // What lies there and is no object closes the gate, and nothing else.
            Err(error) if error.is_finding() => return Ok(vec![unread("…", error.to_string())]),
            page => page?,
        };
        if page.objects.len() > MOST || page.more {
            return Ok(vec![unread("…", format!("there are more than {MOST} of one release"))]);
        }
        let reads = page.objects.iter().map(|object| async {
            let bytes = match page.contents.get(&object.key) {
                Some(bytes) if bytes.len() <= approval::LIMIT => Some(bytes.clone()),
                _ if object.size > approval::LIMIT as u64 => None,
                _ => match self.bucket().get(&object.key, approval::LIMIT).await {
                    Err(error) if error.is_finding() => {
                        return Ok(unread(object.key.as_str(), error.to_string()));
                    }
                    got => got?.map(|(_, bytes)| bytes),
                },
            };
            Ok::<_, LedgerError>(read(self.root(), lane, commit, object, bytes.as_deref()))
        });
        let mut found = try_join_all(reads).await?;
        found.sort_by(|one, other| (one.stored_at, &one.name).cmp(&(other.stored_at, &other.name)));
        Ok(found)
    }
}

/// What can't be read, and why.
fn unread(key: &str, why: String) -> StoredApproval {
    let file = key.rsplit('/').next().unwrap_or_default();
    let name = escape(file.strip_suffix(".json").unwrap_or(file));
    StoredApproval { name, stored_at: DateTime::<Utc>::MIN_UTC, digest: None, content: Err(why) }
}

fn read(
    root: &Key,
    lane: &LaneName,
    commit: &CommitId,
    object: &Object,
    bytes: Option<&[u8]>,
) -> StoredApproval {
    let file = object.key.as_str().rsplit('/').next().unwrap_or_default();
    let name = escape(file.strip_suffix(".json").unwrap_or(file));
    let content = match (key::approval_of(root, lane, &object.key), bytes) {
        (None, _) => Err("no approval has such a name".to_owned()),
        (_, None) => Err("it is gone, or too large for one".to_owned()),
        (Some((_, nonce)), Some(bytes)) => match SignedApproval::from_bytes(bytes) {
            Err(error) => Err(error.to_string()),
            Ok(found) => {
                let said = &found.approval;
                let placed =
                    said.nonce == nonce && said.lane == *lane && said.bound.release.commit == *commit;
                if placed { Ok(found) } else { Err("it was written for another place".to_owned()) }
            }
        },
    };
    StoredApproval { name, stored_at: object.stored_at, digest: bytes.map(Digest::of), content }
}

impl Ledger {
    /// Writes an approval or a rejection, under its own name.
    ///
    /// # Errors
    /// When it was refused, or when it is not known whether it was written.
    pub async fn answer(&self, said: &SignedApproval) -> Result<(), AppendError> {
        let bytes = said.to_bytes();
        if bytes.len() > approval::LIMIT {
            return Err(RecordError::TooLarge(bytes.len()).into());
        }
        let Approval { lane, bound, nonce, .. } = &said.approval;
        let key = key::approval(self.reader().root(), lane, &bound.release.commit, nonce)?;
        self.create(&key, bytes.into()).await.map(drop)
    }
}
