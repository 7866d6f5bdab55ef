//! Appending to a ledger. A create that succeeds is the only lock there is; a refused one is read back, because it
//! may have been our own whose answer was lost; a create without an answer is sent again with the same bytes.

use super::genesis::Genesis;
use super::key;
use super::opening::Opening;
use super::reader::{Head, LedgerReader};
use super::record::{Record, RecordError};
use crate::digest::Digest;
use crate::location::{Key, LocationError};
use crate::port::{Body, Bucket, Clock, Condition, ErrorKind, Headers, Metadata, ProviderError};
use crate::retry::Attempts;
use bytes::Bytes;
use std::sync::Arc;

/// How a create ended when it did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another object lies there: somebody else was first.
    #[error("`{key}` was written by somebody else first")]
    Lost {
        /// Where.
        key: Key,
        /// What lies there.
        found: Bytes,
    },
    /// It definitely was not written.
    #[error("`{key}` could not be written")]
    Refused {
        /// Where.
        key: Key,
        /// Why.
        source: ProviderError,
    },
    /// It may have been written.
    #[error("whether `{key}` was written is not known")]
    Unknown {
        /// Where.
        key: Key,
        /// Why.
        source: ProviderError,
    },
    /// The record is none.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The root is too long.
    #[error(transparent)]
    Key(#[from] LocationError),
}

/// Reads and appends to one project's ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    bucket: Arc<dyn Bucket>,
    reader: LedgerReader,
    clock: Arc<dyn Clock>,
    opening: Opening,
}

impl Ledger {
    /// The ledger below `root` in `bucket`.
    pub fn new(bucket: Arc<dyn Bucket>, root: Key, clock: Arc<dyn Clock>) -> Self {
        let reader = LedgerReader::new(Arc::clone(&bucket) as Arc<dyn crate::port::BucketReader>, root);
        Self { bucket, reader, clock, opening: Opening::default() }
    }

    /// The same ledger for another run in this process: what one of them is writing is not the other's to settle.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { opening: Opening::default(), ..self.clone() }
    }

    /// The reading half.
    pub fn reader(&self) -> &LedgerReader {
        &self.reader
    }

    /// The store.
    pub fn bucket(&self) -> &Arc<dyn Bucket> {
        &self.bucket
    }

    /// Writes a record at its place, if that is still empty.
    ///
    /// # Errors
    /// When somebody else was first, when it was refused, or when that is not known.
    pub async fn append(&self, record: &Record) -> Result<Head, AppendError> {
        let bytes = Bytes::from(record.to_bytes()?);
        let key = key::record(self.reader.root(), &record.lane, record.seq)?;
        let id = Digest::of(&bytes);
        let again = self.opening.begins(record);
        let created = self.create(&key, bytes).await;
        let known = match &created {
            Ok(_) | Err(AppendError::Lost { .. }) => true,
            Err(AppendError::Unknown { .. }) => false,
            // That one is refused says nothing of what was sent before.
            Err(_) => !again,
        };
        if known {
            self.opening.settled();
        }
        let stored_at = created?;
        let mut record = record.clone();
        record.state = record.state.sealed(record.seq, id, stored_at);
        Ok(Head { stored_at: stored_at.unwrap_or(record.at), record, id })
    }

    /// The intent that was being written when whoever wrote it was stopped; also one of which it is not known whether it
    /// was written.
    pub fn opening(&self) -> Option<Record> {
        self.opening.record()
    }

    /// Writes the genesis, if there is none.
    ///
    /// # Errors
    /// When somebody else was first, when it was refused, or when that is not known.
    pub async fn begin(&self, genesis: &Genesis) -> Result<Digest, AppendError> {
        let bytes = Bytes::from(document(genesis)?);
        let id = Digest::of(&bytes);
        self.create(&key::genesis(self.reader.root())?, bytes).await?;
        Ok(id)
    }

    /// Writes a create-only document: a manifest, a block.
    ///
    /// # Errors
    /// When somebody else was first, when it was refused, or when that is not known.
    pub async fn put<T: serde::Serialize>(&self, key: &Key, value: &T) -> Result<(), AppendError> {
        self.put_within(key, value, super::manifest::LIMIT).await
    }

    /// The same, of a document that may be so long, in bytes.
    pub(super) async fn put_within<T: serde::Serialize>(
        &self,
        key: &Key,
        value: &T,
        limit: usize,
    ) -> Result<(), AppendError> {
        let bytes = document(value)?;
        // What is written once and for ever must be readable.
        if bytes.len() > limit {
            return Err(RecordError::TooLarge(bytes.len()).into());
        }
        self.create(key, Bytes::from(bytes)).await.map(drop)
    }

    /// Creates an object and settles what became of it.
    pub(super) async fn create(
        &self,
        key: &Key,
        bytes: Bytes,
    ) -> Result<Option<chrono::DateTime<chrono::Utc>>, AppendError> {
        let headers = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
        let none = Metadata::new();
        let (mut doubt, mut refused): (Option<ProviderError>, _) = (None, None);
        let mut attempts = Attempts::new(&*self.clock, bytes.len() as u64);
        while attempts.another() {
            let body = Body::Bytes(bytes.clone());
            let error = match self.bucket.write(key, body, &headers, &none, &Condition::absent()).await {
                Ok(object) => return Ok(Some(object.stored_at)),
                Err(error) => error,
            };
            match error.kind {
                ErrorKind::Conflict => {
                    match self.bucket.get(key, bytes.len().max(super::manifest::LIMIT)).await {
                        Ok(Some((object, found))) if found == bytes => return Ok(Some(object.stored_at)),
                        Ok(Some((_, found))) => return Err(AppendError::Lost { key: key.clone(), found }),
                        // Refused, and yet nothing there: a write of somebody else is on its way. Ask again.
                        Ok(None) => {
                            attempts.pause(&error).await;
                            doubt = doubt.or(Some(error));
                        }
                        Err(read) => {
                            attempts.pause(&read).await;
                            doubt = Some(read);
                        }
                    }
                }
                ErrorKind::Unknown => {
                    attempts.pause(&error).await;
                    doubt = Some(error);
                }
                ErrorKind::Unavailable => {
                    attempts.pause(&error).await;
                    refused = Some(error);
                }
                _ if doubt.is_none() => return Err(AppendError::Refused { key: key.clone(), source: error }),
                // An earlier try may have landed: that this one is refused says nothing about it.
                _ => return Err(AppendError::Unknown { key: key.clone(), source: error }),
            }
        }
        if let (None, Some(source)) = (&doubt, refused) {
            return Err(AppendError::Refused { key: key.clone(), source });
        }
        let source = doubt.unwrap_or_else(|| {
            ProviderError::new(
                ErrorKind::Unknown,
                &self.bucket,
                key,
                "no definite answer after several tries",
            )
        });
        Err(AppendError::Unknown { key: key.clone(), source })
    }
}

fn document<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, AppendError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(RecordError::from)?;
    bytes.push(b'\n');
    Ok(bytes)
}
