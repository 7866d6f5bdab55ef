//! Uploads in pieces. The condition holds when the last piece is in. After a doubt the store is asked how far it got,
//! so that no piece takes effect twice and nothing is sent again that has arrived.
//!
//! The content's checksum goes along with the last piece, as in Google's own clients
//! (<https://github.com/googleapis/google-cloud-cpp/pull/15815>), so that the content is read once: where the sum does
//! not fit, the store makes no object.

use crate::GcsBucket;
use crate::checksum::{self, Checksum};
use crate::exchange::{FullResponse, Operation};
use crate::resource::{Resource, Target, guard};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use promote_port::port::{Blob, ErrorKind, Object, ProviderError};
use reqwest::{StatusCode, Url};

/// How far an upload is.
#[derive(Debug)]
enum Far {
    /// The object is there.
    Done(Box<Resource>),
    /// The store keeps this many bytes.
    Kept(u64),
}

/// The upload under way.
struct Session<'a> {
    bucket: &'a GcsBucket,
    target: &'a Target<'a>,
    url: Url,
    size: u64,
    /// Of what the store keeps.
    sum: Checksum,
    /// The checksum of all, once the last byte was sent: only then can the object be there.
    ended: Option<String>,
}

impl GcsBucket {
    /// Writes content of any length.
    pub(crate) async fn upload(&self, target: &Target<'_>, blob: &dyn Blob) -> Result<Object, ProviderError> {
        let url = self.begin(target, blob.size()).await?;
        let (size, sum) = (blob.size(), Checksum::new());
        let mut session = Session { bucket: self, target, url, size, sum, ended: None };
        match session.send_all(blob).await {
            Ok(resource) => {
                let (operation, sum) = (session.operation(0), session.ended.clone().unwrap_or_default());
                self.written(&operation, target.key, resource, size, &sum)
            }
            Err(failure) => {
                if failure.kind != ErrorKind::Unknown {
                    session.give_up().await;
                }
                Err(failure)
            }
        }
    }

    /// Where the pieces are to be sent. That there is such a place changes nothing yet.
    async fn begin(&self, target: &Target<'_>, size: u64) -> Result<Url, ProviderError> {
        let operation = Operation::reading(self, target.key.as_str(), "storage.objects.create");
        let guard = guard(&operation, target.when)?;
        let description = target.described(None).map_err(|odd| {
            operation.error(ErrorKind::Invalid, "the description can't be written").caused_by(odd)
        })?;
        let ready = self.ready().await?;
        let query = Self::upload_query("resumable", target, guard);
        let url = ready.endpoint.call("upload/storage/v1", &["b", &self.name, "o"], &query);
        let request = ready
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header("x-upload-content-type", Self::content_type(target))
            .header("x-upload-content-length", size)
            .body(description);
        let answer =
            operation.send(request).await.map_err(|failure| self.not_written(&operation, failure))?;
        let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        location.and_then(|location| ready.endpoint.session(location)).ok_or_else(|| {
            operation.error(ErrorKind::Corrupt, "the store names no place of its own for the upload").hint(
                "an emulator must know the address by which it is reached, to tell it to those who upload",
            )
        })
    }
}

