//! The registry protocol, request by request: manifests by tag or digest, and the list of tags. What they are put
//! together for is left to others.

use crate::body::whole;
use crate::call::{Call, Payload};
use crate::failure::Operation;
use crate::manifest::{ACCEPT, LONGEST, Manifest, digest_of, written};
use crate::session::Session;
use promote_port::digest::Digest;
use promote_port::port::{ErrorKind, ProviderError};
use reqwest::{Method, Response, StatusCode, Url};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a tag may take to move: well below the time that a promotion which takes over waits.
const EFFECT: Duration = Duration::from_secs(20);
/// How many bytes of manifests are kept in memory.
const KEPT: usize = 32 << 20;
/// The most pages of a list that are read: a registry that goes in circles must not keep us for ever.
pub(crate) const PAGES: usize = 10_000;
/// The longest page.
const PAGE: usize = 16 << 20;

/// Manifests by digest. A digest never changes its meaning, so all repositories share them; each still asks its own
/// registry whether a tag or digest is there.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<(usize, BTreeMap<Digest, Manifest>)>);

impl Kept {
    pub(crate) fn get(&self, digest: &Digest) -> Option<Manifest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.get(digest).cloned()
    }

    pub(crate) fn put(&self, manifest: &Manifest) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 + manifest.bytes.len() > KEPT {
            *kept = (0, BTreeMap::new());
        }
        if kept.1.insert(manifest.digest, manifest.clone()).is_none() {
            kept.0 += manifest.bytes.len();
        }
    }
}

fn call<'a>(operation: Operation<'a>, method: Method, rest: &str) -> Result<Call<'a>, ProviderError> {
    let url = operation.repository.url(&operation.repository.v2(rest))?;
    Ok(Call { operation, method, url, headers: Vec::new(), body: Payload::None, also: None, within: None })
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// The error that an answer stands for.
pub(crate) async fn refusal(session: &Session, answer: Response, operation: &Operation<'_>) -> ProviderError {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = whole(answer, 1 << 16, session.timeout).await.unwrap_or_default();
    let credentials = session.credentials(operation.repository).await.ok().flatten();
    operation.refused(status, &headers, &body, credentials.as_ref())
}

/// Whether a refusal means that there is no such tag or manifest, as opposed to no such repository.
fn is_absent(error: &ProviderError) -> bool {
    error.kind == ErrorKind::NotFound && !error.message.starts_with("there is no repository")
}

/// The manifest under a tag or digest: one request. `None` when there is none.
pub(crate) async fn get(
    session: &Session,
    kept: &Kept,
    operation: Operation<'_>,
    reference: &str,
) -> Result<Option<Manifest>, ProviderError> {
    let mut call = call(operation.clone(), Method::GET, &format!("manifests/{reference}"))?;
    call.headers.push(("accept", ACCEPT.to_owned()));
    let answer = session.send(call).await?;
    if !answer.status().is_success() {
        let error = refusal(session, answer, &operation).await;
        return if is_absent(&error) { Ok(None) } else { Err(error) };
    }
    let media_type = header(&answer, "content-type").map(str::to_owned);
    let said = header(&answer, "docker-content-digest").map(str::to_owned);
    let bytes = whole(answer, LONGEST, session.timeout).await.map_err(|cut| operation.cut_off(cut))?;
    let manifest = Manifest::new(bytes, media_type.as_deref());
    if manifest.is_first_kind() {
        let what =
            "the registry answers with a manifest of Docker's first kind, which has no digest of its own";
        return Err(operation.error(ErrorKind::Unsupported, what).hint(
            "push the image again with a program of the last years, or turn off the registry's conversion",
        ));
    }
    if let Some(why) = manifest.contradiction() {
        let what = format!("the registry's manifest can't be trusted: {why}");
        return Err(operation
            .error(ErrorKind::Corrupt, what)
            .hint("push the image again with another program"));
    }
    let asked = reference.starts_with("sha256:").then(|| reference.to_owned());
    for expected in asked.iter().chain(&said) {
        if digest_of(expected).is_some_and(|expected| expected != manifest.digest) {
            return Err(converted(&operation, expected, &manifest.digest));
        }
    }
    kept.put(&manifest);
    Ok(Some(manifest))
}

fn converted(operation: &Operation<'_>, expected: &str, found: &Digest) -> ProviderError {
    let found = written(found);
    let what = format!("the registry answers with other bytes than `{expected}` names: they are `{found}`");
    operation
        .error(ErrorKind::Corrupt, what)
        .hint("it converts manifests, or something between changes them; images can't be promoted through it")
}

