//! One request and its answer: who asks, how long is waited, how much is read. What a refusal means is told by
//! `failure`.

use crate::GcsBucket;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use promote_port::port::{ErrorKind, Pace, ProviderError, wire};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// The largest answer that is read when it is no object's content: a page of a thousand names.
const ANSWER: usize = 16 << 20;

/// What is said of an answer that is waited for no longer.
pub(crate) const STOPPED: &str = "the answer stopped half-way, or came too slowly";

/// The largest part of a refusal that is read.
const REFUSAL: usize = 64 << 10;

/// One request: about what, with which right, and whether it may change something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) bucket: &'a GcsBucket,
    pub(crate) subject: &'a str,
    pub(crate) right: &'static str,
    pub(crate) effect: bool,
    pub(crate) timeout: Duration,
    /// What a copy reads, as `gs://BUCKET/KEY`: a right may be missing there.
    pub(crate) source: Option<&'a str>,
}

/// An answer, all of it.
#[derive(Debug)]
pub(crate) struct FullResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<'a> Operation<'a> {
    /// A request that changes nothing.
    pub(crate) fn reading(bucket: &'a GcsBucket, subject: &'a str, right: &'static str) -> Self {
        let timeout = bucket.limits.answer;
        Self { bucket, subject, right, effect: false, timeout, source: None }
    }

    /// A request about `size` bytes that may take effect.
    pub(crate) fn effect(bucket: &'a GcsBucket, subject: &'a str, right: &'static str, size: u64) -> Self {
        let timeout = bucket.timeout(size);
        Self { bucket, subject, right, effect: true, timeout, source: None }
    }

    /// An error of this request.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self.bucket, self.subject, message)
    }

    /// No answer, although the request may have arrived.
    pub(crate) fn silent(&self, message: impl Into<String>) -> ProviderError {
        self.error(if self.effect { ErrorKind::Unknown } else { ErrorKind::Unavailable }, message)
    }

    /// An answer that can't be right, to a request that may have taken effect or not.
    pub(crate) fn nonsense(&self, message: impl Into<String>) -> ProviderError {
        self.error(if self.effect { ErrorKind::Unknown } else { ErrorKind::Corrupt }, message)
    }

    /// Sends the request and opens the answer, which is one of success or the `308` of an upload in progress.
    pub(crate) async fn open(&self, request: RequestBuilder) -> Result<Response, ProviderError> {
        let ready = self.bucket.ready().await?;
        let signed =
            ready.tokens.headers().await.map_err(|missing| missing.error(self.bucket, self.subject))?;
        let (client, request) = request.headers(signed).build_split();
        let request = request.map_err(|odd| self.broken(&odd))?;
        if let Some(header) = request.headers().get(http::header::AUTHORIZATION) {
            let header = header.to_str().unwrap_or_default();
            self.bucket.connection.confided.keep(header.rsplit(' ').next().unwrap_or_default());
        }
        let (method, address) = (request.method().to_string(), request.url().to_string());
        let (began, asking) = (Instant::now(), wire::asking(&address));
        let answered = tokio::time::timeout(self.timeout, client.execute(request)).await;
        drop(asking);
        let status = answered.as_ref().ok().and_then(|answer| answer.as_ref().ok());
        wire::asked(&method, &address, status.map(|answer| answer.status().as_u16()), began.elapsed());
        let response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(failure)) => return Err(self.broken(&failure)),
            Err(_) => {
                let waited = self.timeout.as_secs();
                return Err(self.silent(format!("no answer came within {waited} seconds")));
            }
        };
        self.bucket.connection.clock.learn(response.headers());
        if response.status().is_success() || response.status() == StatusCode::PERMANENT_REDIRECT {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        // What the store says in words matters less than that it refused.
        let body = self.drain(response, REFUSAL).await.unwrap_or_default();
        Err(self.refused(&FullResponse { status, headers, body }))
    }

    /// Sends the request and reads all of its answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<FullResponse, ProviderError> {
        let response = self.open(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.drain(response, ANSWER).await?;
        Ok(FullResponse { status, headers, body })
    }

    /// Sends the request and understands its answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ProviderError> {
        let answer = self.send(request).await?;
        self.understood(&answer)
    }

    /// What the answer says.
    pub(crate) fn understood<T: DeserializeOwned>(&self, answer: &FullResponse) -> Result<T, ProviderError> {
        serde_json::from_slice(&answer.body).map_err(|odd| {
            let failure = self.nonsense("the store's answer makes no sense");
            if answer.body.trim_ascii_start().starts_with(b"<") {
                return failure.hint("a page came instead: something between here and the store answered");
            }
            failure.caused_by(odd)
        })
    }

    /// The whole body, at most `limit` bytes.
    pub(crate) async fn drain(&self, mut response: Response, limit: usize) -> Result<Bytes, ProviderError> {
        let (mut all, mut pace) = (BytesMut::new(), Pace::new(self.timeout));
        loop {
            let asked = Instant::now();
            match tokio::time::timeout(pace.next(), response.chunk()).await {
                Ok(Ok(None)) => return Ok(all.freeze()),
                Ok(Ok(Some(piece))) if all.len() + piece.len() <= limit => {
                    pace.came(piece.len(), asked.elapsed());
                    all.extend_from_slice(&piece);
                }
                Ok(Ok(Some(_))) => {
                    return Err(self.nonsense(format!("the answer has more than {limit} bytes")));
                }
                Ok(Err(broken)) => {
                    return Err(self.silent("the answer broke off").caused_by(broken.without_url()));
                }
                Err(_) => return Err(self.silent(STOPPED)),
            }
        }
    }
}
