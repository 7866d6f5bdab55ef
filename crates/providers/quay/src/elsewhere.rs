//! Other addresses that answers name: redirects, uploads, token servers. Content may be fetched from them and sent there;
//! what signs a request in stays with the registry that it was found for, and a password is shown to no token server but
//! the registry's own, its vendor's, and those that a person allows.

use crate::call::{Call, Payload};
use crate::confiding;
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::failure::Operation;
use crate::realm::Realm;
use crate::repository::{Repository, is_safe};
use promote_port::port::{ErrorKind, ProviderError};
use promote_port::trust::{Allowed, Host, is_token_server};
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Body, Client, Method, RequestBuilder, Response, Url};
use std::time::Duration;

/// How often an answer may send us elsewhere: blobs often lie with somebody else.
const REDIRECTS: usize = 5;

/// Whether two addresses are of one server, which may then see the same secrets.
pub(crate) fn is_same(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// Sends a request, and follows where the answer leads: reading anywhere, anything else only on the same server, and a
/// stream nowhere, since it is gone.
pub(crate) async fn sent(
    client: &Client,
    timeout: Duration,
    call: &mut Call<'_>,
    (signed, credentials): (Option<&HeaderValue>, Option<&Credentials>),
) -> Result<Response, ProviderError> {
    let confided = confiding::of(signed, credentials);
    let body = match &mut call.body {
        Payload::None => None,
        Payload::Bytes(bytes) => Some(bytes.clone()),
        Payload::Stream(body) => {
            let body = std::mem::replace(body, Body::from(""));
            let request = prepared(client, call, &call.url, signed).body(body);
            // Nobody answers before all of it has arrived.
            let request = request.timeout(call.within.unwrap_or(timeout));
            return crate::call::sent(request, &confided).await.map_err(|error| call.operation.unsent(error));
        }
    };
    let reads = call.method == Method::GET || call.method == Method::HEAD;
    let mut url = call.url.clone();
    for _ in 0..=REDIRECTS {
        let mut request = prepared(client, call, &url, signed);
        if let Some(bytes) = &body {
            request = request.body(bytes.clone());
        }
        if let Some(within) = call.within {
            request = request.timeout(within);
        }
        let answer = match tokio::time::timeout(timeout, crate::call::sent(request, &confided)).await {
            Ok(end) => end.map_err(|error| call.operation.unsent(error))?,
            Err(_) => return Err(call.operation.late("the registry did not answer in time")),
        };
        let Some(next) = next(&answer, reads) else { return Ok(answer) };
        if !is_safe(&next, &call.operation.repository.host) {
            return Err(call
                .operation
                .error(ErrorKind::Denied, "the registry sends us where others could listen"));
        }
        if !reads && !is_same(&next, &call.url) {
            let what = format!("the registry sends us on to `{}`", host(&next));
            return Err(call
                .operation
                .error(ErrorKind::Denied, what)
                .hint("nothing is written by way of another server"));
        }
        url = next;
    }
    Err(call.operation.error(ErrorKind::Corrupt, "the registry sends us in circles"))
}

/// The request without a body; signed only where it belongs.
fn prepared(client: &Client, call: &Call<'_>, url: &Url, signed: Option<&HeaderValue>) -> RequestBuilder {
    let mut request = client.request(call.method.clone(), url.clone());
    if let Some(header) = signed.filter(|_| is_same(url, &call.url)) {
        request = request.header(AUTHORIZATION, header.clone());
    }
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    request
}

/// Where the answer sends us.
pub(crate) fn next(answer: &Response, reads: bool) -> Option<Url> {
    match answer.status().as_u16() {
        307 | 308 => {}
        301..=303 if reads => {}
        _ => return None,
    }
    answer.url().join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()
}

/// Refuses to show a registry's password, or a token that is kept instead of one, to a server that it does not belong to.
pub(crate) fn shown_to(
    realm: &Realm,
    operation: &Operation<'_>,
    environment: &Environment,
    allowed: &Allowed,
) -> Result<(), ProviderError> {
    let server = Host::new(
        realm.url.host_str().unwrap_or_default(),
        realm.url.port_or_known_default().unwrap_or_default(),
    );
    let repository = operation.repository;
    if is_token_server(&repository.host, &server)
        || allowed.has(&server)
        || is_jobs(repository, realm, environment)
    {
        return Ok(());
    }
    let what = format!(
        "`{}` wants its password shown to `{server}`, and nobody has allowed that host",
        repository.host
    );
    let before = environment.get("PROMOTE_TRUST_HOSTS").map(|list| format!("{list},")).unwrap_or_default();
    Err(operation.error(ErrorKind::Denied, what).hint(format!(
        "`export PROMOTE_TRUST_HOSTS='{before}{server}'` allows it, if that is its token server"
    )))
}

/// Whether the token server is the GitLab whose job this is, and the registry is the one of that GitLab.
fn is_jobs(repository: &Repository, realm: &Realm, environment: &Environment) -> bool {
    let job = environment.get("GITLAB_CI").is_some_and(|value| value != "false")
        && environment.get("CI_REGISTRY") == Some(&repository.host);
    let server = environment.get("CI_SERVER_URL").and_then(|text| Url::parse(text).ok());
    job && server.is_some_and(|server| is_same(&server, &realm.url))
}

/// A host for messages.
fn host(url: &Url) -> String {
    crate::foreign::harmless(url.host_str().unwrap_or_default())
}
