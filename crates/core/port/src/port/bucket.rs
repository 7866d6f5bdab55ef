//! The object store port.

use super::{
    Capabilities, CopyGuard, ErrorKind, Headers, Metadata, Names, Object, Page, ProviderError, Token,
    VersionId,
};
use crate::digest::Digest;
use crate::location::Key;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use std::fmt::{Debug, Display};
use std::sync::Arc;

/// The bytes of an object, as they arrive.
pub type ByteStream = BoxStream<'static, Result<Bytes, ProviderError>>;

/// Content that can be read again from any place, so that a part can be sent twice. Whoever writes it reads it from its
/// beginning to its end, a few parts side by side at most, and the last byte before anything takes effect.
#[async_trait]
pub trait Blob: Debug + Send + Sync {
    /// Length in bytes.
    fn size(&self) -> u64;
    /// SHA-256 of the whole.
    fn digest(&self) -> Digest;
    /// `length` bytes from `offset`; fewer only at the end.
    async fn read_at(&self, offset: u64, length: usize) -> std::io::Result<Bytes>;
}

/// What to write.
#[derive(Debug, Clone)]
pub enum Body {
    /// Bytes in memory: ledger records, manifests.
    Bytes(Bytes),
    /// Anything larger.
    Blob(Arc<dyn Blob>),
}

/// What must hold of the key at the moment of writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precondition {
    /// Nothing. Never used on a target or in a ledger.
    Any,
    /// There is no such object.
    Absent,
    /// The object's token is this one.
    Matches(Token),
}

/// The next slot of the ledger: while it is empty, the promotion that sends a request has not been taken over.
/// Only stores of class `Atomic` look at it, and only when `slot` lies in the same store: in the same critical section as the
/// write or copy, whatever its precondition. Where the slot is filled, nothing is written and the answer is `Conflict`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The key that must not exist.
    pub slot: Key,
}

/// Everything that must hold for a write to take effect, and the way to make the store check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What must hold of the written key.
    pub when: Precondition,
    /// For a copy: the way that the plan chose from the store's capabilities. Ignored by `write`.
    pub way: CopyGuard,
    /// What else must hold, where the store can check it.
    pub fence: Option<Fence>,
}

impl Condition {
    /// A condition on the key alone.
    pub fn on(when: Precondition) -> Self {
        Self { when, way: CopyGuard::ConditionalCopy, fence: None }
    }

    /// Create-if-absent.
    pub fn absent() -> Self {
        Self::on(Precondition::Absent)
    }
}

/// The very object that was checked while planning: what was checked is what is copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PinnedSource {
    /// Where it lies. May be another bucket of the same kind of store.
    pub location: crate::location::Location,
    /// Its token.
    pub token: Token,
    /// Its version, where the store keeps versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// Its digest, as the release's manifest says.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Its content headers, restated on the copy.
    pub headers: Headers,
}

/// Reading an object store. `Display` names the store in messages.
#[async_trait]
pub trait BucketReader: Debug + Display + Send + Sync {
    /// What the store can do by its nature. For a store that must be probed, what holds before it was: nothing.
    fn capabilities(&self) -> Capabilities;

