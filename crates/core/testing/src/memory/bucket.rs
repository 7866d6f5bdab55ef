//! Buckets in memory, and the world that they share.

use super::clock::VirtualClock;
use super::contents::{Contents, Fresh, Refusal};
use super::kind::MemoryKind;
use crate::decorator::next_turn;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use promote_port::location::{Key, StoreId};
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Clock, Condition, CopyGuard, ErrorKind, FenceClass,
    Headers, Metadata, Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Everything that a bucket shows, by key: compare two of them to see what changed.
pub type Snapshot = BTreeMap<Key, (Object, Bytes)>;

type Buckets = BTreeMap<StoreId, Contents>;

/// A world of buckets that can copy among each other and tell the same time.
#[derive(Debug, Clone, Default)]
pub struct MemoryWorld {
    buckets: Arc<Mutex<Buckets>>,
    clock: VirtualClock,
}

impl MemoryWorld {
    /// An empty world.
    pub fn new(clock: VirtualClock) -> Self {
        Self { buckets: Arc::default(), clock }
    }

    /// The bucket that locations name `store`, made as `kind` when there is none yet. Any name will do, so that a
    /// configuration that says `s3://…` can be tried out in memory.
    pub fn bucket(&self, store: StoreId, kind: MemoryKind) -> MemoryBucket {
        self.lock().entry(store.clone()).or_insert_with(|| Contents::new(kind));
        MemoryBucket { world: self.clone(), store, signed_s: None }
    }

    /// The time that all buckets of the world tell.
    pub fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    /// A world of its own that holds the same and whose clock shows the same time: what happens in one of them is not
    /// seen in the other.
    #[must_use]
    pub fn copy(&self) -> Self {
        let buckets = Arc::new(Mutex::new(self.lock().clone()));
        Self { buckets, clock: VirtualClock::new(self.clock.now()) }
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One bucket in memory. Clones share their contents.
#[derive(Debug, Clone)]
pub struct MemoryBucket {
    world: MemoryWorld,
    store: StoreId,
    /// Seconds after which requests of this connection expire, where they are not as the bucket's kind says.
    signed_s: Option<u32>,
}

impl MemoryBucket {
    /// A bucket `memory://{name}` in a world of its own.
    pub fn new(name: &str, kind: MemoryKind) -> Self {
        MemoryWorld::default().bucket(StoreId::Memory(name.to_owned()), kind)
    }

    /// The same bucket for somebody whose file says another `expiry`, in seconds.
    #[must_use]
    pub fn signing(mut self, expiry_s: u32) -> Self {
        self.signed_s = Some(expiry_s);
        self
    }

    /// The world that it is part of.
    pub fn world(&self) -> &MemoryWorld {
        &self.world
    }

    /// The store's name in locations.
    pub fn store(&self) -> &StoreId {
        &self.store
    }

    /// Everything in it now.
    pub fn snapshot(&self) -> Snapshot {
        let copy = |contents: &Contents| {
            let pair = |(key, stored): (&Key, &super::contents::Stored)| {
                (key.clone(), (stored.object.clone(), stored.bytes.clone()))
            };
            contents.live.iter().map(pair).collect()
        };
        self.world.lock().get(&self.store).map(copy).unwrap_or_default()
    }

    /// Its keys in order.
    pub fn keys(&self) -> Vec<Key> {
        self.snapshot().into_keys().collect()
    }

    /// The bytes of one object.
    pub fn bytes(&self, key: &Key) -> Option<Bytes> {
        self.world.lock().get(&self.store)?.find(key, None).map(|stored| stored.bytes.clone())
    }

    /// Writes behind everybody's back, without condition, headers or metadata: what a person does with plain tools.
    pub fn put(&self, key: &Key, bytes: impl Into<Bytes>) -> Option<Object> {
        let fresh = Fresh { bytes: bytes.into(), headers: &Headers::default(), metadata: &Metadata::new() };
        let now = self.world.clock.now();
        self.world.lock().get_mut(&self.store).map(|contents| contents.store(key, fresh, now))
    }

    /// Deletes behind everybody's back.
    pub fn remove(&self, key: &Key) {
        if let Some(contents) = self.world.lock().get_mut(&self.store) {
            contents.remove(key);
        }
    }

    fn error(&self, key: &str, (kind, message): Refusal) -> ProviderError {
        ProviderError::new(kind, self, key, message)
    }

    /// Runs one critical section on the bucket, after everybody else had a turn: no request is answered in no time.
    async fn at<T>(
        &self,
        key: &str,
        act: impl FnOnce(&mut Buckets) -> Result<T, Refusal> + Send,
    ) -> Result<T, ProviderError> {
        next_turn().await;
        let done = act(&mut self.world.lock());
        done.map_err(|refusal| self.error(key, refusal))
    }

    fn contents<'a>(&self, buckets: &'a mut Buckets) -> Result<&'a mut Contents, Refusal> {
        buckets.get_mut(&self.store).ok_or_else(no_bucket)
    }

    /// Refuses an effect that was begun so long ago that its signature has expired.
    fn in_time(&self, contents: &Contents, begun: DateTime<Utc>) -> Result<(), Refusal> {
        let truth = &contents.kind.truth;
        let age = self.world.clock.now() - begun;
        if truth.fence == FenceClass::Expiring
            && age > TimeDelta::seconds(i64::from(self.signed_s.unwrap_or(truth.expiry_s)))
        {
            return Err((ErrorKind::Unavailable, "the request has expired".to_owned()));
        }
        Ok(())
    }
}

