//! One request to a registry: what is sent, and sending it once. Signing in, and where an answer leads, are others' work.

use crate::confiding;
use crate::failure::Operation;
use crate::repository::Repository;
use bytes::Bytes;
use promote_port::port::{Confided, wire};
use reqwest::header::AUTHORIZATION;
use reqwest::{Body, Method, Response, Url};
use std::time::{Duration, Instant};

/// What to send.
pub(crate) struct Call<'a> {
    pub(crate) operation: Operation<'a>,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Payload,
    /// A repository that is read as well, for a mount.
    pub(crate) also: Option<&'a Repository>,
    /// How long the whole may take; without it, as long as the registry goes on at a pace that gets somewhere.
    pub(crate) within: Option<Duration>,
}

/// What goes along.
pub(crate) enum Payload {
    None,
    Bytes(Bytes),
    /// Can't be sent again when the registry wants another token first.
    Stream(Body),
}

/// Sends a request, and tells of it whoever listens: without what was confided, which a server may have put into the
/// address that it sends us to.
pub(crate) async fn sent(
    request: reqwest::RequestBuilder,
    confided: &Confided,
) -> Result<Response, reqwest::Error> {
    let (client, request) = request.build_split();
    let request = request?;
    let (method, address) = (request.method().to_string(), confided.without(request.url().as_str()));
    let signed = request.headers().get(AUTHORIZATION).cloned();
    let (began, asking) = (Instant::now(), wire::asking(&address));
    let mut answer = client.execute(request).await;
    drop(asking);
    if let Ok(answer) = &mut answer {
        confiding::along(answer, signed);
    }
    let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
    wire::asked(&method, &address, status, began.elapsed());
    answer
}
