//! A store that answers what a test tells it to, and remembers what it was asked.

use promote_port::port::StoreSettings;
use promote_s3::{Limits, S3Bucket, SignIn};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came, header names in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What to do about a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Send { status: u16, headers: Vec<(&'static str, String)>, body: String },
    Drop,
    Hang,
}

impl Answer {
    pub(crate) fn ok(body: &str) -> Self {
        Self::Send { status: 200, headers: Vec::new(), body: body.to_owned() }
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::Send { status, headers: Vec::new(), body: error_body(code, "told so") }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Send { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

pub(crate) fn error_body(code: &str, message: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>")
}

/// The store. Its clock stands at the first second of 2030 unless an answer says otherwise.
pub(crate) struct Fake {
    pub(crate) endpoint: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    pub(crate) async fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&log), Arc::clone(&answer)));
            }
        });
        Self { endpoint, seen }
    }

    /// Answers heads of the bucket, and everything else as told.
    pub(crate) async fn answering(answer: Answer) -> Self {
        Self::start(move |request| if request.method == "HEAD" { Answer::ok("") } else { answer.clone() })
            .await
    }

    /// The requests so far with this method.
    pub(crate) fn seen(&self, method: &str) -> Vec<Request> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|request| request.method == method).cloned().collect()
    }

    pub(crate) fn bucket(&self) -> S3Bucket {
        connect(&self.endpoint).with_limits(Limits { answer: Duration::from_secs(2), ..Limits::default() })
    }
}

pub(crate) fn settings(endpoint: &str) -> StoreSettings {
    StoreSettings {
        region: Some("eu-west-1".into()),
        endpoint: Some(endpoint.to_owned()),
        ..StoreSettings::default()
    }
}

pub(crate) fn keys() -> SignIn {
    SignIn::Keys { id: "AKIDTEST".into(), secret: "very-secret".into(), token: Some("session-token".into()) }
}

pub(crate) fn connect(endpoint: &str) -> S3Bucket {
    S3Bucket::sign_in("acme", &settings(endpoint), keys())
}

async fn request(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let mut request =
        Request { method: first.next()?.into(), uri: first.next()?.into(), ..Request::default() };
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request.headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = request.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    stream.read_exact(&mut request.body).await.ok()?;
    Some(request)
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Request>>>,
    answer: Arc<impl Fn(&Request) -> Answer>,
) {
    let Some(request) = request(&mut stream).await else { return };
    let said = answer(&request);
    let head = request.method == "HEAD";
    log.lock().unwrap().push(request);
    match said {
        Answer::Drop => {}
        Answer::Hang => tokio::time::sleep(Duration::from_secs(3600)).await,
        Answer::Send { status, headers, body } => {
            let mut text = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
            let dated = headers.iter().any(|(name, _)| *name == "date");
            if !dated {
                text.push_str("date: Tue, 01 Jan 2030 00:00:00 GMT\r\n");
            }
            for (name, value) in headers {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
            if !head {
                text.push_str(&body);
            }
            // The client may have gone away; then there is nobody to tell.
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }
}
