//! A bucket that writes down which calls were made and how many of them had to wait for one another. The budgets of
//! requests and round trips are tested with it.

use super::call::Method;
use super::turn::next_turn;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use promote_port::location::Key;
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, Headers, Metadata, Names, Object, Page,
    PinnedSource, Precondition, ProviderError, VersionId,
};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which method.
    pub method: Method,
    /// The store, as its `Display` names it.
    pub store: String,
    /// The key, or the prefix of a listing.
    pub key: String,
    /// The round that it belongs to, counted from 1: one more than that of the last round from which a call had
    /// ended when this one began. Calls that are under way together share a round.
    pub round: usize,
    /// When it ended, as a count of ended calls; `None` while it is under way and for ever when it was dropped.
    pub ended: Option<usize>,
}

#[derive(Debug, Default)]
struct Calls {
    calls: Vec<Call>,
    ended: usize,
    last_ended_round: usize,
}

/// The calls of all buckets that share it. Clones are the same log.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Calls>>);

impl Log {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// All calls in the order in which they were begun.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls were begun.
    pub fn total(&self) -> usize {
        self.lock().calls.len()
    }

    /// How many round trips had to wait for one another.
    pub fn rounds(&self) -> usize {
        self.lock().calls.iter().map(|call| call.round).max().unwrap_or_default()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.lock() = Calls::default();
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, method: Method, store: &dyn fmt::Display, key: &str) -> usize {
        let mut log = self.lock();
        let round = log.last_ended_round + 1;
        log.calls.push(Call { method, store: store.to_string(), key: key.to_owned(), round, ended: None });
        log.calls.len() - 1
    }

    fn end(&self, index: usize) {
        let mut log = self.lock();
        log.ended += 1;
        let ended = log.ended;
        let Some(call) = log.calls.get_mut(index) else { return };
        call.ended = Some(ended);
        let round = call.round;
        log.last_ended_round = log.last_ended_round.max(round);
    }
}

/// Records each call in a [`Log`]. `now` is recorded only when no call of this bucket was answered before, since
/// only then it costs a request.
#[derive(Debug)]
pub struct Recording {
    inner: Arc<dyn Bucket>,
    log: Log,
    answered: AtomicBool,
}

impl Recording {
    /// Wraps a bucket. Several buckets can share one log.
    pub fn new(inner: Arc<dyn Bucket>, log: Log) -> Self {
        Self { inner, log, answered: AtomicBool::new(false) }
    }

    async fn note<T>(
        &self,
        method: Method,
        key: &str,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let index = self.log.begin(method, &self.inner, key);
        // Calls that are joined must all begin before the first one ends.
        next_turn().await;
        let end = call.await;
        self.log.end(index);
        self.answered.store(true, Ordering::Relaxed);
        end
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Recording {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn savings(&self) -> Vec<(&'static str, String)> {
        self.inner.savings()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        if self.answered.load(Ordering::Relaxed) {
            return self.inner.now().await;
        }
        self.note(Method::Now, "", self.inner.now()).await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.note(Method::Head, key.as_str(), self.inner.head(key)).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.note(Method::Get, key.as_str(), self.inner.get(key, limit)).await
    }

    async fn get_at_once(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.note(Method::Get, key.as_str(), self.inner.get_at_once(key, limit)).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.note(Method::Read, key.as_str(), self.inner.read(key, version)).await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let key = from.location.key.as_str();
        self.note(Method::ReadRange, key, self.inner.read_range(from, offset, length)).await
    }

    /// Passed on without a note: most stores need no request for it.
    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        self.inner.expires(key).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.note(Method::Versioning, "", self.inner.versioning()).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        self.note(Method::Versions, key.as_str(), self.inner.versions(key, limit)).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.note(Method::List, prefix, self.inner.list(prefix, after, limit)).await
    }

    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        self.note(Method::List, prefix, self.inner.names(prefix, requests)).await
    }
}

#[async_trait]
impl Bucket for Recording {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.note(Method::Write, key.as_str(), self.inner.write(key, body, headers, metadata, condition))
            .await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.note(Method::Copy, to.as_str(), self.inner.copy(from, to, metadata, condition)).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.note(Method::Delete, key.as_str(), self.inner.delete(key, when)).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.note(Method::Probe, scratch.as_str(), self.inner.probe(scratch)).await
    }
}
