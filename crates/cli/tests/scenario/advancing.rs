//! What moves without being asked, and what keeps it from that.

use crate::stage::{Next, Stage, commit};
use insta::assert_snapshot;
use promote_core::exit::ExitStatus;

const AUTOMATIC: &str = r#"
project = "shop"
environments = ["staging", "uat", "prod"]
source = "s3://acme-releases/shop/{sha}.zip"
target = "s3://acme-releases/shop/{env}.zip"
ledger = "s3://acme-releases/.promote/shop/"
auto = true

[env.staging]
tier = "test"
branch = "main"

[env.uat]
soak = "1d"
verify = { run = "./smoke" }

[env.prod]
tier = "production"
soak = "2d"
auto = false
"#;

fn stage() -> Stage {
    let mut stage = Stage::empty(AUTOMATIC);
    stage.publish('a', "work on a");
    stage
}

#[test]
fn what_is_open_moves_and_the_rest_is_told_apart() {
    let mut stage = stage();
    stage.tell("promote advance --dry-run");
    stage.tell("promote advance");
    stage.tell("promote advance");
    stage.days(2);
    // Only now is `a` old enough for uat; `b` goes to staging in the same pass, and does not keep `a` from going on.
    stage.publish('b', "work on b");
    stage.tell("promote advance");
    stage.tell("promote advance --exit-code");
    stage.days(3);
    stage.tell("promote advance uat --json");
    // Somebody else's environment stays as it is.
    stage.tell("promote status prod");
    stage.tell("promote advance prod");
    stage.tell("promote advance nowhere");
    assert_snapshot!(stage.transcript());
}

#[test]
fn a_release_that_soaked_goes_on_though_a_newer_one_replaced_it() {
    let mut stage = stage();
    stage.quietly("promote advance");
    stage.days(2);
    stage.publish('b', "work on b");
    stage.quietly(&format!("promote to staging {} --yes", commit('b')));
    stage.tell("promote advance --format plain");
    assert_snapshot!(stage.transcript());
}

#[test]
fn held_frozen_and_failed_environments_are_left_alone_with_the_reason() {
    let mut stage = stage();
    stage.quietly("promote advance");
    stage.publish('b', "work on b");
    stage.quietly("promote advance");
    stage.quietly("promote rollback staging --yes");
    stage.publish('c', "work on c");
    stage.tell("promote advance staging");
    stage.quietly("promote unhold staging --yes");
    stage.quietly("promote freeze staging --reason holidays --yes");
    stage.tell("promote advance staging --exit-code");
    stage.quietly("promote unfreeze staging --yes");
    stage.quietly("promote block cccc --reason \"it eats data\" --yes");
    stage.tell("promote advance staging");
    stage.quietly("promote unblock cccc --yes");
    stage.quietly("promote advance staging");
    stage.days(2);
    stage.step(Next::Fails);
    stage.tell("promote advance");
    stage.tell("promote advance");
    assert_snapshot!(stage.transcript());
}

/// `b` was rolled back in staging: that it was verified there once does not send it on.
#[test]
fn what_was_rolled_back_before_does_not_go_on() {
    let mut stage = stage();
    stage.quietly("promote advance");
    stage.publish('b', "work on b");
    stage.quietly("promote advance");
    stage.days(2);
    stage.quietly("promote rollback staging --yes");
    let (status, out, _) = stage.run("promote advance uat --json");
    assert_eq!(status, ExitStatus::Ok);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let uat = found.pointer("/environments/0").unwrap();
    // `a` was there for a minute before and is there again since a moment: neither stay is long enough.
    assert_eq!(
        (uat["result"].as_str(), uat["sha"].as_str()),
        (Some("blocked"), Some(commit('a').as_str())),
        "{out}"
    );
}

#[test]
fn a_deployment_that_goes_on_is_left_alone_until_it_must_have_ended() {
    let mut stage = stage();
    stage.quietly("promote advance");
    stage.days(2);
    // Who deploys left without a word of how it ended.
    stage.quietly("promote to uat --yes --no-wait");
    stage.publish('b', "work on b");
    stage.quietly("promote to staging bbbb --yes");
    stage.tell("promote advance uat");
    stage.days(2);
    stage.tell("promote advance uat");
    assert_snapshot!(stage.transcript());
}

#[test]
fn without_anything_automatic_there_is_nothing_to_do() {
    let mut stage = Stage::empty(&AUTOMATIC.replace("auto = true", "auto = false"));
    stage.publish('a', "work on a");
    stage.tell("promote advance");
    assert_snapshot!(stage.transcript());
}
