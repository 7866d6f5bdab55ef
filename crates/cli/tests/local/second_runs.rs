//! A second run of a command on the same state ends as the first did.

use crate::stage::{CONFIG, Stage, contents};
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
    // Who names it is refused by a rule, which an override goes past.
    stage.write("out/bad", "none");
    for _ in 0..2 {
        let refused = stage.run(&["to", "staging", &bad, "--yes"]).ends(ExitStatus::Blocked);
        assert!(refused.all().contains("--override rolled-back"), "{}", refused.all());
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

/// A published release, the path of its source, and what lies there.
fn published() -> (Stage, String, Vec<u8>) {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    let source = format!("releases/{}.zip", stage.git(&["rev-parse", "HEAD"]));
    let bytes = stage.read(&source);
    (stage, source, bytes)
}

#[test]
fn publish_over_other_bytes_at_its_own_source_is_refused_with_both_digests() {
    let (stage, source, bytes) = published();
    let mut other = bytes.clone();
    other.reverse();
    // As long as what was published, and as long as it is.
    for foreign in [other, b"something else".to_vec()] {
        stage.write(&source, &foreign);
        let before = contents(&stage.path());
        for line in [&["publish"][..], &["publish", "--no-move"], &["publish", "--dry-run"]] {
            let answer = stage.run(line).ends(ExitStatus::Conflict);
            assert!(answer.err.contains("something else is where release"), "{}", answer.err);
            let failure = stage.run(&[line, &["--json"]].concat()).ends(ExitStatus::Conflict).json();
            assert_eq!(failure["exit"], "conflict");
            let told = failure.to_string();
            for bytes in [&bytes, &foreign] {
                let digest = promote_core::digest::Digest::of(bytes).to_string();
                assert!(told.contains(&digest), "{line:?}: {told}");
            }
        }
        assert_eq!(contents(&stage.path()), before);
    }
    // What its hint says.
    std::fs::remove_file(stage.path().join(&source)).unwrap();
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    assert_eq!(stage.read(&source), bytes);
}

#[test]
fn publish_puts_missing_bytes_there_again_and_says_so() {
    let (stage, source, bytes) = published();
    std::fs::remove_file(stage.path().join(&source)).unwrap();
    let before = contents(&stage.path());
    let planned = stage.run(&["publish", "--dry-run"]).ends(ExitStatus::Ok);
    assert!(planned.out.contains("is not there, and would be put there again"), "{}", planned.out);
    assert_eq!(contents(&stage.path()), before);
    let again = stage.run(&["publish"]).ends(ExitStatus::Ok);
    assert!(again.out.contains("is not there, and was put there again"), "{}", again.out);
    assert_eq!((stage.read(&source), stage.read("deployed/staging.zip")), (bytes.clone(), bytes));
    let third = stage.run(&["publish"]).ends(ExitStatus::Ok);
    assert!(!third.out.contains("put there again"), "{}", third.out);
    let status = stage.run(&["verify"]).ends(ExitStatus::Ok);
    assert!(status.out.contains("matches"), "{}", status.out);
}

#[test]
fn publish_over_the_same_bytes_written_again_finds_them_published_already() {
    let (stage, source, bytes) = published();
    let new = stage.path().join("releases/new");
    std::fs::write(&new, bytes).unwrap();
    std::fs::rename(new, stage.path().join(&source)).unwrap();
    let report = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&report["new"], &report["warnings"]), (&false.into(), &serde_json::json!([])));
    let answer = stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    assert!(answer.out.contains("was published before"), "{}", answer.out);
}

#[test]
fn a_missing_source_that_can_only_be_given_is_asked_for() {
    let stage = Stage::with(CONFIG);
    stage.write("out/app", "built elsewhere");
    stage.run(&["publish", "out", "--no-move"]).ends(ExitStatus::Ok);
    let source = format!("releases/{}.zip", stage.git(&["rev-parse", "HEAD"]));
    std::fs::remove_file(stage.path().join(&source)).unwrap();
    // What is packed from the commit is another build.
    let answer = stage.run(&["publish"]).ends(ExitStatus::Conflict);
    assert!(answer.err.contains("was published with other bytes"), "{}", answer.err);
    assert!(!stage.has(&source));
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    assert!(stage.has(&source));
}
