//! A copy that something on the way repeats after a rollback: with the command itself and a real store. The ETag that
//! it asks for has come back by then, so the store lets it through.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use promote_tests::bucket::{fresh, sign_in};
use promote_tests::project::{Project, store_file};
use promote_tests::repeater::Repeater;
use promote_tests::server::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

#[test]
fn a_copy_that_is_repeated_after_a_rollback_does_not_undo_it() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = fresh(&server).unwrap();
    let repeater = Repeater::before(&server.endpoint).unwrap();
    let mut project = Project::new(PROGRAM).unwrap();
    project.variables = sign_in(&server);
    project.write("promote.toml", store_file("s3", &bucket, &repeater.endpoint)).unwrap();
    let first = project.commit("app.txt", "one\n", "feat: begin").unwrap();
    project.done(&["publish", "--no-move"]).unwrap();
    let second = project.commit("app.txt", "two\n", "feat: go on").unwrap();
    project.done(&["publish", "--no-move"]).unwrap();
    project.done(&["to", "staging", &first, "--yes"]).unwrap();
    repeater.repeat("/shop/staging.zip");
    project.done(&["to", "staging", &second, "--yes"]).unwrap();
    let back = project.run(&["rollback", "staging", "--yes", "--reason", "502 on /pay"]).unwrap();
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(repeater.answers(), [200], "the store let the repetition through");
    assert!(back.err.contains("could undo that until then"), "it says what it waits for: {}", back.err);
    let status = project.done(&["status", "staging", "--json"]).unwrap();
    assert!(status.contains(&first), "{status}");
    project.done(&["verify", "staging"]).unwrap();
}
