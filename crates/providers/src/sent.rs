//! Sending a request of HTTP, and telling whoever listens what was asked and for how long. What may be asked, and what
//! becomes of the answer, is for those who ask.

use promote_core::port::wire;
use reqwest::{RequestBuilder, Response};
use std::time::Instant;
use url::Url;

/// Sends it, and tells of it with the address that `shown` makes of the real one: more than its query may be secret.
pub(crate) async fn told(
    request: RequestBuilder,
    shown: impl FnOnce(&Url) -> String,
) -> Result<Response, reqwest::Error> {
    let (client, request) = request.build_split();
    let request = request?;
    let (method, address) = (request.method().to_string(), shown(request.url()));
    let (began, asking) = (Instant::now(), wire::asking(&address));
    let answer = client.execute(request).await;
    drop(asking);
    let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
    wire::asked(&method, &address, status, began.elapsed());
    answer
}
