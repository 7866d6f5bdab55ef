//! What went wrong, in words: a registry's answer, or that there was none, becomes an error that says what to do.

use crate::body::Cut;
use crate::confiding::confided;
use crate::credentials::Credentials;
use crate::foreign::harmless;
use crate::repository::Repository;
use promote_port::duration::written;
use promote_port::port::{Confided, ErrorKind, ProviderError};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Which end of a copy a repository is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// It is the only one.
    Only,
    /// What is copied lies there.
    Source,
    /// It is copied to there.
    Target,
}

/// What was being done when something went wrong.
#[derive(Debug, Clone)]
pub(crate) struct Operation<'a> {
    pub(crate) repository: &'a Repository,
    /// The tag, digest or other thing.
    pub(crate) subject: String,
    /// What the repository's owner grants for it: `pull`, `push`, `delete`.
    pub(crate) right: &'static str,
    pub(crate) side: Side,
    /// Whether the request changes something, so that a lost answer leaves a doubt.
    pub(crate) effect: bool,
}

/// What a registry said of an error: its code and its words, fit to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorAnswer {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer was {}", self.status)?;
        let words: Vec<_> = [&self.code, &self.message].into_iter().filter(|text| !text.is_empty()).collect();
        if words.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", words.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(": "))
        }
    }
}

impl Error for ErrorAnswer {}

/// The registry's own words for an error, whichever of the known shapes they have, without what it was sent to sign in.
pub(crate) fn said(status: u16, body: &[u8], confided: &Confided) -> ErrorAnswer {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Shape {
        errors: Vec<One>,
        error: Option<serde_json::Value>,
        error_type: Option<String>,
        message: Option<String>,
        details: Option<String>,
        detail: Option<String>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct One {
        code: Option<String>,
        message: Option<String>,
        detail: Option<serde_json::Value>,
    }
    let shape: Shape = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: Option<serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => Some(text),
        Some(serde_json::Value::Object(map)) => {
            map.get("message").or_else(|| map.get("error")).and_then(|it| it.as_str()).map(str::to_owned)
        }
        _ => None,
    };
    let (code, message) = match shape.errors.into_iter().next() {
        Some(one) => {
            let detail = text(one.detail).filter(|detail| Some(detail) != one.message.as_ref());
            let words: Vec<_> = one.message.into_iter().chain(detail).collect();
            (one.code, Some(words.join(": ")))
        }
        None => {
            let words = shape.message.or(shape.details).or(shape.detail).or_else(|| text(shape.error));
            (shape.error_type, words)
        }
    };
    let fit = |text: Option<String>| harmless(&confided.without(&text.unwrap_or_default()));
    ErrorAnswer { status, code: fit(code), message: fit(message) }
}

