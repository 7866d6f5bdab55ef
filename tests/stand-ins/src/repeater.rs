//! Something between the command and a store of S3 that sends a request once more: it keeps the first copy onto a key,
//! and repeats it, byte for byte, as soon as the second one onto that key was answered. Everything else passes as it is.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// The proxy. It ends with the test's process.
#[derive(Debug)]
pub struct Repeater {
    /// Its address, for `endpoint`.
    pub endpoint: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// How the keys end whose copies are kept; nothing is done while it is empty.
    key: String,
    kept: Option<Vec<u8>>,
    /// What the store answered to each repetition.
    answers: Vec<u16>,
}

impl Repeater {
    /// A proxy before the store at this address (`http://…`).
    ///
    /// # Errors
    /// When there is no port for it.
    pub fn before(endpoint: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let own = format!("http://{}", listener.local_addr()?);
        let store = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (store, seen) = (store.clone(), Arc::clone(&shared));
                std::thread::spawn(move || drop(pass(client, &store, &seen)));
            }
        });
        Ok(Self { endpoint: own, seen })
    }

    /// From now on, keeps and repeats copies onto keys that end like this.
    pub fn repeat(&self, key: &str) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            Seen { key: key.to_owned(), ..Seen::default() };
    }

    /// What the store answered to each repetition.
    pub fn answers(&self) -> Vec<u16> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).answers.clone()
    }
}

/// One request with its body. The connection is not to be kept: so one answer ends with the connection.
fn request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    head.truncate(head.len() - 2);
    head.extend(b"connection: close\r\n\r\n");
    head.extend(body);
    Ok(head)
}

fn ask(store: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(store)?;
    server.write_all(request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

/// The status of an answer.
fn status(answer: &[u8]) -> u16 {
    let first = answer.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    std::str::from_utf8(first).ok().and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn pass(mut client: TcpStream, store: &str, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let sent = request(&mut client)?;
    let head = String::from_utf8_lossy(&sent).into_owned();
    let path = head.split(['?', ' ']).nth(1).unwrap_or_default();
    let copy = head.starts_with("PUT ") && head.to_lowercase().contains("\r\nx-amz-copy-source:");
    let answer = ask(store, &sent)?;
    {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if copy && status(&answer) == 200 && !seen.key.is_empty() && path.ends_with(&seen.key) {
            match seen.kept.take() {
                None if seen.answers.is_empty() => seen.kept = Some(sent),
                None => {}
                Some(first) => seen.answers.push(status(&ask(store, &first)?)),
            }
        }
    }
    client.write_all(&answer)?;
    client.shutdown(Shutdown::Both)
}