/// The digest under a tag or digest: one request, two with a registry that does not say it. `None` when there is
/// nothing.
pub(crate) async fn look(
    session: &Session,
    kept: &Kept,
    operation: Operation<'_>,
    reference: &str,
) -> Result<Option<Digest>, ProviderError> {
    let mut call = call(operation.clone(), Method::HEAD, &format!("manifests/{reference}"))?;
    call.headers.push(("accept", ACCEPT.to_owned()));
    let answer = session.send(call).await?;
    match answer.status() {
        StatusCode::NOT_FOUND => return Ok(None),
        StatusCode::METHOD_NOT_ALLOWED => {}
        status if !status.is_success() => return Err(refusal(session, answer, &operation).await),
        _ => {
            if let Some(digest) = header(&answer, "docker-content-digest").and_then(digest_of) {
                return Ok(Some(digest));
            }
        }
    }
    Ok(get(session, kept, operation, reference).await?.map(|manifest| manifest.digest))
}

/// Puts a manifest under a tag or its digest, and sees that the registry took it for what it is. Sent once. Says
/// whether the registry keeps account of what it is attached to.
pub(crate) async fn put(
    session: &Session,
    kept: &Kept,
    operation: Operation<'_>,
    reference: &str,
    manifest: &Manifest,
) -> Result<bool, ProviderError> {
    let mut call = call(operation.clone(), Method::PUT, &format!("manifests/{reference}"))?;
    call.headers.push(("content-type", manifest.media_type.clone()));
    call.body = Payload::Bytes(manifest.bytes.clone());
    call.within = Some(EFFECT);
    let answer = session.send(call).await?;
    if !answer.status().is_success() {
        return Err(refusal(session, answer, &operation).await);
    }
    let found = match header(&answer, "docker-content-digest").and_then(digest_of) {
        Some(found) => Some(found),
        None => look(session, kept, operation.of_reading(), reference).await.map_err(|error| {
            let what = "the registry took it without saying what it stored, and can't be read just now";
            operation.error(ErrorKind::Unknown, what).caused_by(error)
        })?,
    };
    if found != Some(manifest.digest) {
        let what = format!(
            "the registry stored something else than it was sent: `{}` instead of `{}`",
            found.map_or_else(|| "nothing".to_owned(), |found| written(&found)),
            written(&manifest.digest),
        );
        let hint = "it converts manifests; images can't be promoted to it";
        return Err(operation.error(ErrorKind::Corrupt, what).hint(hint));
    }
    Ok(answer.headers().contains_key("oci-subject"))
}

/// Deletes a tag. `false` when there was none.
pub(crate) async fn delete(
    session: &Session,
    operation: Operation<'_>,
    tag: &str,
) -> Result<bool, ProviderError> {
    let mut call = call(operation.clone(), Method::DELETE, &format!("manifests/{tag}"))?;
    call.within = Some(EFFECT);
    let answer = session.send(call).await?;
    match answer.status() {
        status if status.is_success() => Ok(true),
        StatusCode::NOT_FOUND => Ok(false),
        StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED => {
            let cause = refusal(session, answer, &operation).await;
            let what = "the registry does not delete single tags, only images with all of their tags";
            Err(operation.error(ErrorKind::Unsupported, what).caused_by(cause))
        }
        _ => Err(refusal(session, answer, &operation).await),
    }
}

/// Tags in no order, as this many pages tell them, and whether there are more. A repository that was never pushed to
/// has none.
pub(crate) async fn tags(
    session: &Session,
    operation: Operation<'_>,
    pages: usize,
) -> Result<(Vec<String>, bool), ProviderError> {
    #[derive(serde::Deserialize)]
    struct Page {
        // It may be nothing, but it must be there: what else is answered is no list.
        #[serde(deserialize_with = "serde::Deserialize::deserialize")]
        tags: Option<Vec<String>>,
    }
    let mut found = Vec::new();
    let mut next = Some(operation.repository.url(&operation.repository.v2("tags/list?n=1000"))?);
    for _ in 0..pages {
        let Some(url) = next.take() else { return Ok((found, false)) };
        let mut call = call(operation.clone(), Method::GET, "tags/list")?;
        call.url = url.clone();
        let answer = session.send(call).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok((found, false));
        }
        if !answer.status().is_success() {
            return Err(refusal(session, answer, &operation).await);
        }
        next = following(&answer, &url);
        let bytes = whole(answer, PAGE, session.timeout).await.map_err(|cut| operation.cut_off(cut))?;
        let page: Page = serde_json::from_slice(&bytes)
            .map_err(|_| operation.error(ErrorKind::Corrupt, "the registry's list of tags makes no sense"))?;
        found.extend(page.tags.unwrap_or_default());
    }
    Ok((found, next.is_some()))
}

/// Where the next page is, when that is the same host.
fn following(answer: &Response, here: &Url) -> Option<Url> {
    let links = answer.headers().get_all("link").iter().filter_map(|value| value.to_str().ok());
    let mut next = links.flat_map(|links| links.split(',')).filter_map(|link| {
        let (target, kind) = link.split_once('>')?;
        let is_next = kind.replace([' ', '"'], "").contains("rel=next");
        is_next.then(|| target.trim().strip_prefix('<')).flatten()
    });
    let url = here.join(next.next()?).ok()?;
    (url.origin() == here.origin() && url != *here).then_some(url)
}
