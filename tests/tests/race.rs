//! 32 processes promote different releases to one environment at once: one chain without gaps, each process is told
//! the truth, and the target is what the ledger says. Two processes with one saved plan: one is done, one conflicts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop at the first surprise, and say what they did"
)]

use promote_tests::lane_project::{LaneProject, Place, Ran};
use promote_tests::site::Site;
use std::process::Child;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-killed");
const CROWD: usize = 32;

fn end(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

fn history(project: &LaneProject, lane: &str) -> Vec<serde_json::Value> {
    let ran = project.run(&["history", lane, "-n", "200", "--json"], &[]).unwrap();
    let document: serde_json::Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    document["entries"].as_array().cloned().unwrap_or_else(|| panic!("{ran:?}"))
}

fn race(place: &Place) {
    let project = LaneProject::new(PROGRAM, place, 1, CROWD).unwrap();
    let children: Vec<Child> = project
        .releases
        .iter()
        .map(|commit| {
            let arguments = ["to", "e0", commit, "--yes", "--override", "order", "--reason", "a race"];
            project.command(&arguments, &[]).spawn().unwrap()
        })
        .collect();
    let ends: Vec<Ran> = children.into_iter().map(end).collect();
    let mut won = Vec::new();
    for (commit, ran) in project.releases.iter().zip(&ends) {
        match ran.code {
            Some(0) => won.push(commit.clone()),
            Some(6) => {}
            _ => panic!("{commit}: {ran:?}"),
        }
    }
    assert!(!won.is_empty(), "{ends:?}");
    let recorded: Vec<String> =
        history(&project, "e0").iter().filter_map(|entry| entry["sha"].as_str().map(str::to_owned)).collect();
    let mut told = won.clone();
    told.sort();
    let mut written = recorded.clone();
    written.sort();
    assert_eq!(told, written, "exactly those that were told so are in the ledger");
    let status = project.status("e0").unwrap();
    assert!(status["open"].is_null(), "{status}");
    assert_eq!(
        status.pointer("/running/sha").and_then(|sha| sha.as_str()),
        recorded.first().map(String::as_str)
    );
    for arguments in [&["verify", "e0"][..], &["verify", "--ledger"][..]] {
        let ran = project.run(arguments, &[]).unwrap();
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    println!("{CROWD} processes: {} done, {} told of a conflict", won.len(), CROWD - won.len());
}

fn one_plan(place: &Place) {
    let project = LaneProject::new(PROGRAM, place, 1, 1).unwrap();
    let ran = project.run(&["plan", "e0", &project.releases[0], "--out", "plan.json"], &[]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let children: Vec<Child> = (0..2)
        .map(|_| project.command(&["to", "e0", "--plan", "plan.json", "--yes"], &[]).spawn().unwrap())
        .collect();
    let ends: Vec<Ran> = children.into_iter().map(end).collect();
    let mut codes: Vec<Option<i32>> = ends.iter().map(|ran| ran.code).collect();
    codes.sort();
    assert_eq!(codes, [Some(0), Some(6)], "{ends:?}");
}

#[test]
fn a_crowd_on_the_local_folder() {
    race(&Place::Local);
}

#[test]
fn a_crowd_on_s3() {
    let site = Site::fresh("seaweedfs").unwrap();
    race(&site.place());
}

#[test]
fn a_crowd_on_gcs() {
    let site = Site::fresh("gcs").unwrap();
    race(&site.place());
}

#[test]
fn one_plan_twice_on_the_local_folder() {
    one_plan(&Place::Local);
}

#[test]
fn one_plan_twice_on_s3() {
    let site = Site::fresh("seaweedfs").unwrap();
    one_plan(&site.place());
}

#[test]
fn one_plan_twice_on_gcs() {
    let site = Site::fresh("gcs").unwrap();
    one_plan(&site.place());
}
