//! Asking servers that somebody else runs, with the care that all such requests need: encrypted or on this machine,
//! followed nowhere, with a time and a size that end.

use crate::trust::is_here;
use reqwest::header::HeaderMap;
use reqwest::{Client, Response, redirect};
use std::time::Duration;
use url::Url;

/// A client for an address. Nobody is followed elsewhere, and no proxy of the surroundings is asked on loopback.
pub(crate) fn client(url: &Url, answer: Duration, headers: HeaderMap) -> Result<Client, String> {
    let builder = Client::builder()
        .user_agent(promote_core::USER_AGENT)
        .redirect(redirect::Policy::none())
        .timeout(answer)
        .default_headers(headers);
    let builder = if is_here(url) { builder.no_proxy() } else { builder };
    builder.build().map_err(words)
}

/// Sends a request, and tells of it whoever listens.
#[cfg(any(feature = "forge", feature = "identity"))]
pub(crate) async fn sent(request: reqwest::RequestBuilder) -> Result<Response, reqwest::Error> {
    crate::sent::told(request, Url::to_string).await
}

/// The whole of an answer, when it has at most so many bytes.
pub(crate) async fn body(mut response: Response, largest: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        if body.len() + chunk.len() > largest {
            return Err("its answer is too long".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error and its causes without the address, whose query may be secret.
pub(crate) fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}
