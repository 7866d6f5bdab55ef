//! What an answer, or the lack of one, means for the caller: every failure of a request becomes a `ProviderError`
//! whose kind says what may be done next. Which failures are expected is left to the callers.

use crate::exchange::{FullResponse, Operation};
use crate::foreign::harmless;
use promote_port::port::{ErrorKind, ProviderError};
use serde::Deserialize;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What the store said, without anything secret.
#[derive(Debug)]
struct ErrorAnswer {
    status: u16,
    reason: String,
    message: String,
}

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store answered {}", self.status)?;
        for (before, text) in [(" ", &self.reason), (": ", &self.message)] {
            if !text.is_empty() {
                write!(f, "{before}{text}")?;
            }
        }
        Ok(())
    }
}

impl Error for ErrorAnswer {}

/// Google's form of an error, <https://cloud.google.com/storage/docs/json_api/v1/status-codes>.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Detail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    message: String,
    errors: Vec<Reason>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reason {
    reason: String,
}

/// Whether the store itself turned the request down or made a mess of it, other than by being overloaded or broken.
pub(crate) fn turned_down(failure: &ProviderError) -> bool {
    match failure.source.as_deref().and_then(|cause| cause.downcast_ref::<ErrorAnswer>()) {
        Some(said) => (said.status < 500 || said.status == 501) && failure.retry_after().is_none(),
        // A conflict that was found out without an answer of its own.
        None => failure.kind == ErrorKind::Conflict,
    }
}

/// Whether the store gave this word as the reason.
pub(crate) fn says(failure: &ProviderError, reason: &str) -> bool {
    let said = failure.source.as_deref().and_then(|cause| cause.downcast_ref::<ErrorAnswer>());
    said.is_some_and(|said| said.reason == reason)
}

/// The reason in an error of the XML API: `<Error><Code>NoSuchKey</Code>…`.
fn code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Error>")?.1.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    code.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| code.to_owned())
}

/// Every cause in one line, without the address, which may hold the name of an upload that anybody could go on with.
fn causes(failure: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = failure.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
        cause = inner.source();
    }
    harmless(&parts.join(": "))
}

/// The permission that the store's words name.
fn permission(message: &str) -> Option<&str> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '.');
    message
        .split(ends)
        .find(|word| word.starts_with("storage.") && word.matches('.').count() == 2)
        .map(|word| word.trim_end_matches('.'))
}

/// What an answer with an error means.
fn kind_of(status: u16, reason: &str, message: &str, effect: bool) -> ErrorKind {
    match (status, reason) {
        (412, _) => ErrorKind::Conflict,
        (429, _)
        | (403, "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded" | "dailyLimitExceeded")
        | (409 | 425, _) => ErrorKind::Unavailable,
        (401 | 403 | 407, _) => ErrorKind::Denied,
        (404 | 410, _) => ErrorKind::NotFound,
        (400, _) if ["crc32c", "md5"].iter().any(|sum| message.to_lowercase().contains(sum)) => {
            ErrorKind::Corrupt
        }
        (405 | 501, _) => ErrorKind::Unsupported,
        (408 | 500.., _) if effect => ErrorKind::Unknown,
        (408 | 500.., _) => ErrorKind::Unavailable,
        (300..=499, _) => ErrorKind::Invalid,
        _ if effect => ErrorKind::Unknown,
        _ => ErrorKind::Corrupt,
    }
}

