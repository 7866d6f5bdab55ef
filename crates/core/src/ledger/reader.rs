//! Reading a ledger: its genesis, the head of a lane, pages of history, releases. Appending is [`super::Ledger`]'s.

use super::entry::ReleaseEntry;
use super::error::LedgerError;
use super::genesis::{self, Genesis, Probed};
use super::key;
use super::manifest::{self, Manifest};
use super::record::{self, Record};
use super::state::State;
use super::terms::Seq;
use crate::commit::{CommitId, CommitPrefix};
use crate::digest::Digest;
use crate::location::{Key, StoreId};
use crate::names::LaneName;
use crate::port::{BucketReader, Object};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A record as it lies in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The record. Its state is sealed.
    pub record: Record,
    /// Its id.
    pub id: Digest,
    /// The store's time of it.
    pub stored_at: DateTime<Utc>,
}

impl Head {
    /// The lane's state after it.
    pub fn state(&self) -> &State {
        &self.record.state
    }
}

/// Reads one project's ledger.
#[derive(Debug, Clone)]
pub struct LedgerReader {
    bucket: Arc<dyn BucketReader>,
    root: Key,
}

impl LedgerReader {
    /// The ledger below `root` in `bucket`.
    pub fn new(bucket: Arc<dyn BucketReader>, root: Key) -> Self {
        Self { bucket, root }
    }

    /// The prefix below which everything lies.
    pub fn root(&self) -> &Key {
        &self.root
    }

    /// The store.
    pub fn bucket(&self) -> &Arc<dyn BucketReader> {
        &self.bucket
    }

    /// The ledger's genesis and its id, or `None` when there is no ledger yet.
    ///
    /// # Errors
    /// When the store fails, or what lies there is no genesis of this version.
    pub async fn genesis(&self) -> Result<Option<(Genesis, Digest)>, LedgerError> {
        let key = key::genesis(&self.root)?;
        let Some((_, bytes)) = self.bucket.get(&key, genesis::LIMIT).await? else { return Ok(None) };
        let found: Genesis = document(&key, &bytes)?;
        schema(&key, &found.schema, genesis::SCHEMA)?;
        Ok(Some((found, Digest::of(&bytes))))
    }

