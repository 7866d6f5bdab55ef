//! A bucket around a bucket: every call goes through one function, whose work is what the layer is for. All methods of the
//! port are passed on here and nowhere else, so that no layer forgets one and falls back on a default.

use crate::location::Key;
use crate::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, ErrorKind, Headers, Metadata, Names,
    Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::fmt;
use std::sync::Arc;

mod method;

pub use method::Method;

/// What the store answers, as soon as it does. It borrows nothing, so that a layer may let it go on by itself.
pub type Pending<T> = BoxFuture<'static, Result<T, ProviderError>>;

/// A call on its way.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// Which method. What is asked in one answer (`get_with_metadata`) is a `Get`, names are a `List`.
    pub method: Method,
    /// The bucket below.
    pub store: &'c dyn Bucket,
    /// The key, the prefix of a listing, or nothing where the call is about the whole store.
    pub key: &'c str,
}

impl Call<'_> {
    /// An answer in place of the store's.
    pub fn error(&self, kind: ErrorKind, message: &str) -> ProviderError {
        ProviderError::new(kind, self.store, self.key, message)
    }
}

/// What is done with a call.
pub trait Layer: fmt::Debug + Send + Sync {
    /// Sends the call on, once, several times or not at all. Each call of `send` is a request of its own.
    fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> impl Future<Output = Result<T, ProviderError>> + Send;
}

/// A bucket with a layer around it.
#[derive(Debug, Clone)]
pub struct Around<L> {
    inner: Arc<dyn Bucket>,
    layer: L,
}

impl<L: Layer> Around<L> {
    /// Puts the layer around the bucket.
    pub fn new(inner: Arc<dyn Bucket>, layer: L) -> Self {
        Self { inner, layer }
    }

    /// The layer.
    pub fn layer(&self) -> &L {
        &self.layer
    }

    async fn go<A, T>(
        &self,
        method: Method,
        key: &str,
        with: A,
        send: fn(Arc<dyn Bucket>, A) -> Pending<T>,
    ) -> Result<T, ProviderError>
    where
        A: Clone + Send + Sync,
        T: Send + 'static,
    {
        let call = Call { method, store: &*self.inner, key };
        self.layer.pass(call, || send(Arc::clone(&self.inner), with.clone())).await
    }
}

impl<L> fmt::Display for Around<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<L: Layer> BucketReader for Around<L> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn config_hints(&self) -> Vec<(&'static str, String)> {
        self.inner.config_hints()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.go(Method::Now, "", (), |inner, ()| async move { inner.now().await }.boxed()).await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        let send = |inner: Arc<dyn Bucket>, key: Key| async move { inner.head(&key).await }.boxed();
        self.go(Method::Head, key.as_str(), key.clone(), send).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.go(Method::Get, key.as_str(), (key.clone(), limit), |inner, (key, limit)| {
            async move { inner.get(&key, limit).await }.boxed()
        })
        .await
    }

    async fn get_with_metadata(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.go(Method::Get, key.as_str(), (key.clone(), limit), |inner, (key, limit)| {
            async move { inner.get_with_metadata(&key, limit).await }.boxed()
        })
        .await
    }

    /// The call ends when the stream is open.
    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.go(Method::Read, key.as_str(), (key.clone(), version.cloned()), |inner, (key, version)| {
            async move { inner.read(&key, version.as_ref()).await }.boxed()
        })
        .await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let with = (from.clone(), offset, length);
        self.go(Method::ReadRange, from.location.key.as_str(), with, |inner, (from, offset, length)| {
            async move { inner.read_range(&from, offset, length).await }.boxed()
        })
        .await
    }

    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        let send = |inner: Arc<dyn Bucket>, key: Key| async move { inner.expires(&key).await }.boxed();
        self.go(Method::Expires, key.as_str(), key.clone(), send).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.go(Method::Versioning, "", (), |inner, ()| async move { inner.versioning().await }.boxed()).await
    }

    async fn tags(&self, key: &Key) -> Result<Option<usize>, ProviderError> {
        let send = |inner: Arc<dyn Bucket>, key: Key| async move { inner.tags(&key).await }.boxed();
        self.go(Method::Tags, key.as_str(), key.clone(), send).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        self.go(Method::Versions, key.as_str(), (key.clone(), limit), |inner, (key, limit)| {
            async move { inner.versions(&key, limit).await }.boxed()
        })
        .await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        let with = (prefix.to_owned(), after.cloned(), limit);
        self.go(Method::List, prefix, with, |inner, (prefix, after, limit)| {
            async move { inner.list(&prefix, after.as_ref(), limit).await }.boxed()
        })
        .await
    }

    async fn empty_folders(&self, prefix: &str, most: usize) -> Result<Vec<Key>, ProviderError> {
        self.go(Method::List, prefix, (prefix.to_owned(), most), |inner, (prefix, most)| {
            async move { inner.empty_folders(&prefix, most).await }.boxed()
        })
        .await
    }

    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        self.go(Method::List, prefix, (prefix.to_owned(), requests), |inner, (prefix, requests)| {
            async move { inner.names(&prefix, requests).await }.boxed()
        })
        .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<L: Layer> Bucket for Around<L> {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let with = (key.clone(), body, headers.clone(), metadata.clone(), condition.clone());
        self.go(Method::Write, key.as_str(), with, |inner, (key, body, headers, metadata, condition)| {
            async move { inner.write(&key, body, &headers, &metadata, &condition).await }.boxed()
        })
        .await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let with = (from.clone(), to.clone(), metadata.clone(), condition.clone());
        self.go(Method::Copy, to.as_str(), with, |inner, (from, to, metadata, condition)| {
            async move { inner.copy(&from, &to, &metadata, &condition).await }.boxed()
        })
        .await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.go(Method::Delete, key.as_str(), (key.clone(), when.clone()), |inner, (key, when)| {
            async move { inner.delete(&key, &when).await }.boxed()
        })
        .await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        let send = |inner: Arc<dyn Bucket>, scratch: Key| async move { inner.probe(&scratch).await }.boxed();
        self.go(Method::Probe, scratch.as_str(), scratch.clone(), send).await
    }
}
