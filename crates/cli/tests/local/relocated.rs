//! A `target` that was changed in the file after something was put at the old place: nothing is told as checked, or as taken
//! back, that nobody looked at.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;
use std::fs;

const OLD: &str = "deployed/{env}.zip";
const NEW: &str = "elsewhere/{env}.zip";

fn named(target: &str) -> String {
    format!("{}\n[env.uat]\nauto = false\n", CONFIG.replace(OLD, target).trim_start())
}

/// Two releases were put in uat at the old place, one after the other, and the file names another place now.
fn relocated() -> (Stage, [String; 2]) {
    let stage = Stage::with(&named(OLD));
    let mut commits = Vec::new();
    for subject in ["feat: one", "feat: two"] {
        commits.push(stage.commit(subject));
        stage.run(&["publish"]).ends(ExitStatus::Ok);
        stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    }
    stage.run(&["verify"]).ends(ExitStatus::Ok);
    stage.write("promote.toml", named(NEW));
    (stage, commits.try_into().unwrap())
}

#[test]
fn a_target_that_moved_in_the_file_is_a_finding_wherever_the_lane_is_looked_at() {
    let (stage, [_, second]) = relocated();
    let said = stage.run(&["verify", "uat"]).ends(ExitStatus::Differs);
    for place in ["`deployed/uat.zip`", "`elsewhere/uat.zip`", "contains what is recorded"] {
        assert!(said.out.contains(place), "{place}: {}", said.all());
    }
    assert!(!said.out.contains("as recorded"), "{}", said.all());
    let line = format!("`promote to uat {}`", &second[..7]);
    assert!(said.err.contains(&line) && !said.err.contains("adopt"), "{}", said.all());
    let report = stage.run(&["verify", "uat", "--json"]).json();
    let target = &report["targets"][0];
    assert_eq!((&target["matches"], &target["recorded_at"]), (&false.into(), &"deployed/uat.zip".into()));
    // What lies at the old place is looked at.
    fs::remove_file(stage.path().join("deployed/uat.zip")).unwrap();
    let said = stage.run(&["verify", "uat"]).ends(ExitStatus::Differs);
    assert!(said.out.contains("`deployed/uat.zip` is gone"), "{}", said.all());
    let status = stage.run(&["status", "uat"]).ends(ExitStatus::Ok);
    assert!(status.out.contains("the target moved") && status.out.contains("deployed/uat.zip"), "{status:?}");
    let plan = stage.run(&["plan", "uat", &second, "--json"]).ends(ExitStatus::Ok).json();
    let rules = plan["rules"].as_array().unwrap();
    let drift = rules.iter().find(|rule| rule["rule"] == "drift").unwrap();
    assert!(drift["detail"].as_str().unwrap().contains("the target moved"), "{drift}");
    // What is recorded may be brought to the new place, and all is well.
    stage.run(&["to", "uat", &second, "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["verify", "uat"]).ends(ExitStatus::Ok);
}

#[test]
fn nothing_goes_back_while_the_file_names_another_place_than_the_ledger() {
    let (stage, [first, _]) = relocated();
    let before = contents(&stage.path());
    let back = ["rollback", "uat", "--to", &first, "--yes"];
    for line in [&back[..], &["rollback", "uat", "--yes"], &["rollback", "uat", "--dry-run"]] {
        let said = stage.run(line).ends(ExitStatus::Blocked);
        assert!(said.all().contains("`deployed/uat.zip`"), "{line:?}: {}", said.all());
        assert!(said.all().contains("`elsewhere/uat.zip`"), "{line:?}: {}", said.all());
        assert!(said.all().contains("put the `target` of the ledger back"), "{line:?}: {}", said.all());
    }
    assert_eq!(contents(&stage.path()), before);
    // The way on that is named.
    stage.write("promote.toml", named(OLD));
    stage.run(&["rollback", "uat", "--yes"]).ends(ExitStatus::Ok);
    let put = stage.read(&format!("releases/{first}.zip"));
    assert_eq!(stage.read("deployed/uat.zip"), put);
}

#[test]
fn a_first_release_is_not_undone_at_a_place_where_it_never_was() {
    let verified = "verify = [\"false\"]\n";
    let with = |target: &str| format!("{}{verified}", named(target));
    let stage = Stage::with(&with(OLD));
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::DeployFailed);
    stage.write("promote.toml", with(NEW));
    let before = contents(&stage.path());
    let said = stage.run(&["rollback", "uat", "--yes"]).ends(ExitStatus::Blocked);
    assert!(said.all().contains("`deployed/uat.zip`"), "{}", said.all());
    assert_eq!(contents(&stage.path()), before);
    stage.write("promote.toml", with(OLD));
    stage.run(&["rollback", "uat", "--yes"]).ends(ExitStatus::Ok);
    assert!(!stage.has("deployed/uat.zip"));
}

#[test]
fn an_artifact_that_the_file_has_no_more_is_not_left_behind_in_silence() {
    let two = "
project      = \"shop\"
environments = [\"staging\", \"uat\"]
ledger       = \".promote/shop/\"

[artifact.app]
source = \"releases/{sha}.app\"
target = \"deployed/{env}.app\"

[artifact.web]
source = \"releases/{sha}.web\"
target = \"deployed/{env}.web\"
";
    let stage = Stage::with(two);
    stage.write("out.bin", "x");
    let publish = ["publish", "app=out.bin", "web=out.bin"];
    stage.run(&publish).ends(ExitStatus::Ok);
    stage.write("promote.toml", two.split("[artifact.web]").next().unwrap());
    let said = stage.run(&["verify", "staging"]).ends(ExitStatus::Differs);
    assert!(said.out.contains("`deployed/staging.web`"), "{}", said.all());
    assert!(said.out.contains("the file names no target for it"), "{}", said.all());
}
