//! Documents: complete, of one shape, and with the fields they announce.

use crate::stage::{Next, Stage};
use insta::assert_snapshot;
use serde_json::Value;

fn document(stage: &Stage, line: &str) -> (u8, Value) {
    let (status, out, err) = stage.run(line);
    let value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line}: {error}\n{out}\n{err}"));
    (status.code(), value)
}

fn names(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_document_has_the_fields_that_it_announces() {
    let stage = Stage::ready();
    for line in [
        "promote status",
        "promote plan uat cccc",
        "promote explain prod",
        "promote history",
        "promote show aaaa",
        "promote diff uat prod",
        "promote verify --ledger",
        "promote rollback uat --dry-run",
    ] {
        let (_, value) = document(&stage, &format!("{line} --json"));
        let (_, listed, _) = stage.run(&format!("{line} --json=?"));
        let mut listed: Vec<String> = listed.lines().map(str::to_owned).collect();
        listed.sort();
        assert_eq!(names(&value), listed, "{line}");
        assert!(value["schema"].as_str().unwrap().starts_with("promote/"), "{line}");
    }
    stage.days(3);
    let (code, value) = document(&stage, "promote to prod --yes --json");
    let (_, listed, _) = stage.run("promote to prod --json=?");
    let mut listed: Vec<String> = listed.lines().map(str::to_owned).collect();
    listed.sort();
    assert_eq!((code, names(&value)), (0, listed));
    let id = value["promotion"].as_str().unwrap().to_owned();
    let (_, value) = document(&stage, &format!("promote show {id} --json=plan,rules"));
    assert_eq!(names(&value), ["plan", "rules", "schema"]);
}

#[test]
fn what_goes_wrong_is_a_document_too() {
    let stage = Stage::ready();
    let (code, value) = document(&stage, "promote to prod --yes --json");
    assert_eq!((code, value["schema"].as_str()), (3, Some("promote/decision@1")));
    assert_eq!(value["exit"], "blocked");
    let (code, value) = document(&stage, "promote to uat ffff --yes --json");
    assert_eq!((code, value["schema"].as_str()), (5, Some("promote/failure@1")));
    stage.days(3);
    stage.step(Next::Fails);
    let (code, value) = document(&stage, "promote to prod --yes --json");
    assert_eq!((code, value["schema"].as_str()), (7, Some("promote/outcome@1")));
    assert_eq!((value["result"].as_str(), value["exit"].as_str()), (Some("failed"), Some("deploy-failed")));
}

#[test]
fn a_status_and_events_as_machines_see_them() {
    let mut stage = Stage::ready();
    stage.tell("promote status prod --json");
    stage.days(3);
    stage.tell("promote to prod --yes --events --quiet --json=exit,result,took_s");
    assert_snapshot!(stage.transcript());
}
