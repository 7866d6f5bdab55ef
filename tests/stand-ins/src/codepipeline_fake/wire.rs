//! HTTP/1.1 for one kind of request: a POST with a body of known length. One thread a connection.

use super::engine::Landed;
use super::{Shared, operations};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// The largest body that is read, in bytes.
const BODY: u64 = 1 << 20;
const TARGET: &str = "CodePipeline_20150709.";

/// Listens on a free port of loopback until the service ends.
pub(crate) fn listen(shared: &Arc<Shared>) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            if shared.ended() {
                return;
            }
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || serve(&shared, &connection));
        }
    });
    Ok(address)
}

fn serve(shared: &Shared, connection: &TcpStream) {
    let _ = connection.set_read_timeout(Some(Duration::from_secs(60)));
    let _ = connection.set_nodelay(true);
    let mut reader = BufReader::new(connection);
    while !shared.ended() {
        let Some((path, target, body)) = request(&mut reader) else { return };
        let (status, answer, kind) = answer(shared, &path, &target, &body);
        let text = answer.to_string();
        let kind = kind.map(|kind| format!("x-amzn-errortype: {kind}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status}\r\nx-amzn-requestid: b0bf8b80-fake\r\ncontent-type: application/x-amz-json-1.1\r\n{kind}content-length: {}\r\n\r\n",
            text.len()
        );
        let mut out = connection;
        if out.write_all(format!("{head}{text}").as_bytes()).is_err() {
            return;
        }
    }
}

/// The path, the operation and the body of the next request.
fn request(reader: &mut impl BufRead) -> Option<(String, String, Vec<u8>)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let path = first.split(' ').nth(1)?.to_owned();
    let (mut length, mut target) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => value.trim().clone_into(&mut target),
            _ => {}
        }
    }
    let mut body = Vec::new();
    reader.take(length).take(BODY).read_to_end(&mut body).ok()?;
    Some((path, target, body))
}

fn answer(shared: &Shared, path: &str, target: &str, body: &[u8]) -> (&'static str, Value, Option<String>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if path == "/_fake/landed" {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        shared.lock().landed(&Landed {
            bucket: text("bucket").unwrap_or_default(),
            key: text("key").unwrap_or_default(),
            version: text("version"),
            summary: text("summary"),
        });
        return ("200 OK", json!({}), None);
    }
    let Some(operation) = target.strip_prefix(TARGET) else {
        let error = json!({ "__type": "UnknownOperationException", "message": "no such operation" });
        return ("400 Bad Request", error, Some("UnknownOperationException".to_owned()));
    };
    match operations::carry_out(&mut shared.lock(), operation, &body) {
        Ok(value) => ("200 OK", value, None),
        Err((code, message)) => {
            let status =
                if code == "InternalFailure" { "500 Internal Server Error" } else { "400 Bad Request" };
            (status, json!({ "__type": code, "message": message }), Some(code))
        }
    }
}
