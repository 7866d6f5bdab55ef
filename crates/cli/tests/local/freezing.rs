//! `promote freeze --all`: every environment is closed, says why and by which page, and opens again.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

const FREEZE: [&str; 6] = ["freeze", "--all", "--reason", "INC-91", "--link", "https://status.example/91"];

#[test]
fn everything_is_frozen_says_so_everywhere_and_is_lifted() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let looked = stage.run(&[&FREEZE[..], &["--dry-run"]].concat()).ends(ExitStatus::Ok);
    assert!(looked.out.contains("nothing was changed"), "{}", looked.out);
    let said = stage.run(&[&FREEZE[..], &["--json"]].concat()).ends(ExitStatus::Ok).json();
    assert_eq!((said["environment"].clone(), said["all"].clone()), (serde_json::Value::Null, true.into()));
    assert_eq!((said["entry"].clone(), said["link"].clone()), ("1".into(), FREEZE[5].into()));
    let refused = stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.err.contains("everything is frozen until it is lifted by"), "{}", refused.err);
    assert!(refused.err.contains("promote unfreeze --all"), "{}", refused.err);
    let plan = stage.run(&["plan", "uat", "--json"]).json();
    let rules = plan["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["rule"] == "freeze").unwrap();
    assert_eq!(rule["evidence"]["link"], FREEZE[5]);
    let status = stage.run(&["status"]).ends(ExitStatus::Ok).out;
    assert!(status.contains("Everything is frozen until it is lifted by"), "{status}");
    assert_eq!(stage.run(&["status", "--json"]).json()["frozen"]["reason"], "INC-91");
    let history = stage.run(&["history"]).ends(ExitStatus::Ok).out;
    assert!(history.contains("everything was frozen by"), "{history}");
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);

    // What makes environments take more has to be confirmed.
    stage.run(&["unfreeze", "--all"]).ends(ExitStatus::Usage);
    let lifted = stage.run(&["unfreeze", "--all", "--yes"]).ends(ExitStatus::Ok);
    assert!(lifted.out.contains("everything is no longer frozen"), "{}", lifted.out);
    let again = stage.run(&["unfreeze", "--all", "--yes"]).ends(ExitStatus::Ok);
    assert!(again.out.contains("nothing to do"), "{}", again.out);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    assert_eq!(stage.run(&["status", "--json"]).json()["frozen"], serde_json::Value::Null);
}

#[test]
fn a_publication_is_kept_and_moves_nothing_while_everything_is_frozen() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&FREEZE).ends(ExitStatus::Ok);
    let before = stage.run(&["status", "--json"]).json();
    stage.commit("b");
    stage.run(&["publish"]);
    let after = stage.run(&["status", "--json"]).json();
    let running = |report: &serde_json::Value| report["environments"][0]["running"]["sha"].clone();
    assert_eq!(running(&before), running(&after));
}

#[test]
fn what_says_neither_which_nor_all_or_both_is_refused() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    for line in [
        &["freeze", "--reason", "x"][..],
        &["freeze", "uat", "--all", "--reason", "x"],
        &["freeze", "uat", "--reason", "x", "--link", "https://status.example/91"],
        &["freeze", "--all", "--reason", "x", "--link", "javascript:alert(1)"],
        &["freeze", "--all"],
        &["unfreeze"],
        &["unfreeze", "uat", "--all"],
    ] {
        stage.run(line).ends(ExitStatus::Usage);
    }
    assert_eq!(stage.run(&["status", "--json"]).json()["frozen"], serde_json::Value::Null);
}