    /// Which lines of its settings would save requests, by what it has answered so far: a key and its value, as
    /// `promote.toml` would have them. Sends nothing.
    fn config_hints(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The store's own time: from its last answer where that carries one, never from this machine's clock alone
    /// when the store has one. Sends a request only when nothing was answered yet.
    async fn now(&self) -> Result<DateTime<Utc>, ProviderError>;

    /// The object's description, or `None` when there is none. A missing right is `Denied`, never `None`.
    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError>;

    /// Description and content, at most `limit` bytes: more is `Corrupt`. For records and manifests.
    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError>;

    /// The same in one answer, where the store has one that tells both. Then the time may be cut to whole seconds, and
    /// content headers and checksums may be missing: it is for what matters for its content, its token and its metadata.
    async fn get_with_metadata(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.get(key, limit).await
    }

    /// The content as a stream, of this version when one is named. A missing object is `NotFound`.
    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError>;

    /// `length` bytes from `offset` of the very object that is pinned, which lies in this store. Another one in its place
    /// is `Conflict`, and so is none. Without an own way to do that, the object is read from its beginning each time.
    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let key = &from.location.key;
        let error = |kind, message: &str| ProviderError::new(kind, self, key, message);
        let changed = || error(ErrorKind::Conflict, "the source is gone or was replaced");
        if from.version.is_none() && self.head(key).await?.is_none_or(|there| there.token != from.token) {
            return Err(changed());
        }
        let mut pieces = match self.read(key, from.version.as_ref()).await {
            Err(gone) if gone.kind == ErrorKind::NotFound => return Err(changed().caused_by(gone)),
            opened => opened?,
        };
        let (mut part, mut at) = (BytesMut::new(), 0_u64);
        while (part.len() as u64) < length {
            let Some(mut piece) = pieces.next().await.transpose()? else {
                return Err(error(ErrorKind::Unavailable, "the answer ended early"));
            };
            let before = usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX).min(piece.len());
            at += piece.len() as u64;
            let mut piece = piece.split_off(before);
            piece.truncate(usize::try_from(length - part.len() as u64).unwrap_or(usize::MAX));
            part.extend_from_slice(&piece);
        }
        Ok(part.freeze())
    }

    /// After what time an object expires wherever it is put, in its own words (`4w`), where it says so itself: the
    /// label of an image. `None` for what stays.
    async fn expires(&self, _key: &Key) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    /// Whether what is overwritten from now on is kept as a version, asked anew; `None` where that is not told: the store
    /// has no such question, or the right to ask it is missing.
    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        Ok(None)
    }

    /// How many tags somebody put on an object, which the store keeps beside it and a copy in parts takes along where they may
    /// be read; `None` where they may not. None of them where the store has no tags.
    async fn tags(&self, _key: &Key) -> Result<Option<usize>, ProviderError> {
        Ok(Some(0))
    }

    /// Up to `limit` versions of one object, newest first, the present one included, each described as `head` would;
    /// what was deleted in between is left out. Empty where the store keeps no versions: then `head` knows all. A store that
    /// says `versioned` tells them, also of what was deleted since.
    async fn versions(&self, _key: &Key, _limit: usize) -> Result<Vec<Object>, ProviderError> {
        Ok(Vec::new())
    }

    /// Up to `limit` (1 to 1000) objects whose key begins with `prefix` and comes after `after`, which need not exist. Any other
    /// `limit` is `Invalid`. A page with `more` is full; one that says no `more` is the last. An empty prefix lists everything,
    /// and no character of one stands for another: `_`, `%` and `*` mean themselves, and upper case is not lower case.
    ///
    /// Keys come in the store's own order, which is one of two and always the same: by their bytes, or
    /// [part by part](super::order::by_parts). Pages that each begin after the last key of the one before hold every key
    /// once. Keys that differ first in a digit or a letter, as the numbers of records do, come in the same order
    /// everywhere; whoever needs another order sorts.
    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError>;

    /// Folders below `prefix` in which nothing lies, at most `most` of them, where a store keeps its objects in folders: no
    /// listing tells them, and each may be in place of an object.
    async fn empty_folders(&self, _prefix: &str, _most: usize) -> Result<Vec<Key>, ProviderError> {
        Ok(Vec::new())
    }

    /// The names that begin with `prefix`, as far as this many requests tell them: what they name is not described. A
    /// store that knows when names were put tells the newest ones first.
    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        let mut found = Names { more: true, ..Names::default() };
        for _ in 0..requests {
            let page = self.list(prefix, found.keys.last(), 1000).await?;
            found.more = page.more;
            found.keys.extend(page.objects.into_iter().map(|object| object.key));
            if !found.more {
                break;
            }
        }
        Ok(found)
    }
}

/// Writing an object store. No method repeats a request by itself once it may have taken effect.
#[async_trait]
pub trait Bucket: BucketReader {
    /// Writes an object. The answer describes what is stored now; `metadata` and `headers` are filled in. A precondition that is
    /// not met, at the moment of the write and for all processes and machines, is `Conflict`, and nothing is written.
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError>;

    /// Copies inside the store, without the bytes passing through the client unless `condition.way` says so.
    /// Content headers come from the source, metadata is replaced. A source that is no longer the pinned one is
    /// `Conflict`, and so is a destination of which `condition` is not true. A source in another store may be refused as
    /// `Unsupported`: of a store with a scheme of its own none is asked for.
    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError>;

    /// Deletes an object: retention and probes only. Of a ledger, signs of life of what has ended and nothing else. What is not
    /// there is deleted already, unless a token is expected: that is `Conflict`. Where versions are kept, they stay readable.
    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError>;

    /// Finds out what the store honours, by writing below `scratch` and cleaning up what was written.
    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError>;
}

#[derive(Debug)]
struct InMemory(Bytes);

#[async_trait]
impl Blob for InMemory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    async fn read_at(&self, offset: u64, length: usize) -> std::io::Result<Bytes> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        Ok(self.0.slice(start..start.saturating_add(length).min(self.0.len())))
    }
}

impl Body {
    /// The content as something that can be read from any place.
    pub fn blob(&self) -> Arc<dyn Blob> {
        match self {
            Self::Bytes(bytes) => Arc::new(InMemory(bytes.clone())),
            Self::Blob(blob) => Arc::clone(blob),
        }
    }
}
