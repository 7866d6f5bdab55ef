//! Objects in S3 and in stores that speak its protocol, as the ports of `promote-core`: one [`S3Bucket`] a bucket.
//!
//! What a store honours differs so much that nothing is taken for granted: [`Bucket::probe`] finds it out with real
//! requests. Retrying, rate limits and what a conflict means are left to the callers.

mod answer_size;
mod clock;
mod connection;
mod copying;
mod expiry;
mod failure;
mod keeping;
mod metadata;
mod multipart;
mod object;
mod probe;
mod reading;
mod told;
mod versions;
mod writing;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use connection::Connection;
pub use connection::{Limits, SignIn};
use promote_core::config::StoreSettings;
use promote_core::location::Key;
use promote_core::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, CopyGuard, FenceClass, Headers,
    Metadata, Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use std::fmt;
use std::time::Duration;

/// One bucket of S3 or of a compatible store.
#[derive(Debug)]
pub struct S3Bucket {
    name: String,
    expiry_s: u32,
    allowance_s: u32,
    limits: Limits,
    connection: Connection,
}

impl S3Bucket {
    /// The bucket of this name, reached as `settings` say. Costs nothing: files are read and connections made when
    /// the first request is sent. What `settings` leave open comes from the places that every AWS tool reads.
    pub fn connect(bucket: &str, settings: &StoreSettings) -> Self {
        Self::sign_in(bucket, settings, SignIn::Usual)
    }

    /// The same with an own way to sign in. With [`SignIn::Keys`] the machine's AWS settings are not read at all.
    pub fn sign_in(bucket: &str, settings: &StoreSettings, sign_in: SignIn) -> Self {
        Self {
            name: bucket.to_owned(),
            expiry_s: settings.expiry_s.unwrap_or(30),
            allowance_s: settings.allowance_s.unwrap_or(60),
            limits: Limits::default(),
            connection: Connection::new(settings.clone(), sign_in),
        }
    }

    /// The same bucket with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Why the bucket can't hold a ledger by its very kind.
    fn unfit(&self) -> Option<&'static str> {
        self.name.ends_with("--x-s3").then_some(
            "a directory bucket lists its keys in no order and not after a given key, so it can hold no ledger",
        )
    }

    fn lifetime(&self) -> Duration {
        Duration::from_secs(self.expiry_s.into())
    }

    /// What holds as long as nothing was found out.
    fn nothing_known(&self) -> Capabilities {
        Capabilities {
            create: false,
            replace: false,
            copy: CopyGuard::None,
            source_pin: false,
            versioned: false,
            stamps: true,
            tokens_tell: true,
            trusted_answers: false,
            fence: FenceClass::Advisory,
            expiry_s: self.expiry_s,
            allowance_s: self.allowance_s,
            put_limit: self.limits.put,
            notes: Vec::new(),
        }
    }
}

impl fmt::Display for S3Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.name)
    }
}

#[async_trait]
impl BucketReader for S3Bucket {
    fn capabilities(&self) -> Capabilities {
        let mut known = self.nothing_known();
        known.notes.extend(self.unfit().map(str::to_owned));
        known
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.server_time().await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.describe(key).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.fetch(key, limit).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.stream(key, version).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        self.all_versions(key, limit).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.page(prefix, after, limit).await
    }
}

#[async_trait]
impl Bucket for S3Bucket {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.store(key, &body, headers, metadata, &condition.when).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.copy_inside(from, to, metadata, condition).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.remove(key, when).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        probe::find_out(self, scratch).await
    }
}
