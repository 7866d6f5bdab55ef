//! Reading objects. The API tells description and content in two answers, so `get` asks for both at once and takes
//! them only when they are of one generation.

use crate::GcsBucket;
use crate::checksum::{Checksum, of, of_answer};
use crate::exchange::{Operation, STOPPED};
use crate::resource::{Resource, generation, told};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, RANGE};
use promote_port::location::Key;
use promote_port::port::{ByteStream, ErrorKind, Object, Pace, PinnedSource, ProviderError, VersionId};
use reqwest::{RequestBuilder, Response};
use tokio::time::Instant;

/// How often description and content are asked for while others replace the object.
const ATTEMPTS: usize = 4;

pub(crate) const GET: &str = "storage.objects.get";

/// What is left of an answer with content, and what its bytes must come to.
struct Rest {
    response: Response,
    sum: Checksum,
    left: Option<u64>,
    expected: Option<String>,
    pace: Pace,
    over: bool,
}

impl GcsBucket {
    async fn request(
        &self,
        key: &Key,
        version: Option<&str>,
        media: bool,
    ) -> Result<RequestBuilder, ProviderError> {
        let ready = self.ready().await?;
        let mut query = Vec::new();
        if media {
            query.push(("alt", "media"));
        }
        query.extend(version.map(|version| ("generation", version)));
        let url = ready.endpoint.call("storage/v1", &["b", &self.name, "o", key.as_str()], &query);
        let request = ready.http.get(url);
        // Content that is stored compressed is to come as it is stored.
        Ok(if media { request.header(ACCEPT_ENCODING, "gzip") } else { request })
    }

    /// See `BucketReader::head`.
    pub(crate) async fn describe(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        let Some(found) = self.look(key).await? else {
            self.unless_bucket_is_missing().await?;
            return Ok(None);
        };
        Ok(Some(found.0))
    }

