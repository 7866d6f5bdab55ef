//! A bucket that keeps to a limit of calls.

use super::limit::Limit;
use crate::location::Key;
use crate::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, Headers, Metadata, Names, Object, Page,
    PinnedSource, Precondition, ProviderError, VersionId,
};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Arc;

/// Sends a request only when its [`Limit`] has room for it.
#[derive(Debug, Clone)]
pub struct Limited {
    inner: Arc<dyn Bucket>,
    limit: Arc<Limit>,
}

impl Limited {
    /// Wraps a bucket. Several buckets share one limit.
    pub fn new(inner: Arc<dyn Bucket>, limit: Arc<Limit>) -> Self {
        Self { inner, limit }
    }

    async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let place = self.limit.enter().await;
        let answer = call.await;
        self.limit.learn(&answer);
        drop(place);
        answer
    }
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Limited {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn savings(&self) -> Vec<(&'static str, String)> {
        self.inner.savings()
    }

    /// Passes by the limit: it is seldom a request.
    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.inner.now().await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.within(self.inner.head(key)).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.within(self.inner.get(key, limit)).await
    }

    async fn get_at_once(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.within(self.inner.get_at_once(key, limit)).await
    }

    /// The place is given back when the stream is open: who holds several streams must still be able to write.
    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.within(self.inner.read(key, version)).await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        self.within(self.inner.read_range(from, offset, length)).await
    }

    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        self.within(self.inner.expires(key)).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.within(self.inner.versioning()).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        self.within(self.inner.versions(key, limit)).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.within(self.inner.list(prefix, after, limit)).await
    }

    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        self.within(self.inner.names(prefix, requests)).await
    }
}

#[async_trait]
impl Bucket for Limited {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.within(self.inner.write(key, body, headers, metadata, condition)).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.within(self.inner.copy(from, to, metadata, condition)).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.within(self.inner.delete(key, when)).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.within(self.inner.probe(scratch)).await
    }
}
