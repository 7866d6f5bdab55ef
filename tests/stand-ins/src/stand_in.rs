//! A server that answers as it is told and remembers all that it was sent: for what a client does with an answer that no
//! server of the kind should give, and for what it shows to whom.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// `GET`, `PUT` and so on.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Heard {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Method and path.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether a text stands anywhere in it.
    pub fn holds(&self, text: &str) -> bool {
        let headers = self.headers.iter().map(|(_, value)| value.as_str());
        headers.chain([self.path.as_str()]).any(|value| value.contains(text))
            || String::from_utf8_lossy(&self.body).contains(text)
    }
}

/// An answer: status, headers, body.
pub type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// The server. It ends with the process.
#[derive(Debug)]
pub struct StandIn {
    /// `127.0.0.1:PORT`.
    pub host: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl StandIn {
    /// Starts one that answers so.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let host = listener.local_addr()?.to_string();
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let (known, answer) = (Arc::clone(&heard), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (known, answer) = (Arc::clone(&known), Arc::clone(&answer));
                std::thread::spawn(move || drop(one(stream, &known, &*answer)));
            }
        });
        Ok(Self { host, heard })
    }

    /// One that takes everything and answers 200.
    ///
    /// # Errors
    /// As [`StandIn::start`].
    pub fn quiet() -> std::io::Result<Self> {
        Self::start(|_| (200, Vec::new(), Vec::new()))
    }

    /// Its port at another name of this machine's, which is another host to a client.
    pub fn elsewhere(&self) -> String {
        self.host.replace("127.0.0.1", "localhost")
    }

    /// All that was heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn one(
    stream: TcpStream,
    known: &Mutex<Vec<Heard>>,
    answer: &(dyn Fn(&Heard) -> Answer + Send + Sync),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut heard = Heard {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Heard::default()
    };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            heard.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    if heard.header("expect").is_some() {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    if heard.header("transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
            let mut piece = vec![0; size + 2];
            reader.read_exact(&mut piece)?;
            heard.body.extend(piece.iter().take(size));
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = heard.header("content-length").and_then(|text| text.parse().ok()) {
        heard.body = vec![0; length];
        reader.read_exact(&mut heard.body)?;
    }
    let (status, headers, body) = answer(&heard);
    let head = heard.method == "HEAD";
    known.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    let mut text = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n");
    if headers.iter().all(|(name, _)| *name != "content-length") {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in &headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    writer.write_all(text.as_bytes())?;
    if !head {
        writer.write_all(&body)?;
    }
    writer.flush()
}
