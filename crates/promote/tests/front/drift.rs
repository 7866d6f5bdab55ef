//! A drift that a check finds is told by the library, for the command, the action and every program alike.

use crate::stage::{FILE, Stage};
use promote::report::Depth;
use promote::{ExitStatus, Promotion, Questions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// Keeps what it is warned of.
#[derive(Default)]
struct Warned(Mutex<Vec<String>>);

impl Questions for &Warned {
    fn warned(&self, warning: &str) {
        self.0.lock().unwrap().push(warning.to_owned());
    }
}

/// A webhook on this machine: where it is, and what it was sent.
fn webhook() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                match line.trim().to_ascii_lowercase().split_once(": ") {
                    Some(("content-length", value)) => length = value.parse().unwrap(),
                    _ if line.trim().is_empty() => break,
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            kept.lock().unwrap().push(String::from_utf8(body).unwrap());
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.get_mut().write_all(answer).unwrap();
        }
    });
    (address, heard)
}

/// Production has a release and tells this address of drifts; then somebody writes past the ledger.
async fn drifted(address: &str) -> Stage {
    let stage = Stage::new(&format!("{FILE}[notify]\nwebhook = \"{address}\"\non = [\"drift\"]\n"));
    let project = stage.project();
    assert_eq!(project.publish("HEAD").await.unwrap().exit, ExitStatus::Ok);
    let _moved = project.promote(Promotion::to("prod").unwrap()).await.unwrap();
    stage.bucket.put(&"deploy/prod.zip".parse().unwrap(), "by hand");
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drift_is_told_once_by_whoever_checks() {
    let (address, heard) = webhook();
    let project = drifted(&address).await.project();
    let found = project.verify(&[], Depth::default()).await.unwrap();
    assert!(!found.matches, "{found:?}");
    let told = heard.lock().unwrap().clone();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("\"event\":\"drift\"") && told[0].contains("\"environment\":\"prod\""),
        "{told:?}"
    );
    assert!(!project.verify(&["prod"], Depth::default()).await.unwrap().matches);
    assert_eq!(heard.lock().unwrap().len(), 1, "the same drift is told once");
}

/// Nothing of it changes what was found.
#[tokio::test]
async fn who_could_not_be_told_is_a_warning() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = drifted(&format!("http://{closed}/hook")).await.project();
    let warned = Warned::default();
    let stop = || std::future::ready(ExitStatus::Interrupted);
    let stopped = project.verify(&[], Depth::default()).until(stop).await.map(|found| found.matches);
    assert!(
        matches!(stopped, Ok(false) | Err(promote::Error::Stopped(ExitStatus::Interrupted))),
        "{stopped:?}"
    );
    let found = project.verify(&[], Depth::default()).asking(&warned).await.unwrap();
    assert!(!found.matches, "{found:?}");
    let warned = warned.0.lock().unwrap().clone();
    assert!(warned.len() == 1 && warned[0].contains("was not told to webhook"), "{warned:?}");
}
