//! Writing and deleting objects with one conditional request each, sent once. Content above `Limits::single` goes
//! in parts, see `multipart`.

use crate::S3Bucket;
use crate::failure::Operation;
use crate::metadata::{expiring, to_wire};
use crate::object::{checksum, checksums, etag, token, version, whole_digest};
use aws_sdk_s3::types::ChecksumAlgorithm;
use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{
    Blob, Body, Checksums, ErrorKind, Headers, Metadata, Object, Precondition, ProviderError, Token,
    VersionId,
};
use std::time::Duration;

/// A precondition as the two headers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
}

impl Guard {
    pub(crate) fn of(when: &Precondition) -> Self {
        match when {
            Precondition::Any => Self::default(),
            Precondition::Absent => Self { if_match: None, if_none_match: Some("*".to_owned()) },
            Precondition::Matches(token) => Self { if_match: Some(etag(token)), if_none_match: None },
        }
    }
}

/// What is written, apart from its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) key: &'a Key,
    pub(crate) headers: &'a Headers,
    pub(crate) metadata: &'a Metadata,
    pub(crate) when: &'a Precondition,
}

/// What an answer says about the object that was just written.
pub(crate) struct Stored<'a> {
    pub(crate) etag: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) size: u64,
    pub(crate) sha256: Option<Digest>,
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) checksums: Checksums,
}

/// A missing object, where one was to be replaced or copied, is a lost race like any other.
pub(crate) fn as_conflict(operation: &Operation<'_>, failure: ProviderError) -> ProviderError {
    if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) {
        return operation
            .error(ErrorKind::Conflict, "the object that was to be there is gone")
            .caused_by(failure);
    }
    failure
}

impl S3Bucket {
    /// The request that is about to take effect, once the store's clock is known: it is signed by that.
    pub(crate) async fn ready<'a>(&'a self, key: &'a Key, size: u64) -> Result<Operation<'a>, ProviderError> {
        self.server_time().await?;
        Ok(Operation::effect(self, key.as_str(), "s3:PutObject", self.timeout(size)))
    }

    /// The object that an answer describes. Without an ETag it is not known what happened.
    pub(crate) fn stored(
        &self,
        operation: &Operation<'_>,
        target: &Target<'_>,
        stored: Stored<'_>,
    ) -> Result<Object, ProviderError> {
        self.bucket_seen();
        let token: Token = stored.etag.and_then(token).ok_or_else(|| {
            operation.error(ErrorKind::Unknown, "the answer does not say what is stored now")
        })?;
        let heard = self.connection.clock.now().map(DateTime::<Utc>::from);
        Ok(Object {
            key: target.key.clone(),
            size: stored.size,
            token,
            version: version(stored.version),
            sha256: stored.sha256,
            stored_at: stored.at.or(heard).unwrap_or_default().trunc_subsecs(0),
            headers: target.headers.clone(),
            metadata: target.metadata.clone(),
            checksums: stored.checksums,
        })
    }

    /// See `Bucket::write`.
    pub(crate) async fn store(
        &self,
        key: &Key,
        body: &Body,
        headers: &Headers,
        metadata: &Metadata,
        when: &Precondition,
    ) -> Result<Object, ProviderError> {
        let target = Target { key, headers, metadata, when };
        let blob = body.blob();
        if blob.size() > self.limits.single {
            return self.upload(&target, blob.as_ref()).await;
        }
        let bytes = self.piece(key, blob.as_ref(), 0, blob.size()).await?;
        self.put(&target, bytes, &blob.digest(), Duration::ZERO).await
    }

    /// Part of the content, all of it.
    pub(crate) async fn piece(
        &self,
        key: &Key,
        blob: &dyn Blob,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let bad = |message: &str| ProviderError::new(ErrorKind::Invalid, self, key, message);
        let length = usize::try_from(length).map_err(|_| bad("the content is too large for this machine"))?;
        let bytes = blob
            .read_at(offset, length)
            .await
            .map_err(|broken| bad("the content could not be read").caused_by(broken))?;
        if bytes.len() == length { Ok(bytes) } else { Err(bad("the content is shorter than it was")) }
    }

    /// One conditional put. The store checks the digest.
    pub(crate) async fn put(
        &self,
        target: &Target<'_>,
        bytes: Bytes,
        digest: &Digest,
        age: Duration,
    ) -> Result<Object, ProviderError> {
        let size = bytes.len() as u64;
        let operation = self.ready(target.key, size).await?;
        let guard = Guard::of(target.when);
        let headers = target.headers.clone();
        let request = self
            .client()
            .await?
            .put_object()
            .bucket(&self.name)
            .key(target.key.as_str())
            .body(bytes.into())
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(checksum(digest))
            .set_if_match(guard.if_match)
            .set_if_none_match(guard.if_none_match)
            .set_metadata(to_wire(target.metadata))
            .set_content_type(headers.content_type)
            .set_cache_control(headers.cache_control)
            .set_content_disposition(headers.content_disposition)
            .set_content_encoding(headers.content_encoding)
            .set_content_language(headers.content_language)
            .customize()
            .mutate_request(expiring(headers.expires))
            .config_override(self.effect(age));
        let answer =
            operation.run(request.send()).await.map_err(|failure| as_conflict(&operation, failure))?;
        let vouched = whole_digest(answer.checksum_sha256(), answer.checksum_type());
        let stored = Stored {
            etag: answer.e_tag(),
            version: answer.version_id(),
            size,
            sha256: vouched.filter(|vouched| vouched == digest),
            at: None,
            checksums: checksums!(answer),
        };
        self.stored(&operation, target, stored)
    }

    /// See `Bucket::delete`.
    pub(crate) async fn remove(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.remove_version(key, when, None).await
    }

    /// Deletes the object, or one version of it for good.
    pub(crate) async fn remove_version(
        &self,
        key: &Key,
        when: &Precondition,
        version: Option<&VersionId>,
    ) -> Result<(), ProviderError> {
        self.server_time().await?;
        let right = if version.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
        let operation = Operation::effect(self, key.as_str(), right, self.limits.answer);
        if *when == Precondition::Absent {
            return match self.describe(key).await? {
                None => Ok(()),
                Some(_) => {
                    Err(operation.error(ErrorKind::Conflict, "the object that was to be absent is there"))
                }
            };
        }
        let request = self
            .client()
            .await?
            .delete_object()
            .bucket(&self.name)
            .key(key.as_str())
            .set_version_id(version.map(|version| version.0.clone()))
            .set_if_match(Guard::of(when).if_match)
            .customize()
            .config_override(self.effect(Duration::ZERO));
        match operation.run(request.send()).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) => {
                match when {
                    Precondition::Any => Ok(()),
                    _ => Err(as_conflict(&operation, failure)),
                }
            }
            Err(failure) => Err(failure),
        }
    }
}
