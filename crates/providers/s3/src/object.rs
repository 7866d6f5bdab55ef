//! Objects as the answers of S3 describe them, turned into the port's words: tokens without quotes, whole seconds,
//! and a digest only where the store vouches for the whole content.

use aws_sdk_s3::primitives::DateTime as WireTime;
use aws_sdk_s3::types::ChecksumType;
use aws_smithy_types::base64;
use chrono::{DateTime, Utc};
use promote_port::digest::Digest;
use promote_port::port::{Token, VersionId};

/// The token of an ETag. Its quotes are dropped, as some answers of some stores have them and others not.
pub(crate) fn token(etag: &str) -> Option<Token> {
    let bare = etag.trim_matches('"');
    (!bare.is_empty()).then(|| Token(bare.to_owned()))
}

/// The token as a condition: an ETag in its quotes.
pub(crate) fn etag(token: &Token) -> String {
    format!("\"{}\"", token.0)
}

/// The version, unless it is the one that an unversioned bucket overwrites.
pub(crate) fn version(id: Option<&str>) -> Option<VersionId> {
    id.filter(|id| !id.is_empty() && *id != "null").map(|id| VersionId(id.to_owned()))
}

/// The digest of the whole content. A checksum of the parts' checksums ends in `-N` and is none.
pub(crate) fn whole_digest(checksum: Option<&str>, kind: Option<&ChecksumType>) -> Option<Digest> {
    let text = checksum.filter(|text| !text.contains('-') && kind != Some(&ChecksumType::Composite))?;
    let bytes: [u8; 32] = base64::decode(text).ok()?.try_into().ok()?;
    Some(Digest::from_bytes(bytes))
}

/// The checksum header for a digest.
pub(crate) fn checksum(digest: &Digest) -> String {
    base64::encode(digest.as_bytes())
}

/// The store's own checksums of an answer, but for a SHA-256 of the whole content, which is told apart.
macro_rules! checksums {
    ($answer:expr) => {{
        let parts = $answer.checksum_sha256().filter(|sum| sum.contains('-'));
        [
            ("crc32", $answer.checksum_crc32()),
            ("crc32c", $answer.checksum_crc32_c()),
            ("crc64nvme", $answer.checksum_crc64_nvme()),
            ("sha1", $answer.checksum_sha1()),
            ("sha256-parts", parts),
        ]
        .into_iter()
        .filter_map(|(name, sum)| Some((name.to_owned(), sum.filter(|sum| !sum.is_empty())?.to_owned())))
        .collect::<promote_port::port::Checksums>()
    }};
}
pub(crate) use checksums;

/// A time in whole seconds.
pub(crate) fn whole_seconds(time: Option<&WireTime>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time?.secs(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lose_and_regain_their_quotes() {
        assert_eq!(token("\"abc\""), token("abc"));
        assert_eq!(token("\"\""), None);
        assert_eq!(etag(&Token("abc-2".into())), "\"abc-2\"");
    }

    #[test]
    fn only_a_checksum_of_the_whole_is_a_digest() {
        let digest = Digest::of(b"abc");
        let text = checksum(&digest);
        assert_eq!(whole_digest(Some(&text), None), Some(digest));
        assert_eq!(whole_digest(Some(&text), Some(&ChecksumType::FullObject)), Some(digest));
        assert_eq!(whole_digest(Some(&text), Some(&ChecksumType::Composite)), None);
        for odd in [format!("{text}-3"), "abc".into(), String::new(), "AAAA".into()] {
            assert_eq!(whole_digest(Some(&odd), None), None, "{odd}");
        }
    }

    #[test]
    fn the_null_version_is_none() {
        assert_eq!(version(Some("null")), None);
        assert_eq!(version(Some("3L4")), Some(VersionId("3L4".into())));
    }
}
