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

/// A project whose environments come one after the other and take releases by themselves, with more settings.
fn chain(more: &str) -> LaneProject {
    let project = LaneProject::new(PROGRAM, &Place::Local, CHAIN.len(), 2).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let chain = format!("environments = {CHAIN:?}");
    let text =
        text.replace(&format!("environments = [{CHAIN:?}]"), &chain).replace("auto = false", "auto = true");
    assert!(text.contains(&chain) && text.contains("auto = true"), "{text}");
    std::fs::write(&file, format!("{text}{more}")).unwrap();
    project
}

#[cfg(unix)]
#[test]
fn one_that_is_stopped_records_the_deployment_that_it_did_not_wait_for() {
    use rustix::process::{Pid, Signal, kill_process};
    let publish = ["publish", "--commit", "HEAD"];
    for (arguments, place) in [(&["advance"][..], "e1"), (&publish, "e0")] {
        let project = chain(&format!("[env.{place}]\ndeploy = \"touch begun; sleep 60\"\n"));
        if arguments == publish {
            project.git(&["commit", "-q", "--allow-empty", "-m", "feat: one more"]).unwrap();
        }
        let child = project.command(arguments, &[]).spawn().unwrap();
        let begun = project.folder.path().join("begun");
        for _ in 0..600 {
            if begun.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let ran = end(child);
        assert_eq!(ran.code, Some(130), "{ran:?}");
        println!("{}", ran.err);
        for part in [
            format!("interrupted while promoting to {place}"),
            "The ledger also records that promote stopped waiting for its deployment.".to_owned(),
            format!("promote resume {place}"),
        ] {
            assert!(ran.err.contains(&part), "{part}: {ran:?}");
        }
        let history = project.run(&["history", place, "--json"], &[]).unwrap();
        let history: Value = serde_json::from_str(&history.out).unwrap();
        assert_eq!(history["entries"][0]["result"], "interrupted", "{history}");
        assert_eq!(project.run(&["verify", "--ledger"], &[]).unwrap().code, Some(0));
    }
}

#[test]
fn eight_at_once_on_the_local_folder() {
    let project = chain("");
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
