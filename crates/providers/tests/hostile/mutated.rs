//! Answers of honest servers, damaged: no client panics over one, or goes on asking for ever. The same number of cases each
//! time.

use crate::clients::Client;
use crate::damage::damaged;
use crate::server::Given;
use proptest::test_runner::{Config, TestRunner};

/// How many damaged answers each request gets.
const CASES: u32 = 200;

/// What is asked, and answers that would be right.
const ANSWERS: [(Client, &str, &[&str]); 9] = [
    (Client::S3, "list", &[include_str!("answers/s3-list.xml"), include_str!("answers/s3-error.xml")]),
    (Client::S3, "write", &["", include_str!("answers/s3-error.xml")]),
    (Client::Gcs, "list", &[include_str!("answers/gcs-list.json")]),
    (Client::Gcs, "head", &[include_str!("answers/gcs-object.json")]),
    (Client::Registry, "get", &[include_str!("answers/manifest.json"), include_str!("answers/index.json")]),
    (Client::Registry, "list", &["{\"name\":\"acme/app\",\"tags\":[\"prod\",\"staging-0123\"]}"]),
    (Client::CodePipeline, "describe", &[include_str!("answers/pipeline.json")]),
    (Client::CodePipeline, "stages", &[include_str!("answers/state.json")]),
    (
        Client::Forge,
        "github find",
        &["[{\"id\":7,\"url\":\"http://x\",\"payload\":{\"promotion\":\"1\"}}]", "[]"],
    ),
];

#[test]
fn damaged_answers_are_read_or_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (client, request, seeds) in ANSWERS {
        let server = Given::start();
        let seeds = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let ran = TestRunner::new(config).run(&damaged(seeds), |answer| {
            server.now(answer);
            runtime.block_on(client.ask(&server.host, request)).ok();
            Ok(())
        });
        assert!(ran.is_ok(), "{client:?} {request}: {ran:?}");
    }
}
