//! Objects in Google Cloud Storage, as the ports of `promote-core`: one [`GcsBucket`] a bucket, on the JSON API.
//!
//! Google's own store checks a generation with every write; what speaks its protocol elsewhere often does not. So
//! nothing is taken for granted: [`Bucket::probe`] finds it out with real requests. Retrying, rate limits and what a
//! conflict means are left to the callers.

mod at_once;
mod bucket;
mod checksum;
mod client;
mod clock;
mod connection;
mod copying;
mod credentials;
mod endpoint;
mod exchange;
mod failure;
mod foreign;
mod inline_content;
mod listing;
mod probe;
mod reading;
mod resource;
mod resumable;
mod versions;
mod writing;

use async_trait::async_trait;
pub use bucket::GcsBucket;
use bucket::nothing_known;
use bytes::Bytes;
use chrono::{DateTime, Utc};
pub use connection::Limits;
pub use credentials::SignIn;
use promote_port::location::Key;
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, Headers, Metadata, Object, Page,
    PinnedSource, Precondition, ProviderError, VersionId,
};

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

    async fn get_with_metadata(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.fetch_at_once(key, limit).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.stream(key, version).await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        self.fetch_range(from, offset, length).await
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
