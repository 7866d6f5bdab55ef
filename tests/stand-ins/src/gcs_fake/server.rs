//! Connections: requests in, answers out, and the faults that happen on the wire.

use super::answer::Answer;
use super::fault::{What, hit};
use super::request::{Asked, Seen};
use super::{State, held, routes};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use tokio::net::TcpListener;

type Body = BoxBody<Bytes, Error>;

/// Serves on this listener for ever. `endpoint` is the address by which it is reached.
pub async fn serve(listener: TcpListener, endpoint: String, state: Arc<State>) {
    let endpoint: Arc<str> = endpoint.into();
    // Whoever asks early is not to wait for a connection that could not be made.
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (state, endpoint) = (Arc::clone(&state), Arc::clone(&endpoint));
        tokio::spawn(async move {
            let service = service_fn(|request| handle(request, Arc::clone(&endpoint), Arc::clone(&state)));
            // A connection that breaks is the client's to notice.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::ConnectionAborted, "as ordered")
}

async fn handle(
    request: Request<Incoming>,
    endpoint: Arc<str>,
    state: Arc<State>,
) -> Result<Response<Body>, Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(Error::other)?.to_bytes();
    let address = head.uri.path_and_query().map_or("/", |both| both.as_str()).to_owned();
    let seen = Seen { method: head.method.to_string(), address, headers: head.headers, length: body.len() };
    let own = seen.address.starts_with("/_fake/");
    let what = if own {
        None
    } else {
        held(&state.seen).push(seen.clone());
        hit(&mut held(&state.faults), &seen.method, &seen.address)
    };
    match &what {
        Some(What::DropRequest) => return Err(closed()),
        Some(What::Refuse { status, reason, retry_after }) => {
            let mut answer = Answer::error(*status, reason, "as ordered");
            if let Some(seconds) = retry_after {
                answer = answer.with("retry-after", seconds.to_string());
            }
            return respond(answer, None);
        }
        _ => {}
    }
    let answer = routes::answer(&state, &endpoint, &Asked::new(&seen, body), what.as_ref());
    match what {
        Some(What::DropAnswer | What::Keep { .. }) => Err(closed()),
        Some(What::Stall) => std::future::pending().await,
        Some(What::Lie { status }) => respond(Answer::error(status, "backendError", "as ordered"), None),
        Some(What::Cut { after }) => respond(answer, Some(after)),
        Some(What::Instead { body }) => respond(Answer { body: body.into(), ..answer }, None),
        _ => respond(answer, None),
    }
}

fn respond(answer: Answer, cut: Option<usize>) -> Result<Response<Body>, Error> {
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).map_err(Error::other)?);
    for (name, value) in &answer.headers {
        response = response.header(name.as_ref(), value.as_bytes());
    }
    let body = match cut {
        None => Full::new(answer.body).map_err(|never| match never {}).boxed(),
        Some(after) => {
            response = response.header("content-length", answer.body.len());
            let part = answer.body.slice(..after.min(answer.body.len()));
            let frames = [Ok(Frame::data(part)), Err(closed())];
            BodyExt::boxed(StreamBody::new(futures_util::stream::iter(frames)))
        }
    };
    response.body(body).map_err(Error::other)
}