impl<'a> Session<'a> {
    fn operation(&self, length: u64) -> Operation<'a> {
        let key = self.target.key.as_str();
        let mut operation = Operation::effect(self.bucket, key, "storage.objects.create", length);
        operation.effect = self.ended.is_some();
        operation
    }

    async fn send_all(&mut self, blob: &dyn Blob) -> Result<Resource, ProviderError> {
        let limits = self.bucket.limits;
        let (mut at, mut breaks) = (0, 0);
        loop {
            let length = limits.piece.max(1).min(self.size - at);
            let bytes = self.bucket.piece(self.target.key, blob, at, length).await?;
            if at + length == self.size && self.ended.is_none() {
                let mut all = self.sum.clone();
                all.update(&bytes);
                self.ended = Some(all.text());
            }
            let mut end = self.push(at, bytes.clone()).await;
            while let Err(failure) = end {
                let operation = self.operation(0);
                if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) {
                    return Err(operation
                        .silent("the store does not know the upload any more")
                        .caused_by(failure));
                }
                let doubt = matches!(failure.kind, ErrorKind::Unavailable | ErrorKind::Unknown);
                if !doubt || breaks >= limits.breaks {
                    return Err(failure);
                }
                let pause = limits.pause.saturating_mul(1 << breaks.min(6));
                breaks += 1;
                tokio::time::sleep(pause.max(failure.retry_after().unwrap_or_default())).await;
                end = self.ask().await;
            }
            match end? {
                Far::Done(resource) => return Ok(*resource),
                Far::Kept(kept) if kept < at => {
                    return Err(self.operation(0).silent("the store forgot what it had kept of the upload"));
                }
                Far::Kept(kept) if kept > at => {
                    let new = usize::try_from(kept - at).unwrap_or(usize::MAX);
                    self.sum.update(bytes.get(..new).unwrap_or(&bytes));
                    (at, breaks) = (kept, 0);
                }
                // Nothing new was kept; what was sent goes again.
                Far::Kept(_) if breaks < limits.breaks => breaks += 1,
                Far::Kept(_) => {
                    return Err(self.operation(0).silent("the upload does not get any further"));
                }
            }
        }
    }

    /// Sends a piece.
    async fn push(&self, at: u64, bytes: Bytes) -> Result<Far, ProviderError> {
        let length = bytes.len() as u64;
        let end = at + length;
        let range = format!("bytes {at}-{}/{}", end.saturating_sub(1), self.size);
        self.put(range, bytes, end).await
    }

    /// Asks how far it got.
    async fn ask(&self) -> Result<Far, ProviderError> {
        self.put(format!("bytes */{}", self.size), Bytes::new(), self.size).await
    }

    async fn put(&self, range: String, bytes: Bytes, sent: u64) -> Result<Far, ProviderError> {
        let operation = self.operation(bytes.len() as u64);
        let request = self.bucket.ready().await?.http.put(self.url.clone());
        let mut request = request.header(CONTENT_RANGE, range).header(CONTENT_LENGTH, bytes.len());
        if let Some(sum) = self.ended.as_ref().filter(|_| sent == self.size && !bytes.is_empty()) {
            request = request.header(checksum::HEADER, checksum::header(sum));
        }
        let request = request.body(bytes);
        let answer = operation.send(request).await?;
        if answer.status != StatusCode::PERMANENT_REDIRECT {
            return operation.understood(&answer).map(|resource| Far::Done(Box::new(resource)));
        }
        kept(&answer)
            .filter(|kept| *kept <= sent)
            .map(Far::Kept)
            .ok_or_else(|| operation.nonsense("the store says that it keeps more than it was sent"))
    }

    /// Tells the store to forget the upload. It does so by itself after a week.
    async fn give_up(&self) {
        let operation = Operation::reading(self.bucket, self.target.key.as_str(), "storage.objects.create");
        if let Ok(ready) = self.bucket.ready().await {
            // The store answers 499 to this; what it answers changes nothing.
            let _ = operation.send(ready.http.delete(self.url.clone())).await;
        }
    }
}

/// How many bytes the store keeps: none without a range.
fn kept(answer: &FullResponse) -> Option<u64> {
    let Some(range) = answer.headers.get(RANGE) else { return Some(0) };
    let last: u64 = range.to_str().ok()?.strip_prefix("bytes=0-")?.parse().ok()?;
    last.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};

    #[test]
    fn what_is_kept_is_read_from_the_range() {
        let far = |range: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(range) = range {
                headers.insert(RANGE, HeaderValue::from_static(range));
            }
            kept(&FullResponse { status: StatusCode::PERMANENT_REDIRECT, headers, body: Bytes::new() })
        };
        assert_eq!(far(None), Some(0));
        assert_eq!(far(Some("bytes=0-262143")), Some(262_144));
        for odd in ["bytes=5-9", "0-9", "bytes=0-", "bytes=0-18446744073709551615"] {
            assert_eq!(far(Some(odd)), None, "{odd}");
        }
    }
}
