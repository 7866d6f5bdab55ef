//! What is said while a deployment goes on whose end nobody recorded yet.

use crate::stage::{Stage, commit};
use promote_core::exit::ExitStatus;

const CONFIG: &str = r#"
project = "shop"
environments = ["staging", "prod"]
source = "s3://acme-releases/shop/{sha}.zip"
target = "s3://acme-releases/shop/{env}.zip"
ledger = "s3://acme-releases/.promote/shop/"

[env.staging]
tier = "test"

[env.prod]
tier = "production"
auto = true
verify = { run = "./smoke" }
"#;

/// `a` was moved to prod, and its deployment was left for later; `b` is ready to follow.
fn left() -> Stage {
    let mut stage = Stage::empty(CONFIG);
    stage.publish('a', "work on a");
    stage.quietly(&format!("promote to staging {} --yes", commit('a')));
    stage.quietly("promote to prod --yes --no-wait");
    stage.publish('b', "work on b");
    stage.quietly(&format!("promote to staging {} --yes", commit('b')));
    stage
}

#[test]
fn the_refusal_status_and_json_say_who_deploys_what_since_when_and_the_ways_on() {
    let mut stage = left();
    let (status, _, err) = stage.run("promote to prod --yes");
    assert_eq!(status, ExitStatus::Conflict, "{err}");
    assert!(err.contains("deploying") && err.contains("alice moved aaaaaaa at 2026-"), "{err}");
    assert!(err.contains("promote resume prod") && err.contains("--override deploying --reason"), "{err}");
    let (_, out, _) = stage.run("promote status prod");
    assert!(out.contains("… deploying") && out.contains("alice moved aaaaaaa"), "{out}");
    let (_, out, _) = stage.run("promote status prod --json");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let deploying = found.pointer("/environments/0/deploying").unwrap();
    assert_eq!(deploying["by"], "alice");
    assert_eq!(deploying["sha"], commit('a').as_str());
    assert_eq!(deploying["left"], true);
    // Automation is told that it is busy, and by whom.
    let (status, out, _) = stage.run("promote advance prod --json");
    assert_eq!(status, ExitStatus::Ok, "{out}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found.pointer("/environments/0/result").unwrap(), "busy", "{out}");
    stage.terminal = true;
    let (status, _, err) = stage.run("promote resume prod --yes");
    assert_eq!(status, ExitStatus::Ok, "nobody runs its steps, so nobody is asked: {err}");
    stage.quietly("promote to prod --yes");
}

#[test]
fn an_override_overtakes_and_the_history_has_no_deployment_without_an_end() {
    let stage = left();
    stage.quietly("promote to prod --yes --override deploying --reason \"INC-1: now\"");
    let (_, out, _) = stage.run("promote history prod --json");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rows: Vec<&str> =
        found["entries"].as_array().unwrap().iter().map(|row| row["result"].as_str().unwrap()).collect();
    assert_eq!(rows, ["promoted", "superseded"], "{out}");
    assert_eq!(found.pointer("/entries/0/overrides/0").unwrap(), "deploying", "{out}");
}
