//! Objects in parts: uploaded ones, and copies that the store makes part by part. Only the completion takes effect,
//! so it alone is conditional, sent once and made to expire; parts may be repeated. An upload is given up when it
//! definitely failed, and left alone when it is not known whether it was completed.

use crate::S3Bucket;
use crate::copying::{Pin, copy_source, percent_encoded, tagged};
use crate::failure::Operation;
use crate::metadata::{expiring, to_wire};
use crate::object::{checksum, checksums, whole_digest};
use crate::writing::{Guard, Stored, Target, as_conflict};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, Tag};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{Blob, ErrorKind, Object, ProviderError};
use std::time::Duration;

/// S3 numbers at most so many parts.
const MOST_PARTS: u64 = 10_000;
/// Parts under way at the same time: bounds the memory of an upload.
const UPLOADS: usize = 4;
/// The same for copies, which need no memory.
const COPIES: usize = 16;

/// One part: its number from 1, its place and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    number: i32,
    offset: u64,
    length: u64,
}

/// Cuts `size` bytes into parts of at least `part` bytes, at most as many as S3 numbers. One empty part for nothing.
fn spans(size: u64, part: u64) -> Vec<Span> {
    let part = part.max(size.div_ceil(MOST_PARTS)).max(1);
    (1..)
        .zip(0..size.div_ceil(part).max(1))
        .map(|(number, index)| Span {
            number,
            offset: index * part,
            length: part.min(size - (index * part).min(size)),
        })
        .collect()
}

fn finished(span: Span, etag: Option<&str>, sha256: Option<&str>) -> Option<CompletedPart> {
    let part = CompletedPart::builder().part_number(span.number).e_tag(etag?);
    Some(part.set_checksum_sha256(sha256.map(str::to_owned)).build())
}

impl S3Bucket {
    /// The largest object in bytes that is uploaded in parts: with longer ones, those that are under way would take more
    /// memory. S3 itself takes more.
    pub(crate) fn largest_upload(&self) -> u64 {
        self.limits.part.saturating_mul(MOST_PARTS)
    }

    async fn begin(
        &self,
        operation: &Operation<'_>,
        target: &Target<'_>,
        checksums: Option<ChecksumAlgorithm>,
        tags: Option<String>,
    ) -> Result<String, ProviderError> {
        let headers = target.headers.clone();
        let has_tags = tags.is_some();
        let request = self
            .client()
            .await?
            .create_multipart_upload()
            .bucket(&self.name)
            .key(target.key.as_str())
            .set_checksum_algorithm(checksums)
            .set_tagging(tags)
            .set_metadata(to_wire(target.metadata))
            .set_content_type(headers.content_type)
            .set_cache_control(headers.cache_control)
            .set_content_disposition(headers.content_disposition)
            .set_content_encoding(headers.content_encoding)
            .set_content_language(headers.content_language)
            .customize()
            .mutate_request(expiring(headers.expires))
            .config_override(self.effect(Duration::ZERO));
        let answer = operation.run(request.send()).await;
        let answer = answer.map_err(|failure| if has_tags { tagged(failure) } else { failure })?;
        answer.upload_id().map(str::to_owned).ok_or_else(|| {
            operation.error(ErrorKind::Unavailable, "the store began an upload without naming it")
        })
    }

    /// Gives the upload up. That it could not be is no failure: the store ends forgotten uploads by its own rules.
    async fn give_up(&self, target: &Target<'_>, upload: &str) {
        let operation =
            Operation::effect(self, target.key.as_str(), "s3:AbortMultipartUpload", self.limits.answer);
        if let Ok(client) = self.client().await {
            let request =
                client.abort_multipart_upload().bucket(&self.name).key(target.key.as_str()).upload_id(upload);
            drop(operation.run(request.send()).await);
        }
    }

    /// The one request that takes effect.
    async fn complete(
        &self,
        operation: &Operation<'_>,
        target: &Target<'_>,
        upload: &str,
        parts: Vec<CompletedPart>,
        size: u64,
    ) -> Result<Object, ProviderError> {
        let guard = Guard::of(target.when);
        let request = self
            .client()
            .await?
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(target.key.as_str())
            .upload_id(upload)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .set_if_match(guard.if_match)
            .set_if_none_match(guard.if_none_match)
            .customize()
            .config_override(self.effect(Duration::ZERO));
        let answer =
            operation.run(request.send()).await.map_err(|failure| as_conflict(operation, failure))?;
        let stored = Stored {
            etag: answer.e_tag(),
            version: answer.version_id(),
            size,
            sha256: whole_digest(answer.checksum_sha256(), answer.checksum_type()),
            at: None,
            checksums: checksums!(answer),
        };
        self.stored(operation, target, stored)
    }

    /// Completes or gives up, as the parts went.
    async fn conclude(
        &self,
        operation: &Operation<'_>,
        target: &Target<'_>,
        upload: &str,
        parts: Result<Vec<CompletedPart>, ProviderError>,
        size: u64,
    ) -> Result<Object, ProviderError> {
        let mut parts = match parts {
            Ok(parts) => parts,
            Err(failure) => {
                // Without the completion nothing can have taken effect.
                self.give_up(target, upload).await;
                return Err(failure);
            }
        };
        parts.sort_by_key(CompletedPart::part_number);
        let ended = self.complete(operation, target, upload, parts, size).await;
        if ended.as_ref().is_err_and(|failure| failure.kind != ErrorKind::Unknown) {
            self.give_up(target, upload).await;
        }
        ended
    }

