//! A Quay of our own: the protocol of registries with bearer tokens, and the part of Quay's own API that is about
//! tags, with the answers that were observed on a running one. Everything lies in memory. Its habits can be made worse,
//! to see what comes of that.

mod api;
pub(crate) mod http;
mod registry;
mod state;
mod tokens;
mod uploads;

pub use state::{Account, Habits, Row};

use http::{Received, Reply};
use state::State;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A running Quay, on loopback. Ends when dropped.
pub struct QuayFake {
    /// Its host and port, as a repository's name begins with them.
    pub host: String,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    ended: Arc<AtomicBool>,
}

/// What is answered.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// What was asked, taken apart.
pub(crate) struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    authorization: Option<String>,
    content_type: String,
    body: Vec<u8>,
}

impl Asked {
    fn first(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn bearer(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ")
    }
}

impl Answer {
    fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status).with("Content-Type", "application/json").of(value.to_string())
    }

    /// An error as registries word it.
    fn error(status: u16, code: &str, message: &str) -> Self {
        let error = serde_json::json!({ "code": code, "message": message, "detail": {} });
        Self::json(status, &serde_json::json!({ "errors": [error] }))
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn of(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

impl QuayFake {
    /// Starts one with an account `acme+robot` (password `robot-secret`) that may do everything, and API tokens
    /// `api-token` (write) and `api-reader` (read).
    ///
    /// # Errors
    /// No port could be had.
    pub fn start() -> std::io::Result<Self> {
        Self::listen("127.0.0.1:0")
    }

    /// The same at an address.
    ///
    /// # Errors
    /// The address is taken.
    pub fn listen(address: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let host = address.to_string();
        let state = Arc::new(Mutex::new(State::new(&host)));
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, end) = (Arc::clone(&state), Arc::clone(&ended));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&shared)) else { continue };
                // A connection that breaks is its client's business.
                std::thread::spawn(move || http::serve(&stream, |request| answer(request, &state)));
            }
        });
        Ok(Self { host, address, state, ended })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes its habits.
    pub fn set(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut self.lock().habits);
    }

    /// Adds an account.
    pub fn account(&self, name: &str, account: Account) {
        self.lock().accounts.insert(name.to_owned(), account);
    }

    /// Makes every token that was given out worthless, as time does.
    pub fn expire_tokens(&self) {
        self.lock().tokens.clear();
    }

    /// Moves a tag as somebody else would, to a manifest that is there.
    pub fn move_behind(&self, repository: &str, tag: &str, digest: &str) {
        self.lock().point(repository, tag, digest, false);
    }

    /// A tag's history, newest first.
    pub fn history(&self, repository: &str, tag: &str) -> Vec<Row> {
        self.lock().history(repository, tag)
    }

    /// Drops a manifest for good, as Quay does when its time machine has run out.
    pub fn collect(&self, repository: &str, digest: &str) {
        if let Some(found) = self.lock().repositories.get_mut(repository) {
            found.manifests.remove(digest);
        }
    }

    /// Every request since the last call: `METHOD /path STATUS`.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }
}

impl Drop for QuayFake {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees that it has ended.
        drop(TcpStream::connect(self.address));
    }
}

impl std::fmt::Debug for QuayFake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuayFake").field("host", &self.host).finish_non_exhaustive()
    }
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8_lossy(&digits).into_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(k, v)| (decoded(k), decoded(v)))
        .collect()
}

fn answer(request: &Received, state: &Mutex<State>) -> Reply {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let asked = Asked {
        method: request.method.clone(),
        path: decoded(path),
        query: pairs(query),
        authorization: request.header("authorization").map(str::to_owned),
        content_type: request.header("content-type").unwrap_or_default().to_owned(),
        body: request.body.clone(),
    };
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = if state.habits.throttle > 0 {
        state.habits.throttle -= 1;
        Answer::error(429, "TOOMANYREQUESTS", "too many requests").with("Retry-After", "7")
    } else if asked.path == "/v2/auth" {
        state.give_token(&asked)
    } else if asked.path.starts_with("/v2/") {
        state.registry(&asked)
    } else {
        state.api(&asked)
    };
    state.log.push(format!("{} {} {}", asked.method, request.target, answer.status));
    Reply { status: answer.status, headers: answer.headers, body: answer.body }
}
