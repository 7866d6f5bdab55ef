//! `promote advance` at the same time as itself: nobody fails, each release moves once, and the ledger is whole.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what came of the race is to be read by a person")]

use promote_tests::lane_project::{LaneProject, Place, Ran};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Child;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const CROWD: usize = 8;
const CHAIN: [&str; 3] = ["e0", "e1", "e2"];

fn end(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

#[test]
fn eight_at_once_on_the_local_folder() {
    let project = LaneProject::new(PROGRAM, &Place::Local, CHAIN.len(), 2).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let chain = format!("environments = {CHAIN:?}");
    let text =
        text.replace(&format!("environments = [{CHAIN:?}]"), &chain).replace("auto = false", "auto = true");
    assert!(text.contains(&chain) && text.contains("auto = true"), "{text}");
    std::fs::write(&file, text).unwrap();
    let newest = project.releases.last().unwrap();

    let children: Vec<Child> =
        (0..CROWD).map(|_| project.command(&["advance", "--json"], &[]).spawn().unwrap()).collect();
    let mut promoted: BTreeMap<String, usize> = BTreeMap::new();
    let mut results: BTreeMap<String, usize> = BTreeMap::new();
    for ran in children.into_iter().map(end) {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        for moved in report["environments"].as_array().unwrap() {
            let result = moved["result"].as_str().unwrap().to_owned();
            if result == "promoted" {
                assert_eq!(moved["sha"].as_str(), Some(newest.as_str()));
                *promoted.entry(moved["environment"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            if matches!(result.as_str(), "busy" | "overtaken") {
                assert!(!moved["why"].as_array().unwrap().is_empty(), "who was first is said: {moved}");
            }
            *results.entry(result).or_default() += 1;
        }
    }
    println!("{CROWD} processes: {results:?}");
    assert!(promoted.values().all(|times| *times == 1), "each environment moved once: {promoted:?}");
    // Those that came second may all have been gone before the last environment opened; one more pass ends it.
    assert_eq!(project.run(&["advance"], &[]).unwrap().code, Some(0));
    for name in CHAIN {
        let status = project.status(name).unwrap();
        assert_eq!(status.pointer("/running/sha").and_then(Value::as_str), Some(newest.as_str()), "{status}");
        assert!(status["open"].is_null(), "{status}");
        let ran = project.run(&["history", name, "--json"], &[]).unwrap();
        let history: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(history["entries"].as_array().map(Vec::len), Some(1), "{history}");
    }
    for arguments in [&["verify"][..], &["verify", "--ledger"]] {
        assert_eq!(project.run(arguments, &[]).unwrap().code, Some(0));
    }
    let before = project.run(&["history", "e2", "--json"], &[]).unwrap().out;
    assert_eq!(project.run(&["advance", "--exit-code"], &[]).unwrap().code, Some(0), "nothing to do");
    assert_eq!(project.run(&["history", "e2", "--json"], &[]).unwrap().out, before);
}