fn no_bucket() -> Refusal {
    (ErrorKind::NotFound, "there is no such bucket".to_owned())
}

/// How much of what is to be written is read at once, in bytes.
const PIECE: usize = 1 << 20;

/// Reads all of what is to be written.
async fn whole(body: Body) -> std::io::Result<Bytes> {
    let blob = match body {
        Body::Bytes(bytes) => return Ok(bytes),
        Body::Blob(blob) => blob,
    };
    let mut all = BytesMut::new();
    while (all.len() as u64) < blob.size() {
        let piece = blob.read_at(all.len() as u64, PIECE).await?;
        if piece.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

impl fmt::Display for MemoryBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
impl BucketReader for MemoryBucket {
    fn capabilities(&self) -> Capabilities {
        let claimed = self.world.lock().get(&self.store).map(|contents| contents.kind.claim());
        let mut claimed = claimed.unwrap_or_else(|| MemoryKind::ignoring_conditions().truth);
        claimed.expiry_s = self.signed_s.unwrap_or(claimed.expiry_s);
        claimed
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        let now = self.world.clock.now();
        self.at("", |buckets| Ok(self.contents(buckets)?.stamp(now))).await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        let find = |buckets: &mut Buckets| {
            Ok(self.contents(buckets)?.find(key, None).map(|stored| stored.object.clone()))
        };
        self.at(key.as_str(), find).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let find = |buckets: &mut Buckets| {
            let Some(stored) = self.contents(buckets)?.find(key, None).cloned() else { return Ok(None) };
            if stored.bytes.len() > limit {
                return Err((ErrorKind::Corrupt, format!("it has more than {limit} bytes")));
            }
            Ok(Some((stored.object, stored.bytes)))
        };
        self.at(key.as_str(), find).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        let find = |buckets: &mut Buckets| {
            let stored = self.contents(buckets)?.find(key, version);
            let none = || (ErrorKind::NotFound, "there is no such object".to_owned());
            stored.map(|stored| stored.bytes.clone()).ok_or_else(none)
        };
        let bytes = self.at(key.as_str(), find).await?;
        Ok(stream::once(async move { Ok(bytes) }).boxed())
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let find = |buckets: &mut Buckets| {
            let bytes = self.contents(buckets)?.pinned(from)?;
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
            Ok(bytes.slice(place(offset)..place(offset.saturating_add(length))))
        };
        self.at(from.location.key.as_str(), find).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.at("", |buckets| Ok(Some(self.contents(buckets)?.kind.truth.versioned))).await
    }

    async fn tags(&self, key: &Key) -> Result<Option<usize>, ProviderError> {
        self.at(key.as_str(), |buckets| Ok((!self.contents(buckets)?.kind.hides_tags).then_some(0))).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        self.at(key.as_str(), |buckets| Ok(self.contents(buckets)?.versions(key, limit))).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        if !(1..=1000).contains(&limit) {
            return Err(self.error(prefix, (ErrorKind::Invalid, "a page has 1 to 1000 objects".to_owned())));
        }
        self.at(prefix, |buckets| Ok(self.contents(buckets)?.page(prefix, after, limit))).await
    }
}

#[async_trait]
impl Bucket for MemoryBucket {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let begun = self.world.clock.now();
        let bytes = whole(body).await.map_err(|cause| {
            let unread = (ErrorKind::Invalid, "what was to be written can't be read".to_owned());
            self.error(key.as_str(), unread).caused_by(cause)
        })?;
        let store = |buckets: &mut Buckets| {
            let contents = self.contents(buckets)?;
            if condition.fence.is_some() {
                self.in_time(contents, begun)?;
            }
            contents.admit(key, condition, false)?;
            let metadata = if contents.kind.truth.stamps { metadata } else { &Metadata::new() };
            Ok(contents.store(key, Fresh { bytes, headers, metadata }, self.world.clock.now()))
        };
        self.at(key.as_str(), store).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let begun = self.world.clock.now();
        let store = |buckets: &mut Buckets| {
            let source = buckets.get(&from.location.store).ok_or_else(|| {
                (ErrorKind::NotFound, format!("there is no bucket `{}` to copy from", from.location.store))
            })?;
            let bytes = source.pinned(from)?;
            let contents = self.contents(buckets)?;
            self.in_time(contents, begun)?;
            contents.admit(to, condition, true)?;
            let metadata = if contents.kind.truth.stamps { metadata } else { &Metadata::new() };
            Ok(contents.store(to, Fresh { bytes, headers: &from.headers, metadata }, self.world.clock.now()))
        };
        self.at(to.as_str(), store).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        let remove = |buckets: &mut Buckets| {
            let contents = self.contents(buckets)?;
            let truth = &contents.kind.truth;
            if truth.replace || truth.copy == CopyGuard::Observed {
                contents.check(key, when)?;
            }
            contents.remove(key);
            Ok(())
        };
        self.at(key.as_str(), remove).await
    }

    /// Answers what is true, without writing.
    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.at(scratch.as_str(), |buckets| Ok(self.contents(buckets)?.kind.truth.clone())).await
    }
}
