//! One request to a forge and what its answer means. Requests that may be repeated are sent again as everywhere else.

use super::repository::ForgeRepository;
use super::token::Token;
use crate::https;
use crate::machine::{SystemClock, SystemEntropy};
use crate::step::Secrets;
use promote_core::config::ForgeKind;
use promote_core::decorator::RetryPolicy;
use promote_core::port::{ErrorKind, ProviderError};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;

/// How long it may take to be answered, everything included: a second try does not begin a time of its own.
const ANSWER: Duration = Duration::from_secs(8);
/// The largest answer in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
/// A page of deployments is for people who come later: the promotion is not kept waiting for it.
const POLICY: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(300),
    longest: Duration::from_secs(2),
    deadline: ANSWER,
    attempts: 4,
};

/// The way to one repository's API.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) place: ForgeRepository,
    client: Client,
    secrets: Secrets,
    /// Whether something was sent that may have changed something, and was not answered.
    in_doubt: AtomicBool,
}

/// What is asked.
pub(super) struct ForgeRequest<'a> {
    pub(super) method: Method,
    /// The parts of the path below the API's address.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<Value>,
    /// What a token must be allowed to for this, and how it comes to be.
    pub(super) right: Right,
    /// Whether the body is a question to the API of another form.
    pub(super) graphql: bool,
}

/// Something that a token may or may not do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right {
    /// It, after "the token may not".
    pub(super) what: &'static str,
    /// What the token needs on GitHub, and on GitLab.
    pub(super) needs: [&'static str; 2],
}

/// To make deployments.
const DEPLOYING: Right = Right {
    what: "write deployments",
    needs: [
        "the token needs write access to deployments: `deployments: write`, or the scope `repo_deployment`",
        "the token needs the scope `api`, of somebody who may deploy to the environment",
    ],
};

/// An answer with what its headers say.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) value: Value,
    /// What names this very answer.
    pub(super) etag: Option<String>,
    /// The query of the next page, where there is one.
    pub(super) next: Option<Vec<(String, String)>>,
    /// Whether it is the answer that the asker has already.
    pub(super) unchanged: bool,
}

impl<'a> ForgeRequest<'a> {
    pub(super) fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: Method::GET, path, query, body: None, right: DEPLOYING, graphql: false }
    }

    /// A question that changes nothing.
    pub(super) fn question(body: Value, right: Right) -> Self {
        Self { method: Method::POST, path: &[], query: &[], body: Some(body), right, graphql: true }
    }

    /// Whether it is about anything but deployments.
    fn reads_people(&self) -> bool {
        self.right.what != DEPLOYING.what
    }

    /// The same, for which a token needs this right.
    pub(super) fn with(self, right: Right) -> Self {
        Self { right, ..self }
    }

    pub(super) fn send(method: Method, path: &'a [&'a str], body: Value) -> Self {
        Self { method, path, query: &[], body: Some(body), right: DEPLOYING, graphql: false }
    }
}

impl Session {
    pub(super) fn new(place: ForgeRepository, token: &Token) -> Result<Self, ProviderError> {
        let fault =
            |what: String| ProviderError::new(ErrorKind::Invalid, place.kind.name(), &place.repository, what);
        let mut value = HeaderValue::from_str(&format!("{}{}", token.scheme, token.value))
            .map_err(|_| fault("the token holds what no token holds".to_owned()))?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(token.header, value);
        if place.kind == ForgeKind::Github {
            headers.insert("accept", HeaderValue::from_static("application/vnd.github+json"));
            headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
        } else {
            headers.insert("accept", HeaderValue::from_static("application/json"));
        }
        let client = https::client(&place.api, ANSWER, headers).map_err(&fault)?;
        let secrets = Secrets::new(&crate::Variables::default(), [token.value.as_str()]);
        Ok(Self { place, client, secrets, in_doubt: AtomicBool::new(false) })
    }

