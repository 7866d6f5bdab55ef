//! What an answer, or the lack of one, means for the caller: every failure of a request becomes a `ProviderError`
//! whose kind says what may be done next. Which failures are expected is left to the callers.

use crate::S3Bucket;
use crate::clock::SIGNED_BEHIND;
use crate::named_right::named;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId;
use chrono::TimeDelta;
use promote_aws::{Asked, causes, harmless, unanswered};
use promote_port::port::clock_is_off;
use promote_port::port::{Confided, ErrorKind, ProviderError};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

/// One request: about what, with which right, and whether it may change something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation<'a> {
    bucket: &'a S3Bucket,
    subject: &'a str,
    right: &'static str,
    effect: bool,
    timeout: Duration,
}

/// What the store said, without anything secret.
#[derive(Debug)]
struct ErrorAnswer {
    status: u16,
    code: String,
    message: String,
    request: String,
}

/// What is said where requests are limited.
const TOO_MANY: &str = "too many requests at once: the store did nothing, and asks to wait";

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store answered {}", self.status)?;
        for (before, text, after) in
            [(" ", &self.code, ""), (": ", &self.message, ""), (" (request ", &self.request, ")")]
        {
            if !text.is_empty() {
                write!(f, "{before}{text}{after}")?;
            }
        }
        Ok(())
    }
}

impl Error for ErrorAnswer {}

/// Whether the store itself turned the request down or made a mess of it, other than by being overloaded or broken.
pub(crate) fn turned_down(failure: &ProviderError) -> bool {
    let status = match failure.source.as_deref().and_then(|cause| cause.downcast_ref::<ErrorAnswer>()) {
        Some(answer) => answer.status,
        // A conflict that was found out without an answer of its own.
        None => return failure.kind == ErrorKind::Conflict,
    };
    status < 500 || status == 501
}

/// What an answer with an error means.
fn kind_of(status: u16, code: &str, effect: bool) -> ErrorKind {
    match (status, code) {
        // An error behind a status of success came after the work had begun.
        (200..=299, _) if effect => ErrorKind::Unknown,
        (200..=299, _) => ErrorKind::Corrupt,
        (_, "PreconditionFailed") | (412, _) => ErrorKind::Conflict,
        (_, "NoSuchUpload") if effect => ErrorKind::Unknown,
        (_, "NoSuchBucket" | "NoSuchKey" | "NoSuchVersion" | "NoSuchUpload") | (404 | 410, _) => {
            ErrorKind::NotFound
        }
        (
            _,
            "SlowDown" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequests",
        )
        | (_, "ConditionalRequestConflict" | "OperationAborted" | "RequestTimeout")
        | (425 | 429, _)
        | (409, "") => ErrorKind::Unavailable,
        (_, "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "XAmzContentChecksumMismatch") => {
            ErrorKind::Corrupt
        }
        (_, "NotImplemented" | "MethodNotAllowed" | "InvalidObjectState" | "ObjectNotInActiveTierError")
        | (405 | 501, _) => ErrorKind::Unsupported,
        (_, "ExpiredToken" | "ExpiredTokenException" | "InvalidToken" | "InvalidAccessKeyId")
        | (_, "SignatureDoesNotMatch" | "RequestTimeTooSkewed" | "TokenRefreshRequired")
        | (401 | 403, _) => ErrorKind::Denied,
        (300..=499, _) => ErrorKind::Invalid,
        _ if effect => ErrorKind::Unknown,
        _ => ErrorKind::Unavailable,
    }
}

impl Asked for Operation<'_> {
    fn error(&self, kind: ErrorKind, message: String) -> ProviderError {
        Operation::error(self, kind, message)
    }

    fn service(&self) -> &str {
        "store"
    }

    fn has_effect(&self) -> bool {
        self.effect
    }

    fn confided(&self) -> &Confided {
        &self.bucket.connection.confided
    }
}

impl<'a> Operation<'a> {
    /// A request that changes nothing.
    pub(crate) fn reading(
        bucket: &'a S3Bucket,
        subject: &'a str,
        right: &'static str,
        timeout: Duration,
    ) -> Self {
        Self { bucket, subject, right, effect: false, timeout }
    }

