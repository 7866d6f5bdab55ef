//! Recording what is in an environment.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

#[test]
fn what_was_copied_by_hand_can_be_adopted_as_the_release_that_it_is() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.write("deployed/prod.zip", stage.read(&format!("releases/{commit}.zip")));
    stage.run(&["verify", "prod"]).ends(ExitStatus::Differs);
    // What would be recorded is said before it is.
    let said = stage.run(&["adopt", "prod", "--reason", "x", "--dry-run"]).ends(ExitStatus::Ok);
    let would = format!("prod has {}, which would be recorded; nothing was changed", &commit[..7]);
    assert!(said.out.contains(&would), "{said:?}");
    let report = stage.run(&["adopt", "prod", "--as", &commit[..7], "--reason", "x", "--yes", "--json"]);
    let report = report.ends(ExitStatus::Ok).json();
    assert_eq!((&report["schema"], &report["sha"]), (&"promote/adopt@1".into(), &commit.as_str().into()));
    stage.run(&["verify", "prod"]).ends(ExitStatus::Ok);
}

#[test]
fn what_is_not_that_release_is_not_adopted_as_it() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["adopt", "prod", "--reason", "x", "--yes"]).ends(ExitStatus::Missing);
    stage.write("deployed/prod.zip", "something else");
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["adopt", "prod", "--as", &commit, "--reason", "x", "--yes"]).ends(ExitStatus::Conflict);
    // Without a terminal nobody can agree.
    stage.run(&["adopt", "prod", "--reason", "x"]).ends(ExitStatus::Usage);
    let report =
        stage.run(&["adopt", "prod", "--reason", "x", "--yes", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["sha"], serde_json::Value::Null);
}

#[test]
fn adopting_what_is_recorded_says_that_there_is_nothing_to_adopt_and_keeps_it_verified() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    for flag in ["--yes", "--dry-run"] {
        let said = stage.run(&["adopt", "staging", flag, "--reason", "x"]).ends(ExitStatus::Ok);
        assert!(said.out.contains("nothing to adopt"), "{said:?}");
    }
    let report =
        stage.run(&["adopt", "staging", "--reason", "x", "--yes", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&report["unchanged"], &report["entry"]), (&true.into(), &serde_json::Value::Null));
    let shown = stage.run(&["status", "staging", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(shown["environments"][0]["standing"], "verified");
}
