//! The servers that other tests build on: they start, answer, are told apart, and end with whoever started them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use promote_tests::server::{Server, tool};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

/// The first line of the answer to an unsigned request.
fn answer(endpoint: &str) -> std::io::Result<String> {
    let address = endpoint.strip_prefix("http://").expect("a plain loopback address");
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn every_server_starts_on_loopback_and_answers() {
    for name in [
        "seaweedfs",
        "ministack",
        "ministack-auth",
        "moto",
        "docker-registry",
        "docker-registry-token",
        "rclone",
        "fake-gcs",
    ] {
        let server = Server::start(name).unwrap();
        assert!(server.endpoint.starts_with("http://127.0.0.1:"), "{name}: {}", server.endpoint);
        assert!(answer(&server.endpoint).unwrap().starts_with("HTTP/1."), "{name} does not speak HTTP");
    }
}

#[test]
fn a_server_of_ones_own_ends_when_dropped() {
    let first = Server::start_alone("rclone").unwrap();
    let second = Server::start_alone("rclone").unwrap();
    assert_ne!(first.endpoint, second.endpoint);
    let endpoint = first.endpoint.clone();
    answer(&endpoint).unwrap();
    drop(first);
    assert!(answer(&endpoint).is_err(), "{endpoint} still answers");
    answer(&second.endpoint).unwrap();
}

#[test]
fn a_server_ends_with_its_owner_however_that_ends() {
    let mut owner = Command::new("sleep").arg("600").spawn().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/server");
    let started =
        Command::new(script).args(["start", "rclone", "--owner", &owner.id().to_string()]).output().unwrap();
    let text = String::from_utf8(started.stdout).unwrap();
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    answer(&value("ENDPOINT=")).unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    let data_is_gone = |_| !std::path::Path::new(&value("DATA=")).exists();
    let patience = std::time::Duration::from_millis(50);
    assert!(
        (0..600).inspect(|_| std::thread::sleep(patience)).any(data_is_gone),
        "the guard outlived its owner"
    );
    assert!(answer(&value("ENDPOINT=")).is_err(), "the server outlived its owner");
}

#[test]
fn an_unknown_server_is_an_error_that_says_what_to_do() {
    let error = Server::start_alone("nonesuch").unwrap_err().to_string();
    assert!(error.contains("`nonesuch` is not a server") && error.contains("hint: "), "{error}");
}

#[test]
fn another_client_reads_what_a_server_holds() {
    let server = Server::start("seaweedfs").unwrap();
    let program = "import boto3, os; s3 = boto3.client('s3'); b = 'read-back-%d' % os.getpid(); \
                   s3.create_bucket(Bucket=b); s3.put_object(Bucket=b, Key='k', Body=b'v'); \
                   print(s3.get_object(Bucket=b, Key='k')['Body'].read())";
    let output = Command::new(tool("python").unwrap())
        .args(["-c", program])
        .env("AWS_ENDPOINT_URL", &server.endpoint)
        .env("AWS_ACCESS_KEY_ID", &server.access_key)
        .env("AWS_SECRET_ACCESS_KEY", &server.secret_key)
        .env("AWS_DEFAULT_REGION", &server.region)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "b'v'\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
