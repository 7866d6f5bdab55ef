//! Every request and every answer of the stand-in, held against GitHub's own descriptions.

use super::started::{LONG, run, step};
use super::{all, check, commit, fake, reader, said};
use promote_core::port::StepEnd;
use promote_tests::forge_fake::people::CheckSaid;
use promote_tests::server::tool;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

#[tokio::test]
async fn every_request_and_answer_is_as_github_describes_them() {
    let fake = fake();
    fake.say(|people| {
        people.requests[0].reviews.push(said("ghost", "APPROVED", 'b', 11));
        people.requests[0].reviews.push(said("helper[bot]", "APPROVED", 'b', 11));
        people.checks.push(CheckSaid { conclusion: None, ..check(3, "slow", "") });
    });
    fake.set(|habits| habits.page = 1);
    assert!(all(&*reader(&fake, "github", true, &[])).await.iter().all(Result::is_ok));
    let forge = reader(&fake, "github", true, &[]);
    forge.authors(None, &commit('c')).await.unwrap();
    forge.authors(None, &commit('9')).await.unwrap_err();
    forge.reviews(&commit('9')).await.unwrap_err();
    forge.members("@acme/nobody").await.unwrap_err();
    fake.set(|habits| habits.closed = Some(("/members", 403, "Resource not accessible by integration")));
    reader(&fake, "github", true, &[]).members("@acme/leads").await.unwrap_err();
    fake.set(|habits| habits.closed = None);
    fake.runs(|runs| {
        runs.states = vec![("in_progress", None), ("completed", Some("cancelled"))];
        runs.jobs = vec![("test", "completed", Some("cancelled"))];
        runs.annotation = Some("Canceling since a higher priority waiting request exists");
    });
    let smoke = step("github", Some("main"), &[("sha", "$PROMOTE_SHA")]);
    assert_eq!(run(&fake, "github", &smoke, LONG).await.0.end, StepEnd::Superseded);
    let exchanges = fake.exchanges();
    assert!(exchanges.len() > 12, "{}", exchanges.len());
    let mut statuses: Vec<u16> = exchanges.iter().map(|one| one.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [200, 403, 404, 422], "each is held against its description");
    let told: Vec<Value> = exchanges
        .iter()
        .map(|one| json!({ "method": one.method, "target": one.target, "sent": one.sent, "status": one.status, "body": one.body }))
        .collect();
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol/forge.mjs");
    let mut child = Command::new("node")
        .arg("--max-old-space-size=3000")
        .args([script, tool("node-forge").unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node 20 or later");
    child.stdin.take().unwrap().write_all(Value::from(told).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let wrong: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    for (one, wrong) in exchanges.iter().zip(&wrong) {
        assert!(wrong.is_empty(), "{} {} {}: {wrong:#?}", one.method, one.target, one.status);
    }
    assert_eq!(wrong.len(), exchanges.len());
}
