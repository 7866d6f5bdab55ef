//! Beginning with a past that was made by hand.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

/// Two releases that were copied to prod by hand, through promote's own folder store, whose versions are kept.
fn by_hand() -> (Stage, [String; 2]) {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let one = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    let two = stage.commit("two");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    // The ledger is lost; the artifacts and the versions of the targets are not.
    std::fs::remove_dir_all(stage.path().join(".promote")).unwrap();
    stage.write("deployed/prod.zip", stage.read(&format!("releases/{one}.zip")));
    (stage, [one, two])
}

#[test]
fn a_lost_ledger_is_filled_from_the_versions_of_the_targets() {
    let (stage, [one, two]) = by_hand();
    let plan = stage.run(&["import", "--dry-run", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&plan["schema"], &plan["entries"]), (&"promote/import@1".into(), &5.into()), "{plan}");
    assert!(!stage.has(".promote"), "nothing was written");
    // Without a terminal nobody can agree.
    stage.run(&["import"]).ends(ExitStatus::Usage);
    let done = stage.run(&["import", "--yes", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(done["releases"].as_array().map(Vec::len), Some(2), "{done}");
    let status = stage.run(&["status", "--json"]).ends(ExitStatus::Ok).json();
    let running = |n: usize| status["environments"][n]["running"]["sha"].clone();
    assert_eq!(
        [running(0), running(1), running(2)],
        [&two, &two, &one].map(|sha| serde_json::Value::from(sha.as_str())),
        "{status}"
    );
    assert_eq!(status["environments"][2]["running"]["verified"], false, "{status}");
    let history = stage.run(&["history", "uat", "--json"]).ends(ExitStatus::Ok).json();
    let told: Vec<&str> =
        history["entries"].as_array().into_iter().flatten().filter_map(|one| one["sha"].as_str()).collect();
    assert_eq!(told, [two.as_str(), one.as_str()], "{history}");
    stage.run(&["verify"]).ends(ExitStatus::Ok);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    let again = stage.run(&["import", "--yes"]).ends(ExitStatus::Ok);
    assert!(again.out.contains("nothing to import"), "{}", again.all());
    stage.run(&["freeze", "prod", "--reason", "moving", "--yes"]).ends(ExitStatus::Ok);
    let refused = stage.run(&["import", "prod", "--yes"]).ends(ExitStatus::Conflict);
    assert!(refused.err.contains("has a history"), "{}", refused.all());
}

#[test]
fn what_nobody_knows_is_said_and_left_out() {
    let (stage, _) = by_hand();
    stage.write("deployed/prod.zip", "something else");
    let report = stage.run(&["import", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert!(report.out.contains("no release at the source has the same bytes"), "{}", report.all());
    assert!(report.out.contains("nothing to import"), "{}", report.all());
}

#[test]
fn the_first_promotion_after_an_import_is_undone_by_the_command_that_it_names() {
    let (stage, [_, two]) = by_hand();
    stage.run(&["import", "--yes"]).ends(ExitStatus::Ok);
    stage.commit("three");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    // Having moved counts as verified here; what was imported never was. The hint harness tries this line.
    let moved = stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    let undo = "`promote rollback uat --override from --reason TEXT`";
    assert!(moved.out.contains(&format!("To undo: {undo}")), "{}", moved.all());
    for line in [&["rollback", "uat", "--yes"][..], &["rollback", "uat", "--to", &two, "--yes"]] {
        let refused = stage.run(line).ends(ExitStatus::Blocked);
        assert!(refused.err.contains("never verified, and"), "{}", refused.all());
        assert!(refused.err.contains("`--override from --reason TEXT`"), "{}", refused.all());
    }
    stage.run(&["rollback", "uat", "--yes", "--override", "from", "--reason", "INC-1"]).ends(ExitStatus::Ok);
    let status = stage.run(&["status", "uat", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(status["environments"][0]["running"]["sha"], two.as_str(), "{status}");
}
