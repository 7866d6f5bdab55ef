//! A store whose process is killed at a chosen request: `kill -9` on itself, before the request is sent or after it
//! took effect. What is left behind is what a real kill leaves.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use promote_core::location::Key;
use promote_core::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, Headers, Metadata, Object, Page,
    PinnedSource, Precondition, ProviderError, VersionId,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// When the process dies.
#[derive(Debug, Clone)]
pub struct Death {
    /// At this request, counted from 1 over all stores.
    pub at: usize,
    /// Before the request is sent, or after it took effect.
    pub before: bool,
    count: Arc<AtomicUsize>,
}

impl Death {
    /// From `3:before` or `3:after`.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, when) = text.split_once(':')?;
        let before = match when {
            "before" => true,
            "after" => false,
            _ => return None,
        };
        Some(Self { at: at.parse().ok()?, before, count: Arc::default() })
    }

    async fn through<T>(&self, call: impl Future<Output = T>) -> T {
        let here = self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if here && self.before {
            die();
        }
        let end = call.await;
        if here {
            die();
        }
        end
    }
}

fn die() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // The signal may take a moment; nothing must happen in it.
    loop {
        std::thread::park();
    }
}

/// The store.
#[derive(Debug)]
pub struct Killer {
    inner: Arc<dyn Bucket>,
    death: Death,
}

impl Killer {
    /// Wraps a store. Several share one death.
    pub fn new(inner: Arc<dyn Bucket>, death: Death) -> Self {
        Self { inner, death }
    }
}

impl fmt::Display for Killer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Killer {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.inner.now().await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.death.through(self.inner.head(key)).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.death.through(self.inner.get(key, limit)).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.death.through(self.inner.read(key, version)).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.death.through(self.inner.list(prefix, after, limit)).await
    }
}

#[async_trait]
impl Bucket for Killer {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.death.through(self.inner.write(key, body, headers, metadata, condition)).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.death.through(self.inner.copy(from, to, metadata, condition)).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.death.through(self.inner.delete(key, when)).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.death.through(self.inner.probe(scratch)).await
    }
}
