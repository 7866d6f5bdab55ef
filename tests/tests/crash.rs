//! The real command is killed (`kill -9`) at every request of a promotion, before it is sent and after it took
//! effect, on the local folder, on an S3 server and on Google Cloud Storage. Afterwards status tells the truth, and resuming by the same person,
//! by another, and rolling back each end well.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop at the first surprise, and say what they did"
)]

use promote_tests::lane_project::{LaneProject, Place, Ran};
use promote_tests::site::Site;
use std::sync::atomic::{AtomicUsize, Ordering};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-killed");

#[derive(Debug, Clone, Copy)]
enum Recovery {
    SamePerson,
    OtherPerson,
    Rollback,
}

const RECOVERIES: [Recovery; 3] = [Recovery::SamePerson, Recovery::OtherPerson, Recovery::Rollback];

fn to(project: &LaneProject, lane: &str, commit: &str, variables: &[(&str, &str)]) -> Ran {
    let arguments = [
        "to",
        lane,
        commit,
        "--yes",
        "--override",
        "order",
        "--override",
        "rolled-back",
        "--reason",
        "a crash test",
    ];
    project.run(&arguments, variables).unwrap()
}

fn running(status: &serde_json::Value) -> Option<String> {
    status.pointer("/running/sha").and_then(|sha| sha.as_str()).map(str::to_owned)
}

/// How many releases take turns.
const RELEASES: usize = 3;

/// The same on a store where only time ends a request: more than there are cases while requests are counted, since what
/// comes back within seconds is waited for and looked at once more.
const RELEASES_WAITED_FOR: usize = 24;

/// One case, with the release whose turn it is; `false` when the promotion ended before its `n`th request.
fn case(
    project: &LaneProject,
    lane: &str,
    turn: usize,
    (n, when, recovery): (usize, &str, Recovery),
) -> bool {
    let what = format!("{lane}, request {n}, {when}, {recovery:?}");
    let before = running(&project.status(lane).unwrap()).unwrap();
    let mut turns = project.releases.iter().cycle().skip(turn % project.releases.len());
    let next = turns.find(|release| **release != before).unwrap();
    let ran =
        to(project, lane, next, &[("PROMOTE_TEST_KILL", &format!("{n}:{when}")), ("PROMOTE_ACTOR", "ann")]);
    if let Some(code) = ran.code {
        assert_eq!(code, 0, "{what}: {ran:?}");
        return false;
    }
    // The truth: what is open is said to be open, and what is not is one of the two, and held by the target.
    let status = project.status(lane).unwrap();
    let open = !status["open"].is_null();
    let now = running(&status).unwrap();
    assert!(open || now == before || now == *next, "{what}: {status}");
    if !open {
        assert_eq!(project.run(&["verify", lane], &[]).unwrap().code, Some(0), "{what}");
    }
    let (arguments, actor): (&[&str], &str) = match recovery {
        Recovery::SamePerson => (&["resume", lane, "--yes", "--take-over"], "ann"),
        Recovery::OtherPerson => (&["resume", lane, "--yes", "--take-over"], "bob"),
        Recovery::Rollback => {
            (&["rollback", lane, "--yes", "--take-over", "--reason", "a crash test"], "bob")
        }
    };
    let ran = project.run(arguments, &[("PROMOTE_ACTOR", actor)]).unwrap();
    // Where nothing was left open, there may be nothing further back to go to.
    let nowhere = !open && matches!(recovery, Recovery::Rollback) && ran.code == Some(5);
    assert!(ran.code == Some(0) || nowhere, "{what}: {ran:?}");
    let status = project.status(lane).unwrap();
    assert!(status["open"].is_null(), "{what}: {status}");
    let expected = match recovery {
        _ if !open => running(&status).unwrap(),
        Recovery::Rollback => before,
        _ => next.clone(),
    };
    assert_eq!(running(&status), Some(expected), "{what}");
    let ran = project.run(&["verify", lane], &[]).unwrap();
    assert_eq!(ran.code, Some(0), "{what}: {ran:?}");
    true
}

/// Every case on this place, the lanes side by side. Returns how many there were.
fn matrix(place: &Place, lanes: usize, releases: usize) -> usize {
    let project = LaneProject::new(PROGRAM, place, lanes, releases).unwrap();
    for lane in 0..lanes {
        let ran = to(&project, &format!("e{lane}"), &project.releases[0], &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    // The number of requests is found by asking, so that a new request is covered by itself.
    let requests =
        (1..100).find(|n| !case(&project, "e0", *n, (*n, "before", Recovery::SamePerson))).unwrap() - 1;
    let cases: Vec<(usize, &str, Recovery)> = (1..=requests)
        .flat_map(|n| ["before", "after"].map(|when| (n, when)))
        .flat_map(|(n, when)| RECOVERIES.map(|recovery| (n, when, recovery)))
        .collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for lane in 0..lanes {
            let (project, cases, next) = (&project, &cases, &next);
            scope.spawn(move || {
                let turn = || next.fetch_add(1, Ordering::SeqCst);
                while let Some((turn, (n, when, recovery))) =
                    Some(turn()).and_then(|turn| Some((turn, cases.get(turn)?)))
                {
                    assert!(
                        case(project, &format!("e{lane}"), turn, (*n, when, *recovery)),
                        "request {n} was not sent"
                    );
                }
            });
        }
    });
    let ran = project.run(&["verify", "--ledger"], &[]).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    println!("{requests} requests, {} cases of kill -9, 0 violations", cases.len());
    cases.len()
}

#[test]
fn killed_at_every_request_on_the_local_folder() {
    assert!(matrix(&Place::Local, 4, RELEASES) >= 60);
}

#[test]
fn killed_at_every_request_on_s3() {
    let site = Site::fresh("seaweedfs").unwrap();
    assert!(matrix(&site.place(), 8, RELEASES_WAITED_FOR) >= 60);
}

#[test]
fn killed_at_every_request_on_gcs() {
    let site = Site::fresh("gcs").unwrap();
    // Nine requests of the promotion, since the listing tells the record, one that tells whether all is frozen, and one by
    // which the way back is looked up before it is told; one more or less is to be noticed.
    assert_eq!(matrix(&site.place(), 4, RELEASES), 11 * 2 * RECOVERIES.len());
}
