//! Sending a read again that got no answer. Writes are passed on once: whether one may be sent again is known only
//! to those who know what it means.

use crate::location::Key;
use crate::port::wire::{self, Wire};
use crate::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Clock, Condition, Entropy, ErrorKind, Headers,
    Metadata, Names, Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long and how often a read is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The mean of the first wait; each next one is twice as long. A wait is drawn from half to one and a half of it.
    pub first: Duration,
    /// The longest wait, unless the store names a longer one.
    pub longest: Duration,
    /// No request is sent when this time has passed since the first.
    pub deadline: Duration,
    /// How many requests are sent at most, so that a clock that is put back can't make it for ever.
    pub attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(200),
            longest: Duration::from_secs(5),
            deadline: Duration::from_secs(30),
            attempts: 10,
        }
    }
}

impl RetryPolicy {
    /// Sends a request again while it gets no answer. Only for requests that may be repeated.
    ///
    /// # Errors
    /// The last answer's; `Unknown` instead of `Unavailable` when an earlier one may have taken effect.
    pub async fn again<T, C>(
        &self,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        call: impl Fn() -> C,
    ) -> Result<T, ProviderError>
    where
        C: Future<Output = Result<T, ProviderError>>,
    {
        let begun = clock.steady();
        let mut mean = self.first;
        let (mut sent, mut doubt) = (0, false);
        loop {
            sent += 1;
            let mut error = match call().await {
                Err(error) if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Unknown) => error,
                end => return end,
            };
            doubt |= error.kind == ErrorKind::Unknown;
            if doubt {
                error.kind = ErrorKind::Unknown;
            }
            let wait = jittered(mean, entropy).max(error.retry_after().unwrap_or_default());
            let then = clock.steady().saturating_sub(begun).saturating_add(wait);
            if sent >= self.attempts || then >= self.deadline {
                return Err(error);
            }
            wire::tell(|| Wire::Again {
                whom: error.provider.clone(),
                why: error.message.clone(),
                wait,
                tried: then.saturating_sub(wait),
            });
            clock.sleep(wait).await;
            mean = mean.saturating_mul(2).min(self.longest);
        }
    }
}

/// Repeats `now`, `head`, `get`, `read_range`, `expires`, `versions`, `versioning`, `list` and the opening of `read` while the store does not answer.
#[derive(Debug, Clone)]
pub struct Retrying {
    inner: Arc<dyn Bucket>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    policy: RetryPolicy,
}

/// `mean` times a chance factor from one half to one and a half.
pub(super) fn jittered(mean: Duration, entropy: &dyn Entropy) -> Duration {
    let [high, low, ..] = entropy.nonce();
    let chance = f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX);
    mean.mul_f64(0.5 + chance)
}

impl Retrying {
    /// Wraps a bucket.
    pub fn new(
        inner: Arc<dyn Bucket>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        policy: RetryPolicy,
    ) -> Self {
        Self { inner, clock, entropy, policy }
    }

    async fn again<T, C>(&self, call: impl Fn() -> C) -> Result<T, ProviderError>
    where
        C: Future<Output = Result<T, ProviderError>>,
    {
        self.policy.again(&*self.clock, &*self.entropy, call).await
    }
}

impl fmt::Display for Retrying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Retrying {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn savings(&self) -> Vec<(&'static str, String)> {
        self.inner.savings()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.again(|| self.inner.now()).await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.again(|| self.inner.head(key)).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.again(|| self.inner.get(key, limit)).await
    }

    async fn get_at_once(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.again(|| self.inner.get_at_once(key, limit)).await
    }

    /// Only the opening is repeated: a stream that breaks later ends with its error.
    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.again(|| self.inner.read(key, version)).await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        self.again(|| self.inner.read_range(from, offset, length)).await
    }

    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        self.again(|| self.inner.expires(key)).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.again(|| self.inner.versioning()).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        self.again(|| self.inner.versions(key, limit)).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.again(|| self.inner.list(prefix, after, limit)).await
    }

    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        self.again(|| self.inner.names(prefix, requests)).await
    }
}

#[async_trait]
impl Bucket for Retrying {
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
        self.inner.copy(from, to, metadata, condition).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.inner.delete(key, when).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.inner.probe(scratch).await
    }
}