/// The wait that an answer asks for.
fn asked_wait(headers: &HeaderMap) -> Duration {
    let seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

impl<'a> Operation<'a> {
    /// Reading something.
    pub(crate) fn reading(repository: &'a Repository, subject: impl Into<String>) -> Self {
        Self { repository, subject: subject.into(), right: "pull", side: Side::Only, effect: false }
    }

    /// Writing something.
    pub(crate) fn writing(repository: &'a Repository, subject: impl Into<String>) -> Self {
        Self { right: "push", effect: true, ..Self::reading(repository, subject) }
    }

    /// The same at one end of a copy.
    #[must_use]
    pub(crate) fn at(self, side: Side) -> Self {
        Self { side, ..self }
    }

    /// The same, where nothing was changed yet.
    #[must_use]
    pub(crate) fn of_reading(&self) -> Self {
        Self { effect: false, ..self.clone() }
    }

    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self.repository, &self.subject, message)
    }

    pub(crate) fn wrong(&self, message: impl Into<String>) -> ProviderError {
        self.error(ErrorKind::Invalid, message)
    }

    /// The repository with its side, where there are two.
    fn place(&self) -> String {
        match self.side {
            Side::Only => format!("`{}`", self.repository),
            Side::Source => format!("the source `{}`", self.repository),
            Side::Target => format!("the target `{}`", self.repository),
        }
    }

    /// There was no answer.
    pub(crate) fn unsent(&self, error: reqwest::Error) -> ProviderError {
        let unreached = error.is_connect() || error.is_builder();
        let kind = if unreached || !self.effect { ErrorKind::Unavailable } else { ErrorKind::Unknown };
        let what = match (unreached, error.is_timeout()) {
            (true, _) => "the registry can't be reached",
            (_, true) => "the registry did not answer in time",
            _ => "the answer was lost",
        };
        // The address may hold a name that is nobody else's business.
        self.error(kind, what).caused_by(error.without_url())
    }

    /// Nobody waits for it any longer.
    pub(crate) fn late(&self, what: &str) -> ProviderError {
        self.error(if self.effect { ErrorKind::Unknown } else { ErrorKind::Unavailable }, what)
    }

    /// The answer ended too early or was too long.
    pub(crate) fn cut_off(&self, cut: Cut) -> ProviderError {
        match cut {
            Cut::Long(limit) => self.error(ErrorKind::Corrupt, format!("it has more than {limit} bytes")),
            Cut::Slow => self.late("the answer came too slowly"),
            Cut::Lost(error) => self.unsent(error),
        }
    }

    /// The token server gave no token.
    pub(crate) fn no_token(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        credentials: Option<&Credentials>,
    ) -> ProviderError {
        let said = said(status, body, &confided(headers, credentials));
        if status == 429 || said.code == "TOOMANYREQUESTS" || status >= 500 {
            return self.of_reading().refused(status, headers, body, credentials);
        }
        if !matches!(status, 400 | 401 | 403) {
            return self.error(ErrorKind::Corrupt, "what should give tokens gives none").caused_by(said);
        }
        let expired = said.message.to_lowercase().contains("expired");
        let failure = match credentials {
            Some(credentials) if expired => {
                let what = format!("the password of `{}` has expired", credentials.user());
                self.error(ErrorKind::Denied, what)
                    .hint(format!("make a new one; the old one came from {}", credentials.origin))
            }
            Some(credentials) => {
                let what = format!("the registry does not accept the password of `{}`", credentials.user());
                self.error(ErrorKind::Denied, what).hint(format!("it came from {}", credentials.origin))
            }
            None => self.not_signed_in(),
        };
        failure.caused_by(said).refusal()
    }

    fn not_signed_in(&self) -> ProviderError {
        let what = format!("nobody is signed in, and not everybody may {} {}", self.verb(), self.place());
        self.error(ErrorKind::Denied, what).hint(format!(
            "`docker login {}`, or set the variables of a robot account: see the guide on images",
            self.repository.host
        ))
    }

    fn verb(&self) -> &'static str {
        match self.right {
            "pull" => "pull from",
            "delete" => "delete in",
            _ => "push to",
        }
    }

    /// The registry refused, or failed.
    pub(crate) fn refused(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        credentials: Option<&Credentials>,
    ) -> ProviderError {
        let said = said(status, body, &confided(headers, credentials));
        let lower = said.message.to_lowercase();
        let code = said.code.as_str();
        if status == 429 || code == "TOOMANYREQUESTS" {
            let wait = asked_wait(headers);
            let what = match wait.is_zero() {
                true => "too many requests at once: the registry asks to wait".to_owned(),
                false => {
                    format!("too many requests at once: the registry asks to wait for {}", written(wait))
                }
            };
            return self.error(ErrorKind::Unavailable, what).throttled(wait).caused_by(said);
        }
        let immutable = lower.contains("immutable") || code == "TAG_IMMUTABLE";
        let failure = match (status, code) {
            _ if immutable => self
                .error(ErrorKind::Denied, "the tag is immutable: the registry does not let it move")
                .hint("take a target whose tag is new each time, or lift the rule for this tag"),
            (401 | 403, _) if lower.contains("expired") => self
                .error(ErrorKind::Denied, "the registry says that the token has expired")
                .hint("sign in again; nothing was written"),
            (401 | 403, _) => match credentials {
                Some(credentials) => {
                    let (user, verb, place) = (credentials.user(), self.verb(), self.place());
                    self.error(ErrorKind::Denied, format!("`{user}` may not {verb} {place}")).hint(format!(
                        "give it the right to {}; it signed in with {}",
                        self.right, credentials.origin
                    ))
                }
                None => self.not_signed_in(),
            },
            (404, "NAME_UNKNOWN") => self
                .error(ErrorKind::NotFound, format!("there is no repository {}", self.place()))
                .hint("check its name; where the first push makes it, push the image once by hand"),
            (404, "TAG_EXPIRED") => self
                .error(ErrorKind::NotFound, "the tag was deleted or has expired")
                .hint("quay.io keeps it for some time: restore it there, in the tag's history"),
            (404, _) => {
                self.error(ErrorKind::NotFound, format!("there is no such thing in {}", self.place()))
            }
            (400 | 405 | 501, "UNSUPPORTED") | (405 | 501, _) => {
                self.error(ErrorKind::Unsupported, "the registry can't do that")
            }
            (409, _) => self.error(ErrorKind::Unavailable, "the registry is busy with the same thing"),
            (413, _) => self.error(ErrorKind::Invalid, "the registry says that it is too large").refusal(),
            (500.., _) if self.effect => {
                self.error(ErrorKind::Unknown, "the registry failed, perhaps after it had done it")
            }
            (500.., _) => self.error(ErrorKind::Unavailable, "the registry failed"),
            _ => self.error(ErrorKind::Invalid, "the registry does not accept the request").refusal(),
        };
        let failure = failure.caused_by(said);
        if status == 503 { failure.throttled(asked_wait(headers)) } else { failure }
    }
}
