//! Freezes, holds and blocks: they are recorded, they bind, and they are lifted.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;

fn published() -> Stage {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage
}

#[test]
fn a_frozen_environment_takes_nothing_until_it_is_lifted() {
    let stage = published();
    let said = stage.run(&["freeze", "uat", "--until", "2h", "--reason", "INC-88", "--json"]);
    let said = said.ends(ExitStatus::Ok).json();
    assert_eq!(
        (&said["said"], &said["changed"], &said["reason"]),
        (&"freeze".into(), &true.into(), &"INC-88".into())
    );
    let refused = stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.err.contains("INC-88"), "{}", refused.err);
    // Lifting a freeze needs a second thought, and there is nobody to ask.
    stage.run(&["unfreeze", "uat"]).ends(ExitStatus::Usage);
    stage.run(&["unfreeze", "uat", "--yes"]).ends(ExitStatus::Ok);
    let again = stage.run(&["unfreeze", "uat", "--yes", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&again["changed"], &again["entry"]), (&false.into(), &serde_json::Value::Null));
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn a_held_environment_is_left_alone_by_automation_and_not_by_people() {
    let stage = published();
    stage.run(&["hold", "staging", "--reason", "load test"]).ends(ExitStatus::Ok);
    stage.commit("feat: second");
    let report = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["moves"][0]["result"], "blocked");
    let commit = report["sha"].as_str().unwrap().to_owned();
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["unhold", "staging", "--yes"]).ends(ExitStatus::Ok);
    stage.commit("feat: third");
    let report = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["moves"][0]["result"], "promoted");
}

#[test]
fn a_blocked_release_goes_nowhere() {
    let stage = published();
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.git(&["tag", "v1.0.0"]);
    stage.run(&["block", "v1.0.0", "--reason", "loses invoices"]).ends(ExitStatus::Ok);
    let refused = stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.err.contains("loses invoices"), "{}", refused.err);
    let lifted = stage.run(&["unblock", &commit[..8], "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(
        (&lifted["sha"], &lifted["blocked"], &lifted["changed"]),
        (&commit.as_str().into(), &false.into(), &true.into())
    );
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn what_is_dry_or_wrong_writes_nothing() {
    let stage = published();
    let before = contents(&stage.path());
    for (line, exit) in [
        (&["freeze", "uat", "--reason", "x", "--dry-run"][..], ExitStatus::Ok),
        (&["hold", "uat", "--reason", "x", "--dry-run"], ExitStatus::Ok),
        (&["unhold", "uat", "--dry-run"], ExitStatus::Ok),
        (&["block", "HEAD~0", "--reason", "x", "--dry-run"], ExitStatus::Usage),
        (&["adopt", "staging", "--reason", "x", "--dry-run"], ExitStatus::Ok),
        (&["freeze", "uat"], ExitStatus::Usage),
        (&["freeze", "uat", "--until", "2020-01-01", "--reason", "x"], ExitStatus::Usage),
        (&["freeze", "qa", "--reason", "x"], ExitStatus::Missing),
        (&["block", "ffffffff", "--reason", "x"], ExitStatus::Missing),
    ] {
        stage.run(line).ends(exit);
        assert_eq!(contents(&stage.path()), before, "{line:?}");
    }
}

#[test]
fn a_rule_that_several_environments_of_a_lane_ask_is_named_once() {
    let config = r#"
project      = "shop"
environments = ["staging", ["prod", "demo"]]
source       = "releases/{sha}.zip"
target       = "deployed/{env}.zip"
ledger       = ".promote/shop/"
[env.prod]
target = "deployed/live.zip"
soak   = "1d"
[env.demo]
target = "deployed/live.zip"
soak   = "2d"
notes  = ["ticket"]
"#;
    let stage = Stage::with(config);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let status = stage.run(&["status"]).ends(ExitStatus::Ok);
    assert!(status.out.contains("may not go to prod yet: soak, notes are not met."), "{}", status.out);
}

#[test]
fn resuming_where_nothing_is_recorded_names_a_way_that_works_now() {
    let stage = Stage::with(CONFIG);
    // Before anything is published, nothing can be promoted: what is named must work all the same.
    for _ in 0..2 {
        for environment in ["staging", "uat"] {
            let answer = stage.run(&["resume", environment, "--yes"]);
            let told = answer.all();
            if answer.exit != ExitStatus::Ok {
                assert_eq!(answer.exit, ExitStatus::Missing, "{told}");
                assert!(told.contains(&format!("`promote status {environment}`")), "{told}");
            }
        }
        stage.run(&["publish"]).ends(ExitStatus::Ok);
    }
}

#[test]
fn a_rule_that_nobody_goes_past_is_not_called_unknown() {
    let stage = published();
    let line = ["to", "uat", "--yes", "--override", "shared-target", "--reason", "x"];
    let answer = stage.run(&line).ends(ExitStatus::Usage);
    assert!(answer.err.contains("the rule `shared-target` can't be overridden"), "{}", answer.err);
    let answer = stage.run(&["to", "uat", "--override", "sock", "--reason", "x"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("unknown rule `sock`") && answer.err.contains("`soak`"), "{}", answer.err);
    let several = ["to", "uat", "--override", "soak, shared-target", "--reason", "x"];
    let answer = stage.run(&several).ends(ExitStatus::Usage);
    assert!(answer.err.contains("the rule `shared-target` can't be overridden"), "{}", answer.err);
    let answer = stage.run(&["to", "uat", "--override", "zzzzzz", "--reason", "x"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("hint: `promote help rules` lists the rules"), "{}", answer.err);
}

#[test]
fn what_is_shown_may_be_a_promotion_a_release_or_an_environment() {
    let stage = published();
    let answer = stage.run(&["show", "zzz"]).ends(ExitStatus::Missing);
    assert!(answer.err.contains("no promotion, release or environment `zzz`"), "{}", answer.err);
}