    /// The description and the checksum. Whether the bucket is there is not asked.
    async fn look(&self, key: &Key) -> Result<Option<(Object, Option<String>)>, ProviderError> {
        let operation = Operation::reading(self, key.as_str(), GET);
        match operation.ask::<Resource>(self.request(key, None, false).await?).await {
            Ok(resource) => {
                self.bucket_seen();
                let sum = resource.crc32c.clone();
                Ok(Some((told(&operation, key, resource)?, sum)))
            }
            Err(failure) if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) => {
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The content of the newest or of this generation, and the generation that it is.
    async fn content(
        &self,
        key: &Key,
        version: Option<&str>,
        limit: usize,
    ) -> Result<Option<(String, Bytes)>, ProviderError> {
        let operation = Operation::reading(self, key.as_str(), GET);
        let response = match operation.open(self.request(key, version, true).await?).await {
            Ok(response) => response,
            Err(failure) if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) => {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let is = header("x-goog-generation")
            .filter(|text| generation(text).is_some())
            .ok_or_else(|| operation.nonsense("the answer does not tell the generation of the content"))?;
        let size: Option<usize> = header(CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        let too_large = || operation.error(ErrorKind::Corrupt, format!("more than {limit} bytes are stored"));
        if size.is_some_and(|size| size > limit) {
            return Err(too_large());
        }
        let expected = of_answer(response.headers());
        let bytes = operation.drain(response, limit).await.map_err(|failure| match failure.kind {
            ErrorKind::Corrupt => too_large(),
            _ => failure,
        })?;
        if expected.is_some_and(|expected| expected != of(&bytes)) {
            return Err(damaged(&operation));
        }
        Ok(Some((is, bytes)))
    }

    /// See `BucketReader::get`.
    pub(crate) async fn fetch(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        for _ in 0..ATTEMPTS {
            let (described, content) = tokio::join!(self.look(key), self.content(key, None, limit));
            // A missing right or a broken connection shows in both; too much content in one.
            let (described, content) = (described?, content?);
            let Some((object, sum)) = described else {
                if content.is_none() {
                    self.unless_bucket_is_missing().await?;
                    return Ok(None);
                }
                continue;
            };
            let content = match content {
                Some((is, bytes)) if is == object.token.0 => Some(bytes),
                // It was replaced between the two answers. Where versions are kept, the one described is there.
                _ => self.content(key, Some(&object.token.0), limit).await?.map(|(_, bytes)| bytes),
            };
            let Some(bytes) = content else { continue };
            if bytes.len() as u64 != object.size || sum.is_some_and(|sum| sum != of(&bytes)) {
                return Err(damaged(&Operation::reading(self, key.as_str(), GET)));
            }
            return Ok(Some((object, bytes)));
        }
        let operation = Operation::reading(self, key.as_str(), GET);
        Err(operation.error(ErrorKind::Unavailable, "the object is replaced faster than it can be read"))
    }

    /// See `BucketReader::read_range`. A generation is one content for ever, so it is all that is asked for.
    pub(crate) async fn fetch_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let key = &from.location.key;
        let mut operation = Operation::reading(self, key.as_str(), GET);
        operation.timeout = self.timeout(length);
        let changed = || operation.error(ErrorKind::Conflict, "the source is gone or was replaced");
        let last = offset.checked_add(length).and_then(|end| end.checked_sub(1));
        let Some(last) = last.filter(|last| *last >= offset) else { return Ok(Bytes::new()) };
        let pinned = generation(&from.token.0).ok_or_else(changed)?;
        let request = self.request(key, Some(pinned), true).await?;
        let response = match operation.open(request.header(RANGE, format!("bytes={offset}-{last}"))).await {
            Ok(response) => response,
            Err(failure) if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) => {
                return Err(changed().caused_by(failure));
            }
            Err(failure) => return Err(failure),
        };
        let bytes = operation.drain(response, usize::try_from(length).unwrap_or(usize::MAX)).await?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(operation.silent("the answer ended early")) }
    }

    /// See `BucketReader::read`.
    pub(crate) async fn stream(
        &self,
        key: &Key,
        version: Option<&VersionId>,
    ) -> Result<ByteStream, ProviderError> {
        let operation = Operation::reading(self, key.as_str(), GET);
        let version = match version {
            None => None,
            Some(version) => Some(generation(&version.0).ok_or_else(|| {
                operation.error(ErrorKind::NotFound, format!("`{}` is no generation", version.0))
            })?),
        };
        let response = match operation.open(self.request(key, version, true).await?).await {
            Ok(response) => response,
            Err(failure) if failure.kind == ErrorKind::NotFound => {
                self.unless_bucket_is_missing().await?;
                return Err(failure);
            }
            Err(failure) => return Err(failure),
        };
        self.bucket_seen();
        let rest = Rest {
            left: response.content_length(),
            expected: of_answer(response.headers()),
            response,
            sum: Checksum::new(),
            pace: Pace::new(self.limits.answer),
            over: false,
        };
        let (provider, subject) = (self.to_string(), key.to_string());
        let error = move |kind, message: &str| ProviderError::new(kind, &provider, &subject, message);
        let pieces = futures_util::stream::unfold(rest, move |mut rest| {
            let error = error.clone();
            async move {
                if rest.over {
                    return None;
                }
                let asked = Instant::now();
                let piece = match tokio::time::timeout(rest.pace.next(), rest.response.chunk()).await {
                    Ok(Ok(Some(piece))) => {
                        rest.pace.came(piece.len(), asked.elapsed());
                        rest.sum.update(&piece);
                        rest.left = rest.left.map(|left| left.saturating_sub(piece.len() as u64));
                        return Some((Ok(piece), rest));
                    }
                    Ok(Ok(None)) if rest.left.is_some_and(|left| left > 0) => {
                        error(ErrorKind::Unavailable, "the answer ended early")
                    }
                    Ok(Ok(None)) => match &rest.expected {
                        Some(expected) if *expected != rest.sum.text() => error(ErrorKind::Corrupt, DAMAGED),
                        _ => return None,
                    },
                    Ok(Err(broken)) => {
                        error(ErrorKind::Unavailable, "the answer broke off").caused_by(broken.without_url())
                    }
                    Err(_) => error(ErrorKind::Unavailable, STOPPED),
                };
                rest.over = true;
                Some((Err(piece), rest))
            }
        });
        Ok(pieces.boxed())
    }
}

const DAMAGED: &str = "other bytes arrived than the store keeps: their CRC32C differs";

fn damaged(operation: &Operation<'_>) -> ProviderError {
    operation.error(ErrorKind::Corrupt, DAMAGED)
}
