//! A bucket whose calls go wrong as a plan says.

use super::fault_plan::{Crashed, Fault, FaultPlan};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use promote_port::location::Key;
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, ErrorKind, Headers, Metadata, Names,
    Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use std::fmt;
use std::sync::Arc;

/// Loses requests and answers, and dies, at the calls that its [`FaultPlan`] names.
#[derive(Debug, Clone)]
pub struct Faulty {
    inner: Arc<dyn Bucket>,
    plan: FaultPlan,
}

type Pending<T> = BoxFuture<'static, Result<T, ProviderError>>;

impl Faulty {
    /// Wraps a bucket. Several buckets can share one plan.
    pub fn new(inner: Arc<dyn Bucket>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }

    fn error(&self, kind: ErrorKind, key: &str, message: &str) -> ProviderError {
        ProviderError::new(kind, self, key, message)
    }

    fn dead(&self, key: &str) -> ProviderError {
        self.error(ErrorKind::Unknown, key, "no request is sent any more").caused_by(Crashed)
    }

    /// Sends the request as far as a request on its way has come: it is begun, but has not arrived.
    async fn send_off<T: Send + 'static>(&self, mut call: Pending<T>) {
        let request = match futures_util::poll!(&mut call) {
            std::task::Poll::Ready(end) => std::future::ready(end.map(drop)).boxed(),
            std::task::Poll::Pending => call.map(|end| end.map(drop)).boxed(),
        };
        self.plan.hold(request);
    }

    async fn through<T: Send + 'static>(
        &self,
        key: &str,
        make: impl Fn() -> Pending<T> + Send,
    ) -> Result<T, ProviderError> {
        let fault = self.plan.next().map_err(|Crashed| self.dead(key))?;
        if fault == Some(Fault::Repeated) {
            self.send_off(make()).await;
        }
        let call = make();
        let lost = || self.error(ErrorKind::Unknown, key, "the answer was lost");
        let end = match fault {
            None | Some(Fault::Repeated) => call.await,
            Some(Fault::RequestLost(kind)) => Err(self.error(kind, key, "the request was lost")),
            Some(Fault::AnswerLost) => {
                drop(call.await);
                Err(lost())
            }
            Some(Fault::Late) => {
                self.send_off(call).await;
                Err(lost())
            }
            Some(Fault::CrashBefore) => {
                self.plan.crash();
                Err(self.dead(key))
            }
            Some(Fault::CrashAfter) => {
                drop(call.await);
                self.plan.crash();
                Err(self.dead(key))
            }
            Some(Fault::CrashInFlight) => {
                self.send_off(call).await;
                self.plan.crash();
                Err(self.dead(key))
            }
        };
        // Somebody else's call may have been the last one of this process.
        if self.plan.crashed() { Err(self.dead(key)) } else { end }
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn savings(&self) -> Vec<(&'static str, String)> {
        self.inner.savings()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            async move { inner.now().await }.boxed()
        };
        self.through("", call).await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let of = key.clone();
            async move { inner.head(&of).await }.boxed()
        };
        self.through(key.as_str(), call).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let of = key.clone();
            async move { inner.get(&of, limit).await }.boxed()
        };
        self.through(key.as_str(), call).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let (of, version) = (key.clone(), version.cloned());
            async move { inner.read(&of, version.as_ref()).await }.boxed()
        };
        self.through(key.as_str(), call).await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let call = || {
            let (inner, from) = (Arc::clone(&self.inner), from.clone());
            async move { inner.read_range(&from, offset, length).await }.boxed()
        };
        self.through(from.location.key.as_str(), call).await
    }

    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        self.inner.expires(key).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            async move { inner.versioning().await }.boxed()
        };
        self.through("", call).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let of = key.clone();
            async move { inner.versions(&of, limit).await }.boxed()
        };
        self.through(key.as_str(), call).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let (below, after) = (prefix.to_owned(), after.cloned());
            async move { inner.list(&below, after.as_ref(), limit).await }.boxed()
        };
        self.through(prefix, call).await
    }

    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        let call = || {
            let (inner, below) = (Arc::clone(&self.inner), prefix.to_owned());
            async move { inner.names(&below, requests).await }.boxed()
        };
        self.through(prefix, call).await
    }
}

#[async_trait]
impl Bucket for Faulty {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let (to, body, headers) = (key.clone(), body.clone(), headers.clone());
            let (metadata, condition) = (metadata.clone(), condition.clone());
            async move { inner.write(&to, body, &headers, &metadata, &condition).await }.boxed()
        };
        self.through(key.as_str(), call).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let (from, target) = (from.clone(), to.clone());
            let (metadata, condition) = (metadata.clone(), condition.clone());
            async move { inner.copy(&from, &target, &metadata, &condition).await }.boxed()
        };
        self.through(to.as_str(), call).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let (of, when) = (key.clone(), when.clone());
            async move { inner.delete(&of, &when).await }.boxed()
        };
        self.through(key.as_str(), call).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        let call = || {
            let inner = Arc::clone(&self.inner);
            let below = scratch.clone();
            async move { inner.probe(&below).await }.boxed()
        };
        self.through(scratch.as_str(), call).await
    }
}
