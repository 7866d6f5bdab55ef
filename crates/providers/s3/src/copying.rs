//! Copies inside the store, in the way that the plan chose: one conditional copy, parts with a conditional
//! completion, or through the client with a conditional put. The source is pinned in each.

use crate::S3Bucket;
use crate::metadata::{expiring, to_wire};
use crate::object::{checksums, etag, whole_digest, whole_seconds};
use crate::writing::{Guard, Stored, Target, as_conflict};
use aws_sdk_s3::types::{ChecksumAlgorithm, MetadataDirective};
use promote_port::digest::Digest;
use promote_port::location::{Key, StoreId};
use promote_port::port::{Condition, CopyGuard, ErrorKind, Metadata, Object, PinnedSource, ProviderError};
use std::fmt::Write as _;
use std::time::Duration;

/// The very object to copy, and its bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pin<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) source: &'a PinnedSource,
}

pub(crate) fn percent_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// The source as the copy's header names it; the SDK takes it as it is.
pub(crate) fn copy_source(from: &Pin<'_>) -> String {
    let mut out = format!("{}/", from.bucket);
    percent_encoded(&mut out, from.source.location.key.as_str());
    if let Some(version) = &from.source.version {
        out.push_str("?versionId=");
        percent_encoded(&mut out, &version.0);
    }
    out
}

/// A copy that was refused, with the rights that its source's tags ask for: where the store names none, the missing one may be
/// one of these.
pub(crate) fn tagged(failure: ProviderError) -> ProviderError {
    match failure.lacks_right() {
        true => failure.hint(
            "where the source has tags, a copy needs `s3:GetObjectTagging` on it and `s3:PutObjectTagging` on the target, too",
        ),
        false => failure,
    }
}

impl S3Bucket {
    /// See `Bucket::copy`.
    pub(crate) async fn copy_inside(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let StoreId::S3(bucket) = &from.location.store else {
            let message = format!("`{}` is not in S3, so S3 can't copy it", from.location);
            return Err(ProviderError::new(ErrorKind::Unsupported, self, to, message));
        };
        let pin = Pin { bucket, source: from };
        let target = Target { key: to, headers: &from.headers, metadata, when: &condition.when };
        match condition.way {
            CopyGuard::ConditionalPut => self.copy_through(&pin, &target).await,
            CopyGuard::ConditionalComplete => self.copy_by_parts(&pin, &target).await,
            CopyGuard::ConditionalCopy | CopyGuard::Observed | CopyGuard::None
                if from.size > self.limits.copy =>
            {
                self.copy_by_parts(&pin, &target).await
            }
            CopyGuard::ConditionalCopy | CopyGuard::Observed | CopyGuard::None => {
                self.copy_at_once(&pin, &target, Duration::ZERO).await
            }
        }
    }

    /// One copy, conditional on both ends.
    pub(crate) async fn copy_at_once(
        &self,
        from: &Pin<'_>,
        target: &Target<'_>,
        age: Duration,
    ) -> Result<Object, ProviderError> {
        let operation = self.ready(target.key, from.source.size).await?;
        let guard = Guard::of(target.when);
        let headers = target.headers.clone();
        // Tags are not mentioned: that would need a right which many roles lack, and S3 carries them over.
        let request = self
            .client()
            .await?
            .copy_object()
            .bucket(&self.name)
            .key(target.key.as_str())
            .copy_source(copy_source(from))
            .copy_source_if_match(etag(&from.source.token))
            .set_if_match(guard.if_match)
            .set_if_none_match(guard.if_none_match)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .metadata_directive(MetadataDirective::Replace)
            .set_metadata(to_wire(target.metadata))
            .set_content_type(headers.content_type)
            .set_cache_control(headers.cache_control)
            .set_content_disposition(headers.content_disposition)
            .set_content_encoding(headers.content_encoding)
            .set_content_language(headers.content_language)
            .customize()
            .mutate_request(expiring(headers.expires))
            .config_override(self.effect(age));
        let answer = operation
            .run(request.send())
            .await
            .map_err(|failure| tagged(as_conflict(&operation, failure)))?;
        let result = answer.copy_object_result();
        let stored = Stored {
            etag: result.and_then(|result| result.e_tag()),
            version: answer.version_id(),
            size: from.source.size,
            sha256: result.and_then(|result| whole_digest(result.checksum_sha256(), result.checksum_type())),
            at: result.and_then(|result| whole_seconds(result.last_modified())),
            checksums: result.map(|result| checksums!(result)).unwrap_or_default(),
        };
        self.stored(&operation, target, stored)
    }

    /// Reads the source, checks it, and puts it.
    async fn copy_through(&self, from: &Pin<'_>, target: &Target<'_>) -> Result<Object, ProviderError> {
        let source = from.source;
        let bad = |kind, message: String| ProviderError::new(kind, self, target.key, message);
        let limit = usize::try_from(self.limits.put).unwrap_or(usize::MAX);
        if source.size > self.limits.put {
            let message = format!(
                "{} bytes are more than the {limit} that may pass through this machine, the only guarded way here",
                source.size
            );
            return Err(bad(ErrorKind::Unsupported, message));
        }
        let bytes = self.fetch_pinned(from.bucket, source, limit).await?;
        if Digest::of(&bytes) != source.sha256 {
            let message = format!("`{}` does not hold `{}`", source.location, source.sha256.short());
            return Err(bad(ErrorKind::Corrupt, message));
        }
        self.put(target, bytes, &source.sha256, Duration::ZERO).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_port::port::{Headers, Token, VersionId};

    #[test]
    fn the_source_is_encoded_byte_by_byte() {
        let mut source = PinnedSource {
            location: "s3://acme-releases/a b/ä+%?&#.zip".parse().unwrap(),
            token: Token("t".into()),
            version: None,
            sha256: Digest::of(b""),
            size: 0,
            headers: Headers::default(),
        };
        let plain = copy_source(&Pin { bucket: "acme-releases", source: &source });
        assert_eq!(plain, "acme-releases/a%20b/%C3%A4%2B%25%3F%26%23.zip");
        source.version = Some(VersionId("3/L4&x=+".into()));
        let versioned = copy_source(&Pin { bucket: "acme-releases", source: &source });
        assert_eq!(versioned, format!("{plain}?versionId=3/L4%26x%3D%2B"));
    }
}