    /// The number of the newest record of a lane: one request.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn newest(&self, lane: &LaneName) -> Result<Option<Seq>, LedgerError> {
        let page = self.bucket.list(&key::log_prefix(&self.root, lane), None, 1).await?;
        page.objects.first().map(|object| self.seq(lane, object)).transpose()
    }

    fn seq(&self, lane: &LaneName, object: &Object) -> Result<Seq, LedgerError> {
        key::seq_of(&self.root, lane, &object.key).ok_or_else(|| LedgerError::Foreign {
            key: object.key.clone(),
            why: "no record has such a key".to_owned(),
        })
    }

    /// The newest record of a lane: one listing, and one get where the listing does not tell the content, however long
    /// the ledger is.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn head(&self, lane: &LaneName) -> Result<Option<Head>, LedgerError> {
        Ok(self.listed(lane, None, 1).await?.pop())
    }

    /// A lane's state after its newest record; an empty one before the first.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn state(&self, lane: &LaneName) -> Result<State, LedgerError> {
        Ok(self.head(lane).await?.map(|head| head.record.state).unwrap_or_default())
    }

    /// One record by number.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn record(&self, lane: &LaneName, seq: Seq) -> Result<Option<Head>, LedgerError> {
        let key = key::record(&self.root, lane, seq)?;
        match self.bucket.get(&key, record::LIMIT).await? {
            Some((object, bytes)) => read(lane, seq, &object, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// The same by the fewest requests: the store's time of it may be cut to whole seconds.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn record_at_once(&self, lane: &LaneName, seq: Seq) -> Result<Option<Head>, LedgerError> {
        let key = key::record(&self.root, lane, seq)?;
        match self.bucket.get_with_metadata(&key, record::LIMIT).await? {
            Some((object, bytes)) => read(lane, seq, &object, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Records that a listing tells, newest first; those whose content it does not tell are got side by side.
    async fn listed(
        &self,
        lane: &LaneName,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Head>, LedgerError> {
        let page = self.bucket.list(&key::log_prefix(&self.root, lane), after, limit).await?;
        let mut seqs = Vec::new();
        for object in &page.objects {
            seqs.push((self.seq(lane, object)?, object));
        }
        let mut heads = Vec::with_capacity(seqs.len());
        for batch in seqs.chunks(32) {
            let gets = batch.iter().map(|(seq, object)| async {
                match page.contents.get(&object.key) {
                    Some(bytes) if bytes.len() <= record::LIMIT => read(lane, *seq, object, bytes).map(Some),
                    _ => self.record(lane, *seq).await,
                }
            });
            for head in futures_util::future::try_join_all(gets).await? {
                heads.extend(head);
            }
        }
        Ok(heads)
    }

    /// Up to `limit` records older than `before` (from the newest when `None`), newest first: one listing, then
    /// gets side by side.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn page(
        &self,
        lane: &LaneName,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Head>, LedgerError> {
        let after = before.map(|seq| key::record(&self.root, lane, seq)).transpose()?;
        self.listed(lane, after.as_ref(), limit).await
    }

    /// A release's manifest.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn manifest(&self, commit: &CommitId) -> Result<Option<Manifest>, LedgerError> {
        Ok(self.stored_manifest(commit).await?.map(|(manifest, _)| manifest))
    }

    /// A release's manifest, and the digest of what is stored.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn stored_manifest(
        &self,
        commit: &CommitId,
    ) -> Result<Option<(Manifest, Digest)>, LedgerError> {
        let key = key::manifest(&self.root, commit)?;
        let Some((_, bytes)) = self.bucket.get(&key, manifest::LIMIT).await? else { return Ok(None) };
        let found: Manifest = document(&key, &bytes)?;
        schema(&key, &found.schema, manifest::SCHEMA)?;
        if found.commit != *commit {
            return Err(LedgerError::Foreign { key, why: "the manifest is of another release".to_owned() });
        }
        Ok(Some((found, Digest::of(&bytes))))
    }

    /// What a later probe found out about a store that the genesis does not name.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn probed(&self, store: &StoreId) -> Result<Option<Probed>, LedgerError> {
        let key = key::probe(&self.root, store)?;
        let Some((_, bytes)) = self.bucket.get(&key, genesis::LIMIT).await? else { return Ok(None) };
        let found: Probed = document(&key, &bytes)?;
        if found.store != *store {
            return Err(LedgerError::Foreign { key, why: "the probe is of another store".to_owned() });
        }
        Ok(Some(found))
    }

    /// What is known of one release: what a listing tells, and whether the newest word about it can be read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn release(&self, commit: &CommitId) -> Result<ReleaseEntry, LedgerError> {
        let mut entry = self.listed_release(commit).await?;
        self.heed(commit, &mut entry).await?;
        Ok(entry)
    }

    /// What a listing tells of one release. All pages are read: a block on a later page must not be missed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn listed_release(&self, commit: &CommitId) -> Result<ReleaseEntry, LedgerError> {
        let mut entry = ReleaseEntry::default();
        self.below(&format!("{}/", key::releases_prefix(&self.root, commit.as_str())), |object| {
            if let Some((_, rest)) = key::release_of(&self.root, &object.key) {
                entry.take(rest, object.stored_at);
            }
        })
        .await?;
        Ok(entry)
    }

    /// The releases whose commit begins with `prefix`, all that is known of each.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn releases_of(
        &self,
        prefix: &CommitPrefix,
    ) -> Result<BTreeMap<CommitId, ReleaseEntry>, LedgerError> {
        let mut found = BTreeMap::new();
        self.below(&key::releases_prefix(&self.root, prefix.as_str()), |object| {
            self.take(&mut found, object);
        })
        .await?;
        Ok(found)
    }

    /// Releases in the order of their commits, as far as one listing of `limit` keys tells all of what is known of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn first_releases(
        &self,
        limit: usize,
    ) -> Result<BTreeMap<CommitId, ReleaseEntry>, LedgerError> {
        let page = self.bucket.list(&key::releases_prefix(&self.root, ""), None, limit).await?;
        let mut found = BTreeMap::new();
        page.objects.iter().for_each(|object| self.take(&mut found, object));
        if page.more {
            // More of the last one may follow.
            found.pop_last();
        }
        Ok(found)
    }

    fn take(&self, found: &mut BTreeMap<CommitId, ReleaseEntry>, object: &Object) {
        if let Some((commit, rest)) = key::release_of(&self.root, &object.key) {
            found.entry(commit).or_default().take(rest, object.stored_at);
        }
    }
}

/// A record from what lies at its place.
fn read(lane: &LaneName, seq: Seq, object: &Object, bytes: &[u8]) -> Result<Head, LedgerError> {
    let key = &object.key;
    let mut record =
        Record::from_bytes(bytes).map_err(|source| LedgerError::Record { key: key.clone(), source })?;
    if record.lane != *lane || record.seq != seq {
        let why = "the record is of another lane or number".to_owned();
        return Err(LedgerError::Foreign { key: key.clone(), why });
    }
    let id = Digest::of(bytes);
    record.state = record.state.sealed(seq, id, Some(object.stored_at));
    Ok(Head { record, id, stored_at: object.stored_at })
}

fn document<T: DeserializeOwned>(key: &Key, bytes: &[u8]) -> Result<T, LedgerError> {
    serde_json::from_slice(bytes).map_err(|source| LedgerError::Document { key: key.clone(), source })
}

fn schema(key: &Key, found: &str, wanted: &str) -> Result<(), LedgerError> {
    if found == wanted {
        return Ok(());
    }
    let why = format!("its schema is `{}`, this version reads `{wanted}`", crate::names::escape(found));
    Err(LedgerError::Foreign { key: key.clone(), why })
}
