//! Bringing a blob into a repository: mounted from another one of the same registry, else streamed from where it lies.
//! A blob is named by its digest, so all of this may be done again without harm.

use crate::api::refusal;
use crate::body::whole;
use crate::call::{Call, Payload};
use crate::failure::{Operation, Side};
use crate::manifest::{Descriptor, digest_of};
use crate::repository::{Repository, is_safe};
use crate::session::Session;
use bytes::Bytes;
use futures_util::TryStreamExt;
use promote_port::digest::{Digest, Hasher};
use promote_port::port::{ErrorKind, Pace, ProviderError};
use promote_port::retry;
use reqwest::{Body, Method, Response, StatusCode, Url};
use std::time::Duration;

/// How long a request without content may take.
const ANSWER: Duration = retry::ANSWER;

/// From where to where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) session: &'a Session,
    pub(crate) from: &'a Repository,
    pub(crate) to: &'a Repository,
}

impl<'a> Way<'a> {
    /// Whether both ends are one registry, which can then mount.
    pub(crate) fn is_near(&self) -> bool {
        self.from.host == self.to.host
    }

    fn reading(&self, subject: &str) -> Operation<'a> {
        Operation::reading(self.from, subject).at(Side::Source)
    }

    fn writing(&self, subject: &str) -> Operation<'a> {
        // Nothing that is named by its digest is in doubt: it can be sent again.
        Operation { effect: false, ..Operation::writing(self.to, subject).at(Side::Target) }
    }

    /// Brings one blob there. One that may lie elsewhere, and is not in the source, is left where it is.
    pub(crate) async fn bring(&self, blob: &Descriptor) -> Result<(), ProviderError> {
        if blob.may_lie_elsewhere() && !self.source_has(blob).await? {
            return Ok(());
        }
        let digest = digest_of(&blob.digest).ok_or_else(|| {
            let what = "a layer is named by a digest of a kind that is not known; known is sha256";
            self.reading(&blob.digest).error(ErrorKind::Unsupported, what)
        })?;
        let mut tried = 0;
        loop {
            tried += 1;
            match self.bring_once(blob, &digest).await {
                Err(error) if error.kind == ErrorKind::Unavailable && tried < retry::TRIES => {
                    tokio::time::sleep(retry::pause(tried, &error)).await;
                }
                end => return end,
            }
        }
    }

    async fn bring_once(&self, blob: &Descriptor, digest: &Digest) -> Result<(), ProviderError> {
        let session = if self.is_near() {
            let rest = format!("blobs/uploads/?mount={}&from={}", blob.digest, self.from.path);
            let answer = self.ask(Method::POST, &rest, &blob.digest, Some(self.from)).await?;
            match answer.status() {
                StatusCode::CREATED => return Ok(()),
                // It would rather have the bytes; the upload is open already.
                StatusCode::ACCEPTED => answer,
                _ => return Err(refusal(self.session, answer, &self.writing(&blob.digest)).await),
            }
        } else {
            if self.is_there(blob).await? {
                return Ok(());
            }
            let answer = self.ask(Method::POST, "blobs/uploads/", &blob.digest, None).await?;
            if answer.status() != StatusCode::ACCEPTED {
                return Err(refusal(self.session, answer, &self.writing(&blob.digest)).await);
            }
            answer
        };
        let target = self.upload(&session, &blob.digest)?;
        if self.is_near() && self.is_there(blob).await? {
            return self.give_up(target, &blob.digest).await;
        }
        self.stream(blob, digest, target).await
    }

    async fn ask(
        &self,
        method: Method,
        rest: &str,
        subject: &str,
        also: Option<&Repository>,
    ) -> Result<Response, ProviderError> {
        let operation = self.writing(subject);
        let url = self.to.url(&self.to.v2(rest))?;
        let headers = vec![];
        let body = if method == Method::POST { Payload::Bytes(Bytes::new()) } else { Payload::None };
        let call = Call { operation, method, url, headers, body, also, within: Some(ANSWER) };
        self.session.send(call).await
    }

    async fn is_there(&self, blob: &Descriptor) -> Result<bool, ProviderError> {
        let answer = self.ask(Method::HEAD, &format!("blobs/{}", blob.digest), &blob.digest, None).await?;
        match answer.status() {
            status if status.is_success() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(refusal(self.session, answer, &self.writing(&blob.digest)).await),
        }
    }

    async fn source_has(&self, blob: &Descriptor) -> Result<bool, ProviderError> {
        let operation = self.reading(&blob.digest);
        let call = Call {
            operation: operation.clone(),
            method: Method::HEAD,
            url: self.from.url(&self.from.v2(&format!("blobs/{}", blob.digest)))?,
            headers: vec![],
            body: Payload::None,
            also: None,
            within: Some(ANSWER),
        };
        let answer = self.session.send(call).await?;
        match answer.status() {
            status if status.is_success() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(refusal(self.session, answer, &operation).await),
        }
    }

    /// Where the bytes of an upload go.
    fn upload(&self, answer: &Response, digest: &str) -> Result<Url, ProviderError> {
        let operation = self.writing(digest);
        let named = answer.headers().get("location").and_then(|value| value.to_str().ok());
        let target = named.and_then(|named| answer.url().join(named).ok());
        let target = target.filter(|target| is_safe(target, &self.to.host));
        target.ok_or_else(|| {
            operation.error(ErrorKind::Corrupt, "the registry does not say where to upload to")
        })
    }

    /// Ends an upload that is not needed. What is left of it the registry cleans up itself.
    async fn give_up(&self, target: Url, digest: &str) -> Result<(), ProviderError> {
        let operation = self.writing(digest);
        let url = target;
        let call = Call {
            operation,
            method: Method::DELETE,
            url,
            headers: vec![],
            body: Payload::None,
            also: Some(self.from),
            within: Some(ANSWER),
        };
        drop(self.session.send(call).await);
        Ok(())
    }

    /// Passes the bytes through, looking that they are the right ones before the last of them is sent.
    async fn stream(&self, blob: &Descriptor, digest: &Digest, mut target: Url) -> Result<(), ProviderError> {
        let reading = self.reading(&blob.digest);
        let call = Call {
            operation: reading.clone(),
            method: Method::GET,
            url: self.from.url(&self.from.v2(&format!("blobs/{}", blob.digest)))?,
            headers: vec![],
            body: Payload::None,
            also: None,
            within: None,
        };
        let answer = self.session.send(call).await?;
        if !answer.status().is_success() {
            return Err(refusal(self.session, answer, &reading).await);
        }
        let (expected, timeout) = ((*digest, blob.size), self.session.timeout);
        let bytes = answer.bytes_stream().map_err(std::io::Error::other);
        let checked = futures_util::stream::try_unfold(
            (Box::pin(bytes), Some(Hasher::new()), 0u64),
            move |(mut bytes, hasher, so_far)| async move {
                let Some(mut hasher) = hasher else { return Ok(None) };
                let wrong = || std::io::Error::other("the blob's bytes are not those that its digest names");
                let piece = tokio::time::timeout(timeout, bytes.try_next());
                match piece
                    .await
                    .map_err(|_| std::io::Error::other("the blob's bytes stopped half-way"))??
                {
                    Some(piece) => {
                        hasher.update(&piece);
                        let so_far = so_far + piece.len() as u64;
                        // The registry has all when the length is reached, so the last piece waits for the verdict.
                        if so_far > expected.1 {
                            return Err(wrong());
                        }
                        if so_far == expected.1 {
                            return if hasher.finish() == expected.0 {
                                Ok(Some((piece, (bytes, None, so_far))))
                            } else {
                                Err(wrong())
                            };
                        }
                        Ok(Some((piece, (bytes, Some(hasher), so_far))))
                    }
                    None if so_far == expected.1 && hasher.finish() == expected.0 => Ok(None),
                    None => Err(wrong()),
                }
            },
        );
        target.query_pairs_mut().append_pair("digest", &blob.digest);
        let operation = self.writing(&blob.digest);
        let call = Call {
            operation: operation.clone(),
            method: Method::PUT,
            url: target,
            headers: vec![
                ("content-type", "application/octet-stream".to_owned()),
                ("content-length", blob.size.to_string()),
            ],
            body: Payload::Stream(Body::wrap_stream(checked)),
            also: self.is_near().then_some(self.from),
            within: Some(Pace::whole(timeout, blob.size)),
        };
        let answer = self.session.send(call).await?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(refusal(self.session, answer, &operation).await)
        }
    }

    /// A small blob's bytes, from the source.
    pub(crate) async fn small(
        session: &Session,
        repository: &Repository,
        blob: &Descriptor,
        limit: usize,
    ) -> Result<Bytes, ProviderError> {
        let operation = Operation::reading(repository, &blob.digest);
        let call = Call {
            operation: operation.clone(),
            method: Method::GET,
            url: repository.url(&repository.v2(&format!("blobs/{}", blob.digest)))?,
            headers: vec![],
            body: Payload::None,
            also: None,
            within: Some(ANSWER),
        };
        let answer = session.send(call).await?;
        if !answer.status().is_success() {
            return Err(refusal(session, answer, &operation).await);
        }
        let bytes = whole(answer, limit, session.timeout).await.map_err(|cut| operation.cut_off(cut))?;
        if digest_of(&blob.digest) != Some(Digest::of(&bytes)) {
            return Err(operation.error(ErrorKind::Corrupt, "the bytes are not those that the digest names"));
        }
        Ok(bytes)
    }
}
