//! Content and description in one answer. The JSON API tells them apart, in two; a download by the XML API carries an
//! object's own metadata in its header fields (<https://cloud.google.com/storage/docs/xml-api/reference-headers>). It is
//! a short cut and nothing more: what is not told whole and sound, or is refused, is asked for again the usual way,
//! which also has the words for it.

use crate::GcsBucket;
use crate::checksum::{of, of_answer};
use crate::exchange::Operation;
use crate::failure::says;
use crate::inline_content;
use crate::reading::GET;
use crate::resource::generation;
use bytes::Bytes;
use chrono::DateTime;
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, LAST_MODIFIED};
use promote_port::location::Key;
use promote_port::port::{Checksums, ErrorKind, Headers, Metadata, Object, ProviderError, Token, VersionId};

/// What the names of an object's own metadata begin with.
const OWN: &str = "x-goog-meta-";

/// The store's word for a missing object (<https://cloud.google.com/storage/docs/xml-api/reference-status>).
const NO_OBJECT: &str = "NoSuchKey";

/// What one answer told.
enum OneAnswer {
    Found(Box<(Object, Bytes)>),
    Nothing,
    /// It is to be asked for in the usual way.
    Unclear,
}

impl GcsBucket {
    /// See `BucketReader::get_with_metadata`. Content headers are left out: an answer has some that nobody stored.
    pub(crate) async fn fetch_at_once(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        match self.download(key, limit).await? {
            OneAnswer::Found(found) => Ok(Some(*found)),
            OneAnswer::Nothing => Ok(None),
            OneAnswer::Unclear => self.fetch(key, limit).await,
        }
    }

    async fn download(&self, key: &Key, limit: usize) -> Result<OneAnswer, ProviderError> {
        let ready = self.ready().await?;
        let url = ready.endpoint.object(&self.name, key);
        let operation = Operation::reading(self, key.as_str(), GET);
        // Content that is stored compressed is to come as it is stored.
        let response = match operation.open(ready.http.get(url).header(ACCEPT_ENCODING, "gzip")).await {
            Ok(response) => response,
            Err(failure) if says(&failure, NO_OBJECT) => {
                self.bucket_seen();
                return Ok(OneAnswer::Nothing);
            }
            Err(failure) if failure.kind == ErrorKind::Unavailable => return Err(failure),
            Err(_) => return Ok(OneAnswer::Unclear),
        };
        let headers = response.headers().clone();
        let length = text(&headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
        if length.is_some_and(|length: usize| length > limit) {
            return Ok(OneAnswer::Unclear);
        }
        let bytes = match operation.drain(response, limit).await {
            Ok(bytes) => bytes,
            Err(failure) if failure.kind == ErrorKind::Corrupt => return Ok(OneAnswer::Unclear),
            Err(failure) => return Err(failure),
        };
        let Some(object) = described(key, &headers, &bytes) else { return Ok(OneAnswer::Unclear) };
        self.bucket_seen();
        Ok(OneAnswer::Found(Box::new((object, bytes))))
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The object that the header fields of a download describe; `None` unless they are all there and fit the content. One
/// without metadata of its own is none either: whether it has none or the server does not tell is not known then.
fn described(key: &Key, headers: &HeaderMap, content: &[u8]) -> Option<Object> {
    let generation = text(headers, "x-goog-generation").and_then(generation)?.to_owned();
    let size: u64 = text(headers, "x-goog-stored-content-length")?.parse().ok()?;
    let sound = size == content.len() as u64 && of_answer(headers)? == of(content);
    let mut metadata = Metadata::new();
    for (name, value) in headers {
        if let Some(name) = name.as_str().strip_prefix(OWN) {
            metadata.insert(name.to_owned(), value.to_str().ok()?.to_owned());
        }
    }
    if !sound || metadata.is_empty() {
        return None;
    }
    metadata.remove(inline_content::NAME);
    Some(Object {
        key: key.clone(),
        size,
        token: Token(generation.clone()),
        version: Some(VersionId(generation)),
        sha256: None,
        stored_at: DateTime::parse_from_rfc2822(text(headers, LAST_MODIFIED.as_str())?).ok()?.to_utc(),
        headers: Headers::default(),
        metadata,
        checksums: Checksums::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// An answer with everything, but for the field `without`.
    fn answer(without: &str) -> HeaderMap {
        let sum = format!("crc32c={},md5=x", of(b"content"));
        [
            ("x-goog-generation", "1763711990123456"),
            ("x-goog-stored-content-length", "7"),
            ("x-goog-hash", &sum),
            ("last-modified", "Sat, 21 Nov 2026 17:29:41 GMT"),
            ("x-goog-meta-promote-id", "01JD"),
            ("x-goog-meta-promote-content", "carried"),
            ("cache-control", "private, max-age=0"),
        ]
        .into_iter()
        .filter(|(name, _)| *name != without)
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect()
    }

    #[test]
    fn an_answer_is_believed_when_it_is_whole() {
        let key: Key = "site/.promote-folder.json".parse().unwrap();
        let object = described(&key, &answer(""), b"content").unwrap();
        assert_eq!((object.size, object.token.0.as_str()), (7, "1763711990123456"));
        assert_eq!(object.version.map(|version| version.0).as_deref(), Some("1763711990123456"));
        assert_eq!(object.stored_at.to_rfc3339(), "2026-11-21T17:29:41+00:00");
        assert_eq!(object.metadata, Metadata::from([("promote-id".into(), "01JD".into())]));
        assert_eq!(object.headers, Headers::default());
        for needed in ["x-goog-generation", "x-goog-stored-content-length", "x-goog-hash", "last-modified"] {
            assert_eq!(described(&key, &answer(needed), b"content"), None, "{needed}");
        }
        assert_eq!(described(&key, &answer(""), b"contend"), None, "another content");
        assert_eq!(described(&key, &answer(""), b"conten"), None, "a part of it");
        for (field, odd) in [("x-goog-meta-promote-id", "J\u{f6}rg"), ("x-goog-generation", "0")] {
            let mut headers = answer("");
            headers.insert(field, HeaderValue::from_bytes(odd.as_bytes()).unwrap());
            assert_eq!(described(&key, &headers, b"content"), None, "{field}: {odd}");
        }
    }

    #[test]
    fn an_answer_without_metadata_leaves_it_open_whether_there_is_some() {
        let mut headers = answer("x-goog-meta-promote-id");
        headers.remove("x-goog-meta-promote-content");
        assert_eq!(described(&"a".parse().unwrap(), &headers, b"content"), None);
    }
}
