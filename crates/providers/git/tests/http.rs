//! A branch at a real server of git's smart HTTP protocol with passwords: everything the suite asks, rights that are
//! missing, and an answer that is cut off.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it counted"
)]

mod stage;

use promote_git::GitBucket;
use promote_port::location::StoreId;
use promote_port::port::{Bucket, BucketReader, ErrorKind};
use promote_testing::conformance::{Rival, Subject, run_all};
use stage::{BRANCH, Stage, create, git, key};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// The server, ended when this is dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(root: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http_server.py");
        let mut child = Command::new("python3").arg(script).arg(root).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }

    /// Points a clone's `origin` here.
    fn serve(&self, clone: &Path, mode: &str, user: &str) {
        let address = format!("http://{user}127.0.0.1:{}/{mode}/remote.git", self.port);
        git(clone, &["remote", "set-url", "origin", &address]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stage() -> (Stage, Server, PathBuf) {
    let stage = Stage::new();
    let server = Server::start(stage.folder());
    let clone = stage.clone("one");
    (stage, server, clone)
}

#[tokio::test]
async fn a_branch_behind_http_conforms() {
    let (_stage, server, clone) = stage();
    server.serve(&clone, "ok", "bot:right@");
    let report = run_all(&subject(&clone)).await;
    println!("{report}");
    assert_eq!(report.failed, []);
    assert_eq!((report.passed.len(), report.skipped.len()), (27, 15));
}

fn subject(clone: &Path) -> Subject {
    let (bucket, again) = (GitBucket::open(clone, BRANCH, None), clone.to_owned());
    let expected = bucket.capabilities();
    let store = StoreId::Git(BRANCH.to_owned());
    let mut subject = Subject::new(Arc::new(bucket), store, "suite/run".parse().unwrap(), expected)
        .opened_by(move || Arc::new(GitBucket::open(&again, BRANCH, None)) as Arc<dyn Bucket>)
        .raced_by("the_second_process", clone.to_str().unwrap());
    (subject.listed, subject.page, subject.large) = (7, 3, 1 << 20);
    (subject.found_stays, subject.rounds) = (true, 4);
    subject
}

/// The suite runs this in a process of its own. By itself it does nothing.
#[tokio::test]
async fn the_second_process() {
    if let Some(rival) = Rival::here() {
        rival.race(&subject(Path::new(rival.place()))).await;
    }
}

#[tokio::test]
async fn missing_rights_are_named_and_nobody_is_asked() {
    let (stage, server, clone) = stage();
    for user in ["", "bot:wrong@"] {
        server.serve(&clone, "ok", user);
        let error = stage.bucket(&clone).list("shop/", None, 1).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{user}: {error}");
        assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    }
    server.serve(&clone, "read", "bot:right@");
    let bucket = stage.bucket(&clone);
    assert_eq!(bucket.list("shop/", None, 1).await.unwrap().objects, []);
    let error = create(&bucket, "shop/a.json", "x").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(error.message.contains("does not let you push"), "{error}");
    assert!(error.hints.iter().any(|hint| hint.contains("contents: write")), "{:?}", error.hints);
    assert_eq!(stage.at_remote("shop/a.json"), None);
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_read_back() {
    let (stage, server, clone) = stage();
    server.serve(&clone, "cut", "bot:right@");
    let bucket = stage.bucket(&clone);
    create(&bucket, "shop/a.json", "ours").await.unwrap();
    assert_eq!(stage.at_remote("shop/a.json").as_deref(), Some("ours"));
    assert!(bucket.head(&key("shop/a.json")).await.unwrap().is_some());
    let gone = GitBucket::open(&clone, BRANCH, None);
    drop(server);
    let error = create(&gone, "shop/b.json", "x").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
}
