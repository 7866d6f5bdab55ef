//! Objects in S3 and in stores that speak its protocol, as the ports of `promote-core`: one [`S3Bucket`] a bucket.
//!
//! What a store honours differs so much that nothing is taken for granted: [`Bucket::probe`] finds it out with real
//! requests. Retrying, rate limits and what a conflict means are left to the callers.

mod bucket;
mod client;
mod clock;
mod connection;
mod copying;
mod expiry;
mod failure;
mod metadata;
mod multipart;
mod named_right;
mod object;
mod probe;
mod reading;
mod versions;
mod writing;

use async_trait::async_trait;
pub use bucket::S3Bucket;
use bytes::Bytes;
use chrono::{DateTime, Utc};
pub use connection::Limits;
pub use promote_aws::{CredentialsProvider, SignIn};
use promote_port::location::Key;
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, Headers, Metadata, Object, Page,
    PinnedSource, Precondition, ProviderError, VersionId,
};

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

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        self.fetch_range(from, offset, length).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.keeps_versions().await
    }

    async fn tags(&self, key: &Key) -> Result<Option<usize>, ProviderError> {
        Ok(self.read_tags(&self.name, key, None).await?.map(|tags| tags.len()))
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
