//! A bucket after whose calls somebody else may act, before the caller sees the answer.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use promote_core::location::Key;
use promote_core::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, Headers, Metadata, Object, Page,
    PinnedSource, Precondition, ProviderError, VersionId,
};
use std::fmt;
use std::sync::{Arc, Mutex};

type Act = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// Acts once, after the first call of `method` on `key`.
pub struct Meddler {
    inner: Arc<dyn Bucket>,
    at: (&'static str, &'static str),
    act: Mutex<Option<Act>>,
}

impl Meddler {
    pub fn new(
        inner: Arc<dyn Bucket>,
        at: (&'static str, &'static str),
        act: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { inner, at, act: Mutex::new(Some(Box::new(act))) })
    }

    /// Whether it acted.
    pub fn done(&self) -> bool {
        self.act.lock().unwrap().is_none()
    }

    async fn after<T>(&self, method: &str, key: &str, answer: T) -> T {
        if (method, key) == self.at {
            let act = self.act.lock().unwrap().take();
            if let Some(act) = act {
                act().await;
            }
        }
        answer
    }
}

impl fmt::Debug for Meddler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Meddler").field(&self.at).finish()
    }
}

impl fmt::Display for Meddler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Meddler {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.inner.now().await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        let answer = self.inner.head(key).await;
        self.after("head", key.as_str(), answer).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let answer = self.inner.get(key, limit).await;
        self.after("get", key.as_str(), answer).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.inner.read(key, version).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        let answer = self.inner.list(prefix, after, limit).await;
        self.after("list", prefix, answer).await
    }
}

#[async_trait]
impl Bucket for Meddler {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.inner.write(key, body, headers, metadata, condition).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let answer = self.inner.copy(from, to, metadata, condition).await;
        self.after("copy", to.as_str(), answer).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.inner.delete(key, when).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.inner.probe(scratch).await
    }
}
