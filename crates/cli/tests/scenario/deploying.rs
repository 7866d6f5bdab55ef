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

#[test]
fn going_on_with_what_is_moved_asks_what_going_on_with_a_move_asks() {
    for (said, rule, lifted) in [
        ("promote block aaaa --reason \"INC-2: it loses orders\"", "blocked", "promote unblock aaaa"),
        ("", "loosened", ""),
    ] {
        let stage = left();
        let file = stage.folder.path().join("promote.toml");
        match said {
            "" => {
                let text = std::fs::read_to_string(&file).unwrap();
                std::fs::write(&file, text.replace("verify = { run = \"./smoke\" }", "verify = \"true\""))
                    .unwrap();
            }
            line => stage.quietly(line),
        }
        let (status, _, err) = stage.run("promote resume prod --yes");
        assert_eq!(status, ExitStatus::Blocked, "{rule}: {err}");
        assert!(err.contains(rule), "{err}");
        let (_, out, _) = stage.run("promote status prod --json");
        assert!(out.contains("\"left\": true"), "no step ran: {out}");
        match lifted {
            "" => {
                stage.quietly("promote resume prod --yes --override loosened --reason \"INC-2: as agreed\"")
            }
            line => {
                stage.quietly(line);
                stage.quietly("promote resume prod --yes");
            }
        }
    }
}

#[test]
fn a_freeze_keeps_nobody_from_finishing_what_is_moved() {
    let stage = left();
    stage.quietly("promote freeze prod --reason \"INC-3: nothing new\"");
    stage.outside.clock.advance(std::time::Duration::from_secs(120));
    stage.quietly("promote resume prod --yes");
}

#[test]
fn without_waiting_resume_leaves_the_steps_as_a_move_does_and_says_so() {
    let stage = left();
    for command in ["promote to prod aaaa --yes --no-wait", "promote resume prod --yes --no-wait"] {
        let (status, out, err) = stage.run(command);
        assert_eq!(status, ExitStatus::Ok, "{command}: {err}");
        assert!(out.contains("prod is on aaaaaaa already; the steps that follow have not run yet."), "{out}");
        assert!(err.contains("`promote resume prod` runs them and records how they end"), "{err}");
    }
    let (_, out, _) = stage.run("promote status prod --json");
    assert!(out.contains("\"left\": true"), "no step ran: {out}");
    let (_, _, err) = stage.run("promote resume prod --yes");
    assert!(err.contains("the steps that follow have not run yet: they run now"), "{err}");
}
