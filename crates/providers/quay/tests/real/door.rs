//! A door before a registry: it notes every request and its answer, and may let the first two requests in only when both
//! are there. Whoever waits for the answer to one before sending the other is turned away.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long the first request waits for the second one before it is turned away.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open door. It ends with the process.
pub(crate) struct Door {
    /// Where to knock, as a repository's name begins.
    pub(crate) host: String,
    inside: Arc<Inside>,
}

struct Inside {
    registry: String,
    log: Mutex<Vec<String>>,
    /// How many requests are still missing.
    missing: Mutex<usize>,
    bell: Condvar,
}

impl Door {
    /// A door that lets everybody in.
    pub(crate) fn before(registry: &str) -> Self {
        Self::open(registry, 0)
    }

    /// A door that lets the first two requests in together.
    pub(crate) fn for_two(registry: &str) -> Self {
        Self::open(registry, 2)
    }

    fn open(registry: &str, missing: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let inside = Inside {
            registry: registry.to_owned(),
            log: Mutex::default(),
            missing: Mutex::new(missing),
            bell: Condvar::new(),
        };
        let inside = Arc::new(inside);
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A connection that breaks is its client's business.
                std::thread::spawn(move || shared.serve(&stream));
            }
        });
        Self { host, inside }
    }

    /// Every request since the last call, in order: `METHOD path STATUS`.
    pub(crate) fn take_log(&self) -> Vec<String> {
        let mut log = std::mem::take(&mut *self.inside.log.lock().unwrap_or_else(PoisonError::into_inner));
        log.sort();
        log
    }
}

/// Lines up to an empty one, and the body that they announce.
fn message(reader: &mut impl std::io::BufRead, bodiless: bool) -> std::io::Result<(String, Vec<u8>)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().map_err(std::io::Error::other)?;
        }
        head.push_str(&line);
        if line.trim_end().is_empty() {
            break;
        }
    }
    let mut body = vec![0; if bodiless { 0 } else { length }];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}

impl Inside {
    /// Waits until nobody is missing any more; says whether that came about.
    fn meet(&self) -> bool {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        *missing = missing.saturating_sub(1);
        self.bell.notify_all();
        let end = self.bell.wait_timeout_while(missing, PATIENCE, |missing| *missing > 0);
        !end.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn serve(&self, mut client: &TcpStream) -> std::io::Result<()> {
        let registry = TcpStream::connect(&self.registry)?;
        let (mut asked, mut answered) = (BufReader::new(client), BufReader::new(&registry));
        loop {
            let (head, body) = message(&mut asked, false)?;
            let request = head.lines().next().unwrap_or_default().to_owned();
            if !self.meet() {
                return client.write_all(b"HTTP/1.1 418 alone\r\nContent-Length: 0\r\n\r\n");
            }
            (&registry).write_all(&[head.as_bytes(), &body].concat())?;
            let (head, body) = message(&mut answered, request.starts_with("HEAD "))?;
            let status = head.split(' ').nth(1).unwrap_or_default();
            let line = format!("{} {status}", request.rsplit_once(' ').unwrap_or_default().0);
            self.log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            client.write_all(&[head.as_bytes(), &body].concat())?;
        }
    }
}