impl Operation<'_> {
    /// The error that says that the bucket is not there.
    pub(crate) fn no_bucket(&self) -> ProviderError {
        self.error(ErrorKind::NotFound, format!("there is no bucket `{}`", self.bucket.name))
            .hint("check the bucket's name; names of buckets are shared by all projects of Google Cloud")
    }

    /// Whether this failure says that the bucket is not there.
    pub(crate) fn lacks_bucket(&self, failure: &ProviderError) -> bool {
        failure.kind == ErrorKind::NotFound && failure.message == self.no_bucket().message
    }

    /// A refused condition as what it is to the caller: somebody else wrote.
    pub(crate) fn as_conflict(&self, failure: ProviderError) -> ProviderError {
        if failure.kind != ErrorKind::NotFound || self.lacks_bucket(&failure) {
            return failure;
        }
        self.error(ErrorKind::Conflict, "what was to be replaced is gone").caused_by(failure)
    }

    /// A request that got no answer at all.
    pub(crate) fn broken(&self, failure: &reqwest::Error) -> ProviderError {
        let detail = causes(failure);
        if failure.is_builder() {
            return self
                .error(ErrorKind::Invalid, "the request could not be made")
                .caused_by(detail)
                .refusal();
        }
        if failure.is_connect() {
            return self
                .error(ErrorKind::Unavailable, "the store could not be reached")
                .hint("check the endpoint and the network")
                .caused_by(detail);
        }
        self.silent("the connection broke before the answer came").caused_by(detail)
    }

    /// An answer that is none of success.
    pub(crate) fn refused(&self, answer: &FullResponse) -> ProviderError {
        let status = answer.status.as_u16();
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        let reason = refusal.error.errors.into_iter().next().map(|first| first.reason);
        let confided = &self.bucket.connection.confided;
        let reason = confided.without(&reason.or_else(|| code(&answer.body)).unwrap_or_default());
        let mut message = refusal.error.message;
        if message.is_empty() {
            // The content of an object is refused in plain text; a page is not worth showing.
            let text = String::from_utf8_lossy(&answer.body);
            if !text.trim_start().starts_with(['<', '{']) {
                message = text.trim().to_owned();
            }
        }
        let message = confided.without(&message);
        let kind = kind_of(status, &reason, &message, self.effect);
        let failure = match kind {
            ErrorKind::NotFound if message.contains("bucket does not exist") => self.no_bucket(),
            ErrorKind::NotFound => self.error(kind, "there is no such object or version"),
            ErrorKind::Conflict => self.error(kind, "somebody else wrote it meanwhile"),
            ErrorKind::Denied => self.denied(status, &reason, &message),
            ErrorKind::Unavailable if matches!(status, 403 | 429) => {
                self.error(kind, "too many requests at once: the store did nothing, and asks to wait")
            }
            ErrorKind::Unavailable => self.error(kind, "the store is not available now, and did nothing"),
            ErrorKind::Unknown => self.error(kind, "the store failed, perhaps after it had done it"),
            ErrorKind::Corrupt => self.error(kind, "the store received other bytes than were meant"),
            ErrorKind::Unsupported => self.error(kind, format!("the store can't do `{}`", self.right)),
            ErrorKind::Invalid if reason == "required" || message.contains("requester pays") => self
                .error(kind, "the bucket bills whoever asks, and names nobody to bill")
                .hint("set GOOGLE_CLOUD_QUOTA_PROJECT to the project that shall pay")
                .refusal(),
            ErrorKind::Invalid => self.error(kind, "the store does not accept the request").refusal(),
        };
        let failure =
            failure.caused_by(ErrorAnswer { status, reason: harmless(&reason), message: harmless(&message) });
        let slow = kind == ErrorKind::Unavailable && status != 408 && status != 409;
        if slow || status == 503 {
            let wait = answer.headers.get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
            return failure.throttled(Duration::from_secs(wait.unwrap_or(0)));
        }
        failure
    }

    fn denied(&self, status: u16, reason: &str, message: &str) -> ProviderError {
        let denied = |words: &str| self.error(ErrorKind::Denied, words);
        if status == 401 && permission(message).is_none() {
            return denied("the store does not accept the credentials")
                .hint("sign in again: tokens last an hour, and keys can be revoked; nothing was written");
        }
        if status == 407 {
            return denied("the proxy on the way wants credentials of its own");
        }
        match reason {
            "retentionPolicyNotMet" | "objectUnderActiveHold" => {
                return denied("a retention policy or a hold keeps the object as it is")
                    .hint("targets need a bucket without a retention policy; sources may have one");
            }
            "insufficientPermissions" if permission(message).is_none() => {
                return denied("the token is not meant for storage: its scope is too narrow").hint(
                    "give the machine or the token the scope `devstorage.read_write` or `cloud-platform`",
                );
            }
            "accountDisabled" | "userProjectAccountProblem" => {
                return denied("the project that is billed is disabled or has no billing account");
            }
            _ => {}
        }
        let right = permission(message).unwrap_or(self.right);
        let here = match right {
            "storage.objects.list" => self.bucket.to_string(),
            _ => format!("{}/{}", self.bucket, self.subject),
        };
        let place = match self.source {
            Some(source) if right == "storage.objects.get" => source,
            _ => &here,
        };
        let failure = ProviderError::missing_right(self.bucket, self.subject, right, place);
        match right {
            "storage.objects.delete" => failure.hint(
                "replacing an object takes `storage.objects.delete` as well as `storage.objects.create`: `roles/storage.objectUser` has both",
            ),
            "storage.objects.create" => failure.hint("`roles/storage.objectCreator` has it, `roles/storage.objectUser` may replace as well"),
            "storage.objects.get" | "storage.objects.list" => {
                failure.hint("`roles/storage.objectViewer` on the bucket has it")
            }
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_permission_is_found_in_googles_words() {
        let said = "ci@acme.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud \
                    Storage object. Permission 'storage.objects.create' denied on resource (or it may not exist).";
        assert_eq!(permission(said), Some("storage.objects.create"));
        assert_eq!(permission("Permission 'storage.objects.delete' denied."), Some("storage.objects.delete"));
        assert_eq!(permission("see storage.googleapis"), None);
        assert_eq!(permission("Forbidden"), None);
    }

    #[test]
    fn the_reason_is_found_in_an_error_of_the_xml_api() {
        let said =
            b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchKey</Code><Message>The specified key \
                     does not exist.</Message></Error>";
        assert_eq!(code(said).as_deref(), Some("NoSuchKey"));
        for odd in [
            &b"<html><Code>NoSuchKey</Code>"[..],
            b"<Error><Code>No such</Code></Error>",
            b"<Error>",
            b"\xff",
        ] {
            assert_eq!(code(odd), None);
        }
    }

    #[test]
    fn kinds_follow_what_may_have_happened() {
        use ErrorKind::*;
        for (status, reason, reading, writing) in [
            (400, "invalid", Invalid, Invalid),
            (401, "authError", Denied, Denied),
            (403, "forbidden", Denied, Denied),
            (403, "rateLimitExceeded", Unavailable, Unavailable),
            (404, "notFound", NotFound, NotFound),
            (408, "", Unavailable, Unknown),
            (409, "conflict", Unavailable, Unavailable),
            (410, "", NotFound, NotFound),
            (412, "conditionNotMet", Conflict, Conflict),
            (429, "rateLimitExceeded", Unavailable, Unavailable),
            (500, "backendError", Unavailable, Unknown),
            (501, "", Unsupported, Unsupported),
            (503, "backendError", Unavailable, Unknown),
            (302, "", Invalid, Invalid),
            (103, "", Corrupt, Unknown),
        ] {
            assert_eq!(kind_of(status, reason, "", false), reading, "{status} {reason}");
            assert_eq!(kind_of(status, reason, "", true), writing, "{status} {reason}");
        }
        let sum = "Provided CRC32C \"AAAAAA==\" doesn't match calculated CRC32C";
        assert_eq!(kind_of(400, "invalid", sum, true), Corrupt);
    }
}
