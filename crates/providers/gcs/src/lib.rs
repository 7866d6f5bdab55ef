//! Objects in Google Cloud Storage, as the ports of `promote-core`: one [`GcsBucket`] a bucket, on the JSON API.
//!
//! Google's own store checks a generation with every write; what speaks its protocol elsewhere often does not. So
//! nothing is taken for granted: [`Bucket::probe`] finds it out with real requests. Retrying, rate limits and what a
//! conflict means are left to the callers.

mod at_once;
mod checksum;
mod clock;
mod connection;
mod copying;
mod credentials;
mod echo;
mod endpoint;
mod exchange;
mod failure;
mod listing;
mod probe;
mod reading;
mod resource;
mod resumable;
mod versions;
mod writing;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use connection::Connection;
pub use connection::Limits;
pub use credentials::SignIn;
use promote_core::config::StoreSettings;
use promote_core::location::Key;
use promote_core::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, CopyGuard, FenceClass, Headers,
    Metadata, Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use std::fmt;

/// One bucket of Google Cloud Storage, or of something that speaks its JSON API.
#[derive(Debug)]
pub struct GcsBucket {
    name: String,
    limits: Limits,
    connection: Connection,
}

impl GcsBucket {
    /// The bucket of this name, reached as `settings` say. Costs nothing: files are read and connections made when
    /// the first request is sent. What `settings` leave open comes from where every Google tool looks:
    /// `STORAGE_EMULATOR_HOST`, and the application default credentials.
    pub fn connect(bucket: &str, settings: &StoreSettings) -> Self {
        let sign_in = match &settings.credentials {
            Some(given) => SignIn::configured(given),
            None => SignIn::Usual,
        };
        Self::sign_in(bucket, settings, sign_in)
    }

    /// The same with an own way to sign in.
    pub fn sign_in(bucket: &str, settings: &StoreSettings, sign_in: SignIn) -> Self {
        Self {
            name: bucket.to_owned(),
            limits: Limits::default(),
            connection: Connection::new(settings.endpoint.clone(), sign_in),
        }
    }

    /// The same bucket with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl fmt::Display for GcsBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gs://{}", self.name)
    }
}

/// What holds as long as nothing was found out. Requests don't expire: a generation never comes back, and that
/// fences off late ones where conditions hold.
fn nothing_known() -> Capabilities {
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
        expiry_s: 0,
        allowance_s: 0,
        put_limit: 5 << 40,
        notes: Vec::new(),
    }
}

#[async_trait]
impl BucketReader for GcsBucket {
    fn capabilities(&self) -> Capabilities {
        nothing_known()
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

    async fn get_at_once(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.fetch_at_once(key, limit).await
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
impl Bucket for GcsBucket {
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
        self.remove(key, when, None).await
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        probe::find_out(self, scratch).await
    }
}
