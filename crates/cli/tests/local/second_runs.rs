//! A second run of a command on the same state ends as the first did.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

#[test]
fn publish_after_a_failed_verification_fails_again() {
    let stage = Stage::with(&format!("{CONFIG}\n[env.staging]\nverify = \"false\"\n"));
    let commit = stage.git(&["rev-parse", "HEAD"]);
    for run in 1..=3 {
        let answer = stage.run(&["publish"]).ends(ExitStatus::DeployFailed);
        assert!(answer.out.contains("staging"), "{run}: {}", answer.all());
    }
    let again = stage.run(&["publish", "--json"]).ends(ExitStatus::DeployFailed).json();
    assert_eq!(again["moves"][0]["result"], "unchanged");
    assert_eq!(again["moves"][0]["exit"], "deploy-failed");
    let why = again["moves"][0]["why"].to_string();
    assert!(why.contains("failed") && why.contains("promote resume staging"), "{why}");
    // Every other command that finds it there.
    for line in [
        &["to", "staging", &commit, "--yes"][..],
        &["to", "staging", &commit, "--yes", "--no-wait"],
        &["resume", "staging", "--yes"],
        &["advance"],
        &["advance", "staging"],
    ] {
        for _ in 0..2 {
            stage.run(line).ends(ExitStatus::DeployFailed);
        }
    }
    // Only looking is no failure.
    stage.run(&["advance", "--dry-run"]).ends(ExitStatus::Ok);
    stage.run(&["publish", "--dry-run"]).ends(ExitStatus::Ok);
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
}

#[test]
fn publish_after_a_deployment_that_timed_out_times_out_again() {
    let config = format!("{CONFIG}\n[env.staging]\nverify = {{ run = \"sleep 20\", timeout = \"1s\" }}\n");
    let stage = Stage::with(&config);
    stage.run(&["publish"]).ends(ExitStatus::Timeout);
    stage.run(&["publish"]).ends(ExitStatus::Timeout);
    stage.run(&["advance"]).ends(ExitStatus::Timeout);
}

#[test]
fn publish_after_a_release_was_put_back_ends_as_put_back() {
    let verify = "! grep -q $PROMOTE_SHA out/bad";
    let config = format!("{CONFIG}\n[env.staging]\nverify = \"{verify}\"\non-failure = \"rollback\"\n");
    let stage = Stage::with(&config);
    stage.write("out/bad", "none");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let bad = stage.commit("feat: second");
    stage.write("out/bad", &bad);
    for _ in 0..3 {
        stage.run(&["publish"]).ends(ExitStatus::RolledBack);
    }
    // A schedule leaves it be: what was there before runs, verified.
    stage.run(&["advance"]).ends(ExitStatus::Ok);
}

#[test]
fn a_move_that_was_not_waited_for_is_not_waited_for_again() {
    let config = format!("{CONFIG}\n[env.staging]\nauto = false\nverify = \"true\"\n");
    let stage = Stage::with(&config);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    for _ in 0..2 {
        stage.run(&["to", "staging", &commit, "--yes", "--no-wait"]).ends(ExitStatus::Ok);
    }
}
