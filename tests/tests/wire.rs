//! What is shown of requests: with `-v` each one, never what signs it; and that one is sent again, so that nobody waits
//! before an empty screen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// A server that refuses everything; its port.
fn refusing(why: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            let mut asked = [0; 8192];
            let _ = connection.read(&mut asked);
            let length = why.len();
            let answer = format!(
                "HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{why}"
            );
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    port
}

/// Whose place nobody serves.
fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn on_s3(port: u16) -> String {
    format!(
        "project = \"shop\"\nenvironments = [\"uat\", \"prod\"]\nsource = \"s3://acme/{{sha}}.zip\"\n\
         target = \"s3://acme/{{env}}.zip\"\n[store.acme]\nendpoint = \"http://127.0.0.1:{port}\"\nregion = \"eu-west-1\"\n"
    )
}

fn on_gcs(port: u16) -> String {
    format!(
        "project = \"shop\"\nenvironments = [\"uat\", \"prod\"]\nsource = \"gs://acme/{{sha}}.zip\"\n\
         target = \"gs://acme/{{env}}.zip\"\n[store.acme]\nendpoint = \"http://127.0.0.1:{port}\"\n"
    )
}

fn in_a_registry(port: u16) -> String {
    format!(
        "project = \"shop\"\nenvironments = [\"uat\", \"prod\"]\nsource = \"127.0.0.1:{port}/app:{{sha}}\"\n\
         target = \"127.0.0.1:{port}/app:{{env}}\"\nledger = \"records/\"\n"
    )
}

fn run(config: &str, arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("promote.toml"), config).unwrap();
    let output = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("AWS_ACCESS_KEY_ID", "AKIDCANARY")
        .env("AWS_SECRET_ACCESS_KEY", "secret-canary")
        .env("AWS_SESSION_TOKEN", "token-canary")
        .env_remove("CI")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output, said)
}

#[test]
fn each_request_is_shown_with_v_and_none_of_its_secrets() {
    for (config, path) in [
        (on_s3 as fn(u16) -> String, "/acme"),
        (on_gcs as fn(u16) -> String, "/storage/v1/b/acme"),
        (in_a_registry as fn(u16) -> String, "/v2/"),
    ] {
        let port = refusing("");
        let (_, said) = run(&config(port), &["check", "--online", "-v"]);
        let shown: Vec<&str> =
            said.lines().filter(|line| line.contains(&format!("127.0.0.1:{port}/"))).collect();
        let requests: Vec<&&str> = shown.iter().filter(|line| line.ends_with(" ms")).collect();
        assert!(requests.iter().any(|line| line.contains(" 403  ") && line.contains(path)), "{said}");
        for secret in ["canary", "AKID", "?", "Signature"] {
            assert!(!requests.iter().any(|line| line.contains(secret)), "{secret}: {requests:#?}");
        }
        assert!(!said.contains("secret-canary") && !said.contains("token-canary"), "{said}");
        let (_, said) = run(&config(port), &["check", "--online"]);
        assert!(!said.contains(" ms\n"), "{said}");
    }
}

#[test]
fn that_a_request_is_sent_again_is_said() {
    let config = on_s3(closed());
    let (output, said) = run(&config, &["status"]);
    assert!(!output.status.success());
    assert!(
        said.lines().any(|line| line.contains("s3://acme") && line.contains("trying again in")),
        "{said}"
    );
    let (_, said) = run(&config, &["status", "--quiet"]);
    assert!(!said.contains("trying again"), "{said}");
}

#[test]
fn credentials_that_are_rejected_are_not_taken_for_a_missing_right() {
    let wrong = "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>";
    for (why, says, code) in [
        (wrong, "not checked: the store does not accept the credentials", 4),
        ("<Error><Code>AccessDenied</Code></Error>", "listing all of it is not allowed", 4),
    ] {
        let (output, _) = run(&on_s3(refusing(why)), &["doctor"]);
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.contains(says), "{page}");
        assert_eq!(output.status.code(), Some(code), "{page}");
    }
}