    /// Sends what may be sent again, until it is answered or time is up.
    pub(super) async fn again<T, C>(&self, call: impl Fn() -> C) -> Result<T, ProviderError>
    where
        C: Future<Output = Result<T, ProviderError>>,
    {
        let tries = POLICY.again(&SystemClock, &SystemEntropy, call);
        tokio::time::timeout(ANSWER, tries).await.unwrap_or_else(|_| {
            let what = format!("it gave no answer that counts within {} s", ANSWER.as_secs());
            let doubt = self.in_doubt.load(Ordering::Relaxed);
            Err(self.error(if doubt { ErrorKind::Unknown } else { ErrorKind::Unavailable }, what))
        })
    }

    /// Sends one request once.
    pub(super) async fn ask(&self, asked: &ForgeRequest<'_>) -> Result<Value, ProviderError> {
        let reads = asked.method == Method::GET;
        self.in_doubt.fetch_or(!reads, Ordering::Relaxed);
        let answer = self.answer(asked, reads, None).await;
        let known = !matches!(&answer, Err(error) if error.kind == ErrorKind::Unknown);
        self.in_doubt.fetch_and(reads || !known, Ordering::Relaxed);
        answer.map(|received| received.value)
    }

    /// Asks what changes nothing, unless the answer is still the one that `etag` names; again, where nothing comes back.
    pub(super) async fn look(
        &self,
        asked: &ForgeRequest<'_>,
        etag: Option<&str>,
    ) -> Result<Received, ProviderError> {
        self.again(|| self.answer(asked, true, etag)).await
    }