    /// A request that may take effect.
    pub(crate) fn effect(
        bucket: &'a S3Bucket,
        subject: &'a str,
        right: &'static str,
        timeout: Duration,
    ) -> Self {
        Self { bucket, subject, right, effect: true, timeout }
    }

    /// An error of this request.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self.bucket, self.subject, message)
    }

    /// The error that says that the bucket is not there.
    pub(crate) fn no_bucket(&self) -> ProviderError {
        self.error(ErrorKind::NotFound, format!("there is no bucket `{}`", self.bucket.name)).hint(
            "check the bucket's name, and that endpoint and credentials belong to the account that owns it",
        )
    }

    /// Whether this failure says that the bucket is not there.
    pub(crate) fn lacks_bucket(&self, failure: &ProviderError) -> bool {
        failure.kind == ErrorKind::NotFound && failure.message == self.no_bucket().message
    }

    /// Waits for the answer as long as is meet, and says what a failure means.
    pub(crate) async fn run<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, ProviderError>
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        match tokio::time::timeout(self.timeout, request).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(self.failed(failure)),
            Err(_) => Err(self.silent(format!("no answer came within {} seconds", self.timeout.as_secs()))),
        }
    }

    fn failed<E>(&self, failure: SdkError<E, HttpResponse>) -> ProviderError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        if let SdkError::ServiceError(answered) = &failure {
            return self.answered(answered.raw(), answered.err());
        }
        unanswered(self, &failure)
    }

    fn answered<E: Error + ProvideErrorMetadata + 'static>(
        &self,
        raw: &HttpResponse,
        error: &E,
    ) -> ProviderError {
        let status = raw.status().as_u16();
        let code = error.code().unwrap_or_default();
        // An answer that makes no sense has no message, but a cause.
        let nonsense = causes(error);
        let said = error.message().unwrap_or(&nonsense);
        let answer = ErrorAnswer {
            status,
            code: self.shown(code),
            message: self.shown(said),
            request: self.shown(error.meta().request_id().unwrap_or_default()),
        };
        if let Some(failure) = self.wrong_region(raw, status, code) {
            return failure.caused_by(answer);
        }
        if let Some(failure) = self.wrong_clock(raw, status, code) {
            return failure.caused_by(answer);
        }
        let late = status == 403
            && (said.to_lowercase().contains("request has expired") || code == "RequestExpired");
        let kind = if late { ErrorKind::Unavailable } else { kind_of(status, code, self.effect) };
        let failure = match (kind, code) {
            _ if late => self.error(kind, "the request had expired when it reached the store"),
            (ErrorKind::NotFound, "NoSuchBucket") => self.no_bucket(),
            (ErrorKind::NotFound, _) => self.error(kind, "there is no such object or version"),
            (ErrorKind::Conflict, _) => self.error(kind, "somebody else wrote it meanwhile"),
            (ErrorKind::Denied, _) => self.denied(code, said),
            (
                ErrorKind::Unavailable,
                "SlowDown" | "Throttling" | "ThrottlingException" | "TooManyRequests",
            ) => self.error(kind, TOO_MANY),
            (ErrorKind::Unavailable, _) if status == 429 => self.error(kind, TOO_MANY),
            (ErrorKind::Unavailable, _) => {
                self.error(kind, "the store is not available now, and did nothing")
            }
            (ErrorKind::Unknown, _) => self.error(kind, "the store failed, perhaps after it had done it"),
            (ErrorKind::Corrupt, _) if status < 300 => self.error(kind, "the store's answer makes no sense"),
            (ErrorKind::Corrupt, _) => self.error(kind, "the store received other bytes than were meant"),
            (ErrorKind::Unsupported, "InvalidObjectState" | "ObjectNotInActiveTierError") => self
                .error(kind, "the object is in an archive class and can't be read now")
                .hint("restore the object first"),
            (ErrorKind::Unsupported, _) => self.error(kind, format!("the store can't do `{}`", self.right)),
            (ErrorKind::Invalid, _) => self.error(kind, "the store does not accept the request").refusal(),
        };
        let failure = failure.caused_by(answer);
        let slow = kind == ErrorKind::Unavailable && !late && status != 409 && code != "RequestTimeout";
        if slow || status == 429 || status == 503 {
            let wait = raw.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
            return failure.throttled(Duration::from_secs(wait.unwrap_or(0)));
        }
        failure
    }

    /// The request was signed by this machine's clock, before the store had told its own, and that is far off: it was
    /// refused, and the next one is signed by the store's.
    fn wrong_clock(&self, raw: &HttpResponse, status: u16, code: &str) -> Option<ProviderError> {
        let behind: i64 = raw.headers().get(SIGNED_BEHIND)?.parse().ok()?;
        let off = matches!(status, 400 | 401 | 403)
            .then(|| clock_is_off(TimeDelta::seconds(behind.saturating_neg())))
            .flatten();
        let failure = match off {
            Some(off) => self.error(ErrorKind::Unavailable, off),
            None if code == "RequestTimeTooSkewed" => {
                let message = "the store finds the time of the request wrong, although it is the store's own";
                self.error(ErrorKind::Denied, message)
            }
            None => return None,
        };
        Some(failure.hint("set the clock of this machine right; nothing was written"))
    }

    /// The bucket lies in another region than the one that was signed for.
    fn wrong_region(&self, raw: &HttpResponse, status: u16, code: &str) -> Option<ProviderError> {
        let told = raw.headers().get("x-amz-bucket-region").filter(|name| {
            name.len() < 40 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        let here = self.bucket.connection.region();
        let moved = matches!(
            code,
            "PermanentRedirect"
                | "TemporaryRedirect"
                | "AuthorizationHeaderMalformed"
                | "AuthorizationQueryParametersError"
                | "IllegalLocationConstraintException"
        ) || matches!(status, 301 | 307)
            || status == 400 && told.is_some() && told != here.as_deref();
        if !moved {
            return None;
        }
        let here = here.unwrap_or_default();
        Some(match told {
            Some(there) if there != here => self
                .error(ErrorKind::Invalid, format!("the bucket is in region `{there}`, not in `{here}`"))
                .hint(format!("set `region = \"{there}\"` in `[store.{}]` of promote.toml", self.bucket.name))
                .refusal(),
            _ => self
                .error(ErrorKind::Invalid, format!("the bucket does not answer in region `{here}`"))
                .hint("set the bucket's own region, and check the endpoint")
                .refusal(),
        })
    }

    fn denied(&self, code: &str, said: &str) -> ProviderError {
        let failure = match code {
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => self
                .error(ErrorKind::Denied, "the credentials have expired")
                .hint("sign in again; nothing was written"),
            "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch" => self
                .error(ErrorKind::Denied, "the store does not accept the credentials")
                .hint("check the access key, its secret and the session token"),
            "RequestTimeTooSkewed" => self
                .error(ErrorKind::Denied, "this machine's clock is too far from the store's")
                .hint("set the clock of this machine right; nothing was written"),
            _ => {
                let name = &self.bucket.name;
                let arn = match self.right {
                    "s3:ListBucket" | "s3:GetBucketVersioning" => format!("arn:aws:s3:::{name}"),
                    _ => format!("arn:aws:s3:::{name}/{}", self.subject),
                };
                // One request may need several rights: of a copy, those on its source and on tags as well.
                match named(said) {
                    Some((right, place)) => {
                        ProviderError::missing_right(self.bucket, self.subject, right, place.unwrap_or(&arn))
                    }
                    None => ProviderError::missing_right(self.bucket, self.subject, self.right, arn),
                }
            }
        };
        let unsigned = !failure.lacks_right();
        let failure = match (self.right, said.to_lowercase().contains("kms")) {
            (_, true) => failure.hint("the object is encrypted with a key: `kms:Decrypt` or `kms:GenerateDataKey` on it is needed too"),
            // Who is not known to the store at all lacks more than this one right.
            _ if unsigned => failure,
            ("s3:GetObject" | "s3:GetObjectVersion", _) => failure.hint(
                "without `s3:ListBucket` on the bucket the store answers the same for an object that is not there",
            ),
            _ => failure,
        };
        match self.bucket.connection.clock.access_key() {
            Some(id) => failure.hint(format!("signed in with access key `{}`", harmless(id))),
            None => failure,
        }
    }
}
