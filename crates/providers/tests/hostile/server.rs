//! A server that answers every request in one way that no honest server does.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A way to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A body that never ends, as fast as it is taken.
    Endless,
    /// A header that never ends.
    EndlessHead,
    /// A body of which one byte comes now and then, for ever.
    Slow,
    /// Nothing at all.
    Silent,
    /// A length beyond all memory, and bytes until nobody takes them.
    Huge,
    /// A length that more is promised with than comes.
    Short,
    /// A length that less is promised with than comes.
    Long,
    /// Off to the same place, again and again.
    Circle,
    /// Off to another host.
    Elsewhere,
    /// Bytes that are no text.
    NoText,
    /// A million lists inside each other.
    DeepJson,
    /// A hundred thousand elements inside each other.
    DeepXml,
    /// An XML document that grows a billionfold.
    EntityBomb,
    /// Not HTTP.
    Noise,
}

pub(crate) const WAYS: [Way; 14] = [
    Way::Endless,
    Way::EndlessHead,
    Way::Slow,
    Way::Silent,
    Way::Huge,
    Way::Short,
    Way::Long,
    Way::Circle,
    Way::Elsewhere,
    Way::NoText,
    Way::DeepJson,
    Way::DeepXml,
    Way::EntityBomb,
    Way::Noise,
];

/// The server. It ends with the process.
pub(crate) struct Hostile {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    asked: Arc<AtomicUsize>,
}

impl Hostile {
    /// Answers all requests in this way with this status; `elsewhere` is the other host.
    pub(crate) fn start(way: Way, status: u16, elsewhere: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::<AtomicUsize>::default();
        let (count, elsewhere) = (Arc::clone(&asked), elsewhere.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, elsewhere) = (Arc::clone(&count), elsewhere.clone());
                // Whoever hangs up has had enough.
                std::thread::spawn(move || answer(stream, way, status, &elsewhere, &count).ok());
            }
        });
        Self { host, asked }
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Reads a request as far as it must be for an answer to be read: its path, and whether it only looks.
fn hear(stream: &TcpStream) -> Result<(String, bool)> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut path, mut length, mut head) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if path.is_empty() {
            let mut words = line.split(' ');
            head = words.next() == Some("HEAD");
            path = words.next().unwrap_or_default().to_owned();
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    Ok((path, head))
}

fn answer(mut out: TcpStream, way: Way, status: u16, elsewhere: &str, count: &AtomicUsize) -> Result<()> {
    let (path, looks) = hear(&out)?;
    if looks && path.trim_end_matches('/') == "/acme" {
        // Who asks for the time before a write gets it, so that the write is what is answered.
        return out.write_all(
            b"HTTP/1.1 200 x\r\ndate: Tue, 01 Jan 2030 00:00:00 GMT\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        );
    }
    count.fetch_add(1, Ordering::SeqCst);
    let head = |more: &str| {
        format!(
            "HTTP/1.1 {status} x\r\ndate: Tue, 01 Jan 2030 00:00:00 GMT\r\nconnection: close\r\ncontent-type: application/json\r\n{more}\r\n"
        )
    };
    let moved = |place: &str| {
        format!("HTTP/1.1 307 x\r\nlocation: {place}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    };
    let all = |body: &[u8]| {
        let mut whole = head(&format!("content-length: {}\r\n", body.len())).into_bytes();
        whole.extend_from_slice(body);
        whole
    };
    let piece = vec![b' '; 64 << 10];
    match way {
        Way::Endless | Way::Huge => {
            let length = format!("content-length: {}\r\n", 1u64 << 60);
            out.write_all(head(if way == Way::Huge { &length } else { "" }).as_bytes())?;
            loop {
                out.write_all(&piece)?;
            }
        }
        Way::EndlessHead => {
            out.write_all(b"HTTP/1.1 200 x\r\n")?;
            loop {
                out.write_all(b"x-more: and more of it\r\n")?;
            }
        }
        Way::Slow => {
            out.write_all(head("").as_bytes())?;
            loop {
                out.write_all(b" ")?;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Way::Silent => loop {
            std::thread::sleep(Duration::from_secs(60));
        },
        Way::Short => out.write_all(format!("{}{{\"a\":", head("content-length: 900\r\n")).as_bytes()),
        Way::Long => out.write_all(format!("{}{{\"a\":{{}}}}", head("content-length: 3\r\n")).as_bytes()),
        Way::Circle => out.write_all(moved(&path).as_bytes()),
        Way::Elsewhere => out.write_all(moved(&format!("http://{elsewhere}{path}")).as_bytes()),
        Way::NoText => out.write_all(&all(&no_text())),
        Way::DeepJson => out.write_all(&all(format!("{{\"a\":{}", "[".repeat(1 << 20)).as_bytes())),
        Way::DeepXml => out.write_all(&all("<a>".repeat(1 << 17).as_bytes())),
        Way::EntityBomb => out.write_all(&all(bomb().as_bytes())),
        Way::Noise => out.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc].repeat(1000)),
    }
}

/// Bytes that are no text, wherever a client looks.
fn no_text() -> Vec<u8> {
    let places = [
        ("items", "name"),
        ("layers", "digest"),
        ("pipelineExecutionSummaries", "pipelineExecutionId"),
        ("stageStates", "stageName"),
    ];
    let lists = places.map(|(list, key)| format!("\"{list}\":[{{\"{key}\":\"?\"}}]"));
    let text = format!("{{\"tags\":[\"?\"],\"name\":\"?\",{}}}", lists.join(","));
    text.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect()
}

/// Ten entities, each of ten of the one before.
fn bomb() -> String {
    let mut text = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e0 \"lol\">".to_owned();
    for level in 1..10 {
        let inner = format!("&e{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY e{level} \"{inner}\">"));
    }
    text.push_str(
        "]><ListBucketResult><Name>&e9;</Name><Contents><Key>&e9;</Key></Contents></ListBucketResult>",
    );
    text
}

/// An honest server before a hostile one: it answers everything with a text that leads there. It ends with the process.
pub(crate) struct Front {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
}

impl Front {
    /// Answers with status, headers and body as the text has them, which may name the server itself by its host.
    pub(crate) fn start(text: impl FnOnce(&str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let text = text(&host);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let text = text.clone();
                // Whoever hangs up has had enough.
                std::thread::spawn(move || -> Result<()> {
                    hear(&stream)?;
                    stream.write_all(text.as_bytes())
                });
            }
        });
        Self { host }
    }
}

/// A server that answers 200 with what it is told at the moment. It ends with the process.
pub(crate) struct Given {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    body: Arc<Mutex<Vec<u8>>>,
}

impl Given {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let body = Arc::<Mutex<Vec<u8>>>::default();
        let now = Arc::clone(&body);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let body = now.lock().unwrap().clone();
                // Whoever hangs up has had enough.
                std::thread::spawn(move || -> Result<()> {
                    hear(&stream)?;
                    let head = format!(
                        "HTTP/1.1 200 x\r\ndate: Tue, 01 Jan 2030 00:00:00 GMT\r\netag: \"1\"\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    stream.write_all(head.as_bytes())?;
                    stream.write_all(&body)
                });
            }
        });
        Self { host, body }
    }

    /// Answers with this from now on.
    pub(crate) fn now(&self, body: Vec<u8>) {
        *self.body.lock().unwrap() = body;
    }
}
