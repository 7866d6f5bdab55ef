//! Many processes on one folder: what they create is created once, what they count is counted right, and one that is
//! killed leaves no half of anything. The program starts itself in different roles.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

use promote_local::LocalBucket;
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{Body, Bucket, BucketReader, Condition, ErrorKind, Headers, Metadata, Precondition};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const RACERS: usize = 32;
const ROUNDS: usize = 5;
const COUNTS: usize = 5;
const KILLS: u64 = 20;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match arguments.as_slice() {
        [role, root] if role == "racer" => runtime.block_on(racer(&LocalBucket::open(root))),
        [role, root] if role == "painter" => runtime.block_on(painter(&LocalBucket::open(root))),
        // The test runner's own arguments, such as a filter, choose nothing here.
        _ => {
            races(&runtime);
            kills(&runtime);
        }
    }
}

fn start(role: &str, root: &Path) -> Child {
    let program = std::env::current_exe().unwrap();
    let (input, output) = (Stdio::piped(), Stdio::piped());
    Command::new(program).arg(role).arg(root).stdin(input).stdout(output).spawn().unwrap()
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

async fn write(bucket: &LocalBucket, at: &Key, content: String, when: Precondition) -> Option<()> {
    let body = Body::Bytes(content.into());
    match bucket.write(at, body, &Headers::default(), &Metadata::new(), &Condition::on(when)).await {
        Ok(_) => Some(()),
        Err(error) if error.kind == ErrorKind::Conflict => None,
        Err(error) => panic!("{error}: {:?}", error.source),
    }
}

/// Waits for the start, tries to create each object of the race, and then adds to a counter.
async fn racer(bucket: &LocalBucket) {
    std::io::stdin().read_to_string(&mut String::new()).unwrap();
    let mut won = 0;
    for round in 0..ROUNDS {
        let at = key(&format!("race/deep/{round}"));
        won += usize::from(
            write(bucket, &at, std::process::id().to_string(), Precondition::Absent).await.is_some(),
        );
    }
    for _ in 0..COUNTS {
        loop {
            let (object, bytes) = bucket.get(&key("counter"), 100).await.unwrap().unwrap();
            let next: usize = std::str::from_utf8(&bytes).unwrap().parse::<usize>().unwrap() + 1;
            if write(bucket, &key("counter"), next.to_string(), Precondition::Matches(object.token))
                .await
                .is_some()
            {
                break;
            }
        }
    }
    println!("{won}");
}

fn races(runtime: &tokio::runtime::Runtime) {
    let root = tempfile::tempdir().unwrap();
    let bucket = LocalBucket::open(root.path());
    runtime.block_on(write(&bucket, &key("counter"), "0".to_owned(), Precondition::Absent)).unwrap();
    let mut racers: Vec<_> = (0..RACERS).map(|_| start("racer", root.path())).collect();
    for racer in &mut racers {
        drop(racer.stdin.take());
    }
    let won = racers.into_iter().map(|racer| {
        let end = racer.wait_with_output().unwrap();
        assert!(end.status.success());
        String::from_utf8(end.stdout).unwrap().trim().parse::<usize>().unwrap()
    });
    assert_eq!(won.sum::<usize>(), ROUNDS, "each object has one creator");
    let (_, count) = runtime.block_on(bucket.get(&key("counter"), 100)).unwrap().unwrap();
    assert_eq!(count, (RACERS * COUNTS).to_string());
    println!("race: {RACERS} processes created {ROUNDS} objects once and counted to {}", RACERS * COUNTS);
}

/// Writes ever longer objects of one letter each over each other, until it is killed.
async fn painter(bucket: &LocalBucket) {
    println!("ready");
    for n in 0.. {
        let letter = char::from(b'a' + (n % 26) as u8).to_string();
        write(bucket, &key("painted"), letter.repeat(1 + n * 1000), Precondition::Any).await.unwrap();
    }
}

fn kills(runtime: &tokio::runtime::Runtime) {
    let root = tempfile::tempdir().unwrap();
    for kill in 0..KILLS {
        let mut painter = start("painter", root.path());
        let mut ready = [0; 6];
        painter.stdout.take().unwrap().read_exact(&mut ready).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(15 + kill * 7));
        painter.kill().unwrap();
        painter.wait().unwrap();
        // A new reader, which knows no digests by heart.
        let bucket = LocalBucket::open(root.path());
        let Some((object, bytes)) = runtime.block_on(bucket.get(&key("painted"), 100_000_000)).unwrap()
        else {
            continue;
        };
        assert_eq!(object.sha256, Some(Digest::of(&bytes)));
        assert!(!object.token.0.starts_with("hand"), "the object is not described");
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "two writes are mixed");
    }
    let bucket = LocalBucket::open(root.path());
    assert!(runtime.block_on(bucket.head(&key("painted"))).unwrap().is_some(), "no painter came to write");
    println!("kill: {KILLS} writers were killed and left whole objects");
}