    /// Writes large content: parts side by side, each with its checksum, then the conditional completion.
    pub(crate) async fn upload(&self, target: &Target<'_>, blob: &dyn Blob) -> Result<Object, ProviderError> {
        let size = blob.size();
        let operation = self.ready(target.key, size).await?;
        let upload = self.begin(&operation, target, Some(ChecksumAlgorithm::Sha256), None).await?;
        let upload = upload.as_str();
        let parts = futures_util::stream::iter(spans(size, self.limits.part))
            .map(|span| async move {
                let bytes = self.piece(target.key, blob, span.offset, span.length).await?;
                self.upload_part(target, upload, span, bytes).await
            })
            .buffer_unordered(UPLOADS)
            .try_collect()
            .await;
        self.conclude(&operation, target, upload, parts, size).await
    }

    async fn upload_part(
        &self,
        target: &Target<'_>,
        upload: &str,
        span: Span,
        bytes: Bytes,
    ) -> Result<CompletedPart, ProviderError> {
        let operation =
            Operation::reading(self, target.key.as_str(), "s3:PutObject", self.timeout(span.length));
        let sum = checksum(&Digest::of(&bytes));
        let request = self
            .client()
            .await?
            .upload_part()
            .bucket(&self.name)
            .key(target.key.as_str())
            .upload_id(upload)
            .part_number(span.number)
            .checksum_sha256(&sum)
            .body(bytes.into())
            .customize()
            .config_override(Self::part());
        let answer = operation.run(request.send()).await?;
        finished(span, answer.e_tag(), Some(&sum))
            .ok_or_else(|| operation.error(ErrorKind::Unavailable, "the store took a part without naming it"))
    }

    /// The tags of a source as a request gives them, which a copy by parts does not carry over by itself. `None` where it
    /// has none, where the store knows none, and where they may not be read, which the plan told.
    async fn tags_of(&self, from: &Pin<'_>) -> Result<Option<String>, ProviderError> {
        let source = from.source;
        let version = source.version.as_ref().map(|version| version.0.clone());
        let tags = self.read_tags(from.bucket, &source.location.key, version).await?.unwrap_or_default();
        let mut text = String::new();
        for tag in &tags {
            for (before, part) in [("&", tag.key()), ("=", tag.value())] {
                text.push_str(before);
                percent_encoded(&mut text, part);
            }
        }
        Ok(text.strip_prefix('&').map(str::to_owned))
    }

    /// The tags of an object, none where the store knows none; `None` where they may not be read.
    pub(crate) async fn read_tags(
        &self,
        bucket: &str,
        key: &Key,
        version: Option<String>,
    ) -> Result<Option<Vec<Tag>>, ProviderError> {
        let operation = Operation::reading(self, key.as_str(), "s3:GetObjectTagging", self.limits.answer);
        let request = self.client().await?.get_object_tagging().bucket(bucket).key(key.as_str());
        match operation.run(request.set_version_id(version).send()).await {
            Ok(answer) => Ok(Some(answer.tag_set)),
            Err(failure) if failure.kind == ErrorKind::Unavailable => Err(failure),
            Err(failure) if failure.kind == ErrorKind::Denied => Ok(None),
            Err(_) => Ok(Some(Vec::new())),
        }
    }

    /// Copies by parts that the store reads itself, then the conditional completion.
    pub(crate) async fn copy_by_parts(
        &self,
        from: &Pin<'_>,
        target: &Target<'_>,
    ) -> Result<Object, ProviderError> {
        let size = from.source.size;
        let operation = self.ready(target.key, size).await?;
        let upload = self.begin(&operation, target, None, self.tags_of(from).await?).await?;
        let upload = upload.as_str();
        let spans = spans(size, self.limits.copy_part);
        let whole = spans.len() == 1;
        let parts = futures_util::stream::iter(spans)
            .map(|span| async move {
                // The store copies no range of nothing.
                if size == 0 {
                    return self.upload_part(target, upload, span, Bytes::new()).await;
                }
                self.copy_part(from, target, upload, span, whole).await
            })
            .buffer_unordered(COPIES)
            .try_collect()
            .await;
        self.conclude(&operation, target, upload, parts, size).await
    }

    async fn copy_part(
        &self,
        from: &Pin<'_>,
        target: &Target<'_>,
        upload: &str,
        span: Span,
        whole: bool,
    ) -> Result<CompletedPart, ProviderError> {
        let operation =
            Operation::reading(self, target.key.as_str(), "s3:PutObject", self.timeout(span.length));
        // A range of a small source is refused, and there is no need for one.
        let range = format!("bytes={}-{}", span.offset, (span.offset + span.length).saturating_sub(1));
        let request = self
            .client()
            .await?
            .upload_part_copy()
            .bucket(&self.name)
            .key(target.key.as_str())
            .upload_id(upload)
            .part_number(span.number)
            .copy_source(copy_source(from))
            .copy_source_if_match(crate::object::etag(&from.source.token))
            .set_copy_source_range((!whole).then_some(range))
            .customize()
            .config_override(Self::part());
        let answer =
            operation.run(request.send()).await.map_err(|failure| as_conflict(&operation, failure))?;
        answer
            .copy_part_result()
            .and_then(|part| finished(span, part.e_tag(), part.checksum_sha256()))
            .ok_or_else(|| {
                operation.error(ErrorKind::Unavailable, "the store copied a part without naming it")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once() {
        for (size, part, count) in
            [(0, 5, 1), (1, 5, 1), (5, 5, 1), (6, 5, 2), (100_000, 1, 10_000), (25_000, 1, 8334)]
        {
            let all = spans(size, part);
            assert_eq!(all.len(), count, "{size}");
            let mut next = 0;
            for (number, span) in (1..).zip(&all) {
                assert_eq!((span.number, span.offset), (number, next));
                next += span.length;
            }
            assert_eq!(next, size);
        }
    }
}