    async fn answer(
        &self,
        asked: &ForgeRequest<'_>,
        reads: bool,
        etag: Option<&str>,
    ) -> Result<Received, ProviderError> {
        let mut request = self.client.request(asked.method.clone(), self.url(asked)?);
        if let Some(body) = &asked.body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        let response = match https::sent(request).await {
            Ok(response) => response,
            Err(error) => {
                let sent = !reads && !error.is_connect();
                let kind = if sent { ErrorKind::Unknown } else { ErrorKind::Unavailable };
                return Err(self.error(kind, format!("it can't be reached: {}", https::words(error))));
            }
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let body = https::body(response, LARGEST).await;
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        if status == StatusCode::NOT_MODIFIED && etag.is_some() {
            return Ok(Received { value: Value::Null, etag: None, next: None, unchanged: true });
        }
        if !status.is_success() {
            return Err(self.refused(status, &headers, &body.unwrap_or_default(), (asked, reads)));
        }
        let kind = if reads { ErrorKind::Unavailable } else { ErrorKind::Unknown };
        let body = body.map_err(|why| self.error(kind, why))?;
        let value = match status {
            StatusCode::NO_CONTENT => Value::Null,
            _ => serde_json::from_slice(&body).map_err(|_| self.odd())?,
        };
        let next = match text("link").as_deref().and_then(next) {
            None => None,
            // What can't be followed is not the end of the list.
            Some(next) => Some(next.ok_or_else(|| self.odd())?),
        };
        Ok(Received { value, etag: text("etag"), next, unchanged: false })
    }

    fn url(&self, asked: &ForgeRequest<'_>) -> Result<Url, ProviderError> {
        let mut url = self.place.api.clone();
        if asked.graphql {
            // A server of one's own has it at `/api/graphql`, beside `/api/v3`.
            let path = url.path().trim_end_matches('/');
            let above = path.strip_suffix("/v3").unwrap_or(path).to_owned();
            url.set_path(&format!("{above}/graphql"));
            return Ok(url);
        }
        url.path_segments_mut()
            .map_err(|()| self.error(ErrorKind::Invalid, "its address is none".to_owned()))?
            .pop_if_empty()
            .extend(asked.path);
        if !asked.query.is_empty() {
            url.query_pairs_mut().extend_pairs(asked.query);
        }
        Ok(url)
    }

    /// An error about this repository.
    pub(super) fn error(&self, kind: ErrorKind, message: String) -> ProviderError {
        ProviderError::new(kind, self.place.kind.name(), &self.place.repository, message)
    }

    /// An answer that is not what is documented.
    pub(super) fn odd(&self) -> ProviderError {
        self.error(ErrorKind::Corrupt, "its answer is not one of a forge's API".to_owned())
    }

    fn refused(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        (asked, reads): (&ForgeRequest<'_>, bool),
    ) -> ProviderError {
        let said = self.said(body);
        let told = |kind, what: &str| {
            let words = if said.is_empty() { what.to_owned() } else { format!("{what}: {said}") };
            self.error(kind, words)
        };
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let spent = number("x-ratelimit-remaining") == Some(0)
            || number("retry-after").is_some()
            || said.to_lowercase().contains("secondary rate limit");
        let hint = self.needs(asked.right);
        match status.as_u16() {
            429 => throttled(told(ErrorKind::Unavailable, "too many requests"), number("retry-after")),
            403 if spent => {
                throttled(told(ErrorKind::Unavailable, "too many requests"), number("retry-after"))
            }
            401 => told(ErrorKind::Denied, "the token is not accepted")
                .hint(format!("set `{}` to a token that is valid", super::access::TOKEN)),
            403 => told(ErrorKind::Denied, &format!("the token may not {}", asked.right.what)).hint(hint),
            // GitHub answers 422 about a commit that it lacks, and GitLab 404.
            404 | 422 if asked.reads_people() && names_no_commit(&said) => {
                told(ErrorKind::NotFound, "it does not know the commit").hint(PUSH)
            }
            404 if asked.reads_people() => {
                told(ErrorKind::NotFound, "it is not there, or the token may not see it").hint(hint)
            }
            404 => told(ErrorKind::NotFound, "it is not there, or the token may not see it")
                .hint("look at `repository` and `api` in `[forge]`, and at what the token may see"),
            301..=399 => told(ErrorKind::Invalid, "it has moved").hint("write its new name in `[forge]`"),
            409 => told(ErrorKind::Conflict, "it refuses the deployment"),
            500.. if reads => told(ErrorKind::Unavailable, &format!("it answers {}", status.as_u16())),
            500.. => told(ErrorKind::Unknown, &format!("it answers {}", status.as_u16())),
            other => told(ErrorKind::Invalid, &format!("it answers {other}")),
        }
    }

    /// What a token needs for a right.
    pub(super) fn needs(&self, right: Right) -> &'static str {
        let [github, gitlab] = right.needs;
        if self.place.kind == ForgeKind::Github { github } else { gitlab }
    }

    /// What the forge says about a refusal.
    fn said(&self, body: &[u8]) -> String {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = match (value.get("message"), value.get("error")) {
            (Some(Value::String(text)), _) | (None, Some(Value::String(text))) => text.clone(),
            (Some(other), _) | (None, Some(other)) => other.to_string(),
            (None, None) => return String::new(),
        };
        self.shown(&text)
    }

    /// What the forge says, fit to be shown: one line, without secrets.
    pub(super) fn shown(&self, text: &str) -> String {
        crate::actor::plain(&self.secrets.mask(text)).chars().take(200).collect()
    }
}

/// What helps where the forge lacks a commit.
pub(super) const PUSH: &str = "push the commit";

fn names_no_commit(said: &str) -> bool {
    let said = said.to_lowercase();
    ["no commit found", "commit not found"].iter().any(|words| said.contains(words))
}

/// The query of the next page in a `Link` header, where it names one; `None` within where that is no address. Its address is
/// not taken: the token goes to nobody but the API.
fn next(link: &str) -> Option<Option<Vec<(String, String)>>> {
    let part = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let address = || Url::parse(part.split_once('<')?.1.split_once('>')?.0).ok();
    Some(address().map(|url| url.query_pairs().into_owned().collect()))
}

fn throttled(error: ProviderError, seconds: Option<u64>) -> ProviderError {
    // Without a wait of its own, a spent budget comes back within the hour, not within our patience.
    error
        .throttled(Duration::from_secs(seconds.unwrap_or(60)))
        .hint("the forge takes no more requests for now")
}

#[cfg(test)]
mod tests;
