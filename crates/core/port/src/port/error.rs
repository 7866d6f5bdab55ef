//! What can go wrong at a port. Few kinds, each telling the caller what to do next; the detail is in the message.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What the caller may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// There is no such bucket, version or account. (A missing object is `Ok(None)` where a method may say so.)
    NotFound,
    /// A precondition did not hold: somebody else wrote. Look again and plan again.
    Conflict,
    /// Not signed in, or a right is missing; the message names the right.
    Denied,
    /// The request definitely took no effect, and may be sent again later.
    Unavailable,
    /// The request may or may not have taken effect: read back before anything else.
    Unknown,
    /// The store lacks an ability; the message names it.
    Unsupported,
    /// What was read is not what was written.
    Corrupt,
    /// The request itself is wrong, and sending it again will not help.
    Invalid,
}

/// An error at a port: what kind, from which provider, about which object, and the cause.
#[derive(Debug)]
pub struct ProviderError {
    /// What to do next.
    pub kind: ErrorKind,
    /// The store or system that answered, as its `Display` names it.
    pub provider: String,
    /// What it was about: a key, a bucket, a command.
    pub subject: String,
    /// A lower-case fragment without a full stop that says what happened; never repeats the cause.
    pub message: String,
    /// What a person can do, one sentence each.
    pub hints: Vec<String>,
    /// Whole seconds, in two bytes so that the error stays small enough to be returned by value.
    retry_after_s: Option<u16>,
    lacks_right: bool,
    refusal: bool,
    /// The cause, printed once by the frontend.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl ProviderError {
    /// An error without a cause.
    pub fn new(
        kind: ErrorKind,
        provider: impl fmt::Display,
        subject: impl fmt::Display,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            provider: provider.to_string(),
            subject: subject.to_string(),
            message: message.into(),
            hints: Vec::new(),
            retry_after_s: None,
            lacks_right: false,
            refusal: false,
            source: None,
        }
    }

    /// The same error with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error, saying that the store asked to slow down, with the wait that it named or zero. Parts of a
    /// second are rounded up.
    #[must_use]
    pub fn throttled(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        self.retry_after_s = Some(u16::try_from(seconds).unwrap_or(u16::MAX));
        self
    }

    /// Set when the store asked to slow down: the wait that it named, or zero where it named none. All requests to
    /// the store should wait then, not only this one.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_s.map(|seconds| Duration::from_secs(u64::from(seconds)))
    }

    /// The error of a caller who is known and lacks this one right on this place.
    #[must_use]
    pub fn missing_right(
        provider: impl fmt::Display,
        subject: impl fmt::Display,
        right: impl fmt::Display,
        place: impl fmt::Display,
    ) -> Self {
        let message = format!("the right `{right}` on `{place}` is missing");
        Self { lacks_right: true, ..Self::new(ErrorKind::Denied, provider, subject, message) }
    }

    /// Whether one right is missing, rather than any sign-in at all: something else may still be asked for.
    pub fn lacks_right(&self) -> bool {
        self.lacks_right
    }

    /// The same error, saying that the store itself refused the request, or that none could be made, since something is
    /// missing or wrong here: it tells nothing of what lies there, nor of what somebody may do there.
    #[must_use]
    pub fn refusal(mut self) -> Self {
        self.refusal = true;
        self
    }

    /// Whether the store refused whatever was asked, or nothing could be asked at all: credentials that can't be read, a
    /// password that is not accepted.
    pub fn is_refusal(&self) -> bool {
        self.refusal
    }

    /// Whether it tells of what lies there, which is not what it should be.
    pub fn is_finding(&self) -> bool {
        match self.kind {
            ErrorKind::Corrupt => true,
            ErrorKind::Invalid => !self.refusal,
            _ => false,
        }
    }

    /// The same error with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.provider, self.subject, self.message)
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}
