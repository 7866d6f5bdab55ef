//! Which version a release is: one answer for rule, name, variable and view.

use crate::stage::Stage;
use promote_core::exit::ExitStatus;

const VERSIONED: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
source       = "releases/{sha}.zip"
target       = "deployed/{env}.zip"
ledger       = ".promote/shop/"

[env.prod]
target   = "deployed/{env}-{version}.zip"
versions = ">=1.4, <2"
prepare  = "echo $PROMOTE_VERSION > out-version"
"#;

fn says(stage: &Stage, line: &[&str], words: &str) {
    let answer = stage.run(line);
    assert!(answer.out.contains(words), "{line:?}: {}", answer.all());
}

#[test]
fn a_tag_that_came_after_publishing_is_the_version_in_rule_name_variable_and_view() {
    let stage = Stage::with(VERSIONED);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.git(&["tag", "v1.4.0-rc.1"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Blocked);
    stage.git(&["tag", "v1.4.0"]);
    let plan = stage.run(&["plan", "prod", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(plan["release"]["version"], "1.4.0");
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert!(stage.has("deployed/prod-1.4.0.zip"));
    assert_eq!(String::from_utf8(stage.read("out-version")).unwrap().trim(), "1.4.0");
    let status = stage.run(&["status", "--json"]).json();
    assert_eq!(status["environments"][1]["running"]["version"], "1.4.0");
    // Where it moved before, it moved under the version that it had then.
    assert_eq!(status["environments"][0]["running"]["version"], "1.4.0-rc.1");
    let entry = stage.run(&["history", "prod", "--json"]).json()["entries"][0].clone();
    assert_eq!(entry["version"], "1.4.0");
    says(&stage, &["show", &commit], "1.4.0\n");
    says(&stage, &["show", entry["promotion"].as_str().unwrap()], "1.4.0\n");
    assert_eq!(stage.run(&["publish", "--no-move", "--json"]).json()["version"], "1.4.0");
    says(&stage, &["verify", "--ledger"], "");
}

#[test]
fn a_release_that_was_tagged_only_after_publishing_has_a_version() {
    let stage = Stage::with(VERSIONED);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let refused = stage.run(&["to", "prod", "--yes"]);
    assert_ne!(refused.exit, ExitStatus::Ok, "{}", refused.all());
    stage.git(&["tag", "v1.5.0"]);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert!(stage.has("deployed/prod-1.5.0.zip"));
    // Nothing to do afterwards, and a deleted tag changes no name of what is there.
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn of_several_tags_the_highest_stable_one_is_the_version() {
    let stage = Stage::with(VERSIONED);
    for tag in ["2.0.0-beta", "v1.10.0", "v1.9.0", "nightly"] {
        stage.git(&["tag", tag]);
    }
    let published = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(published["version"], "1.10.0");
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert!(stage.has("deployed/prod-1.10.0.zip"));
    assert_eq!(String::from_utf8(stage.read("out-version")).unwrap().trim(), "1.10.0");
}

#[test]
fn a_target_name_that_was_used_for_other_bytes_is_refused() {
    let stage = Stage::with(VERSIONED);
    let first = stage.git(&["rev-parse", "HEAD"]);
    stage.git(&["tag", "v1.4.0"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    let bytes = stage.read("deployed/prod-1.4.0.zip");
    let second = stage.commit("feat: second");
    stage.git(&["tag", "--force", "v1.4.0"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    for line in [
        &["to", "prod", "--yes"][..],
        &["to", "prod", &second, "--yes", "--override", "drift", "--reason", "it must be"],
    ] {
        let answer = stage.run(line).ends(ExitStatus::Conflict);
        assert!(answer.err.contains("was used for other bytes before"), "{}", answer.err);
        // No way is named that is closed.
        assert!(!answer.err.contains("--override drift"), "{}", answer.err);
        assert!(answer.err.contains(&format!("`git tag v1.4.1 {}`", &second[..12])), "{}", answer.err);
    }
    for line in [&["plan", "prod"][..], &["explain", "prod"], &["to", "prod", "--dry-run"]] {
        let answer = stage.run(line);
        assert!(answer.out.contains("was used for other bytes before"), "{line:?}: {}", answer.all());
        assert!(!answer.all().contains("no record accounts for"), "{line:?}: {}", answer.all());
        assert!(answer.all().contains("git tag v1.4.1"), "{line:?}: {}", answer.all());
    }
    assert_eq!(stage.read("deployed/prod-1.4.0.zip"), bytes);
    // Another version is another name; the release that was there may come back under its own.
    stage.git(&["tag", "--delete", "v1.4.0"]);
    stage.git(&["tag", "v1.4.0", &first]);
    stage.git(&["tag", "v1.4.1", &second]);
    // What was published as 1.4.0 stays known; the higher one counts.
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert_ne!(stage.read("deployed/prod-1.4.1.zip"), bytes);
    stage.run(&["to", "prod", &second, "--redeploy", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn where_a_release_lies_is_settled_when_it_is_published() {
    let config = VERSIONED.replace("releases/{sha}.zip", "releases/{version}-{sha:8}.zip");
    let stage = Stage::with(&config);
    stage.git(&["tag", "v1.4.0-rc.1"]);
    stage.run(&["pack", "--out", "out.zip"]).ends(ExitStatus::Ok);
    stage.run(&["publish", "out.zip"]).ends(ExitStatus::Ok);
    stage.git(&["tag", "v1.4.0"]);
    stage.run(&["publish", "out.zip"]).ends(ExitStatus::Ok);
    let sources = std::fs::read_dir(stage.path().join("releases")).unwrap().count();
    assert_eq!(sources, 1, "the same release is not put in place a second time");
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert!(stage.has("deployed/prod-1.4.0.zip"));
}

#[test]
fn an_untagged_release_is_blocked_with_the_way_on_where_the_target_needs_a_version() {
    let config = r#"
project      = "shop"
environments = ["staging", "prod", "mirror"]
source       = "releases/{sha}.zip"
target       = "deployed/{env}.zip"
ledger       = ".promote/shop/"
[env.prod]
target = "deployed/{env}-{version}.zip"
auto   = true
[env.mirror]
from = "staging"
auto = true
"#;
    let stage = Stage::with(config);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let tag = format!("`git tag vX.Y.Z {}`", &commit[..12]);
    for (line, exit) in [
        (&["plan", "prod"][..], ExitStatus::Ok),
        (&["plan", "prod", "--exit-code"], ExitStatus::Blocked),
        (&["explain", "prod"], ExitStatus::Ok),
        (&["to", "prod", "--dry-run"], ExitStatus::Blocked),
        (&["to", "prod", "--yes"], ExitStatus::Blocked),
        (&["to", "prod", "--yes", "--override", "versions", "--reason", "INC-1"], ExitStatus::Blocked),
    ] {
        let answer = stage.run(line).ends(exit);
        let told = answer.all();
        assert!(told.contains("target-name") && told.contains("has no version"), "{line:?}: {told}");
        assert!(told.contains(&tag), "{line:?}: {told}");
    }
    // The others go on.
    let report = stage.run(&["advance", "--json"]).ends(ExitStatus::Ok).json();
    let result = |name: &str| {
        let all = report["environments"].as_array().unwrap();
        let found = all.iter().find(|one| one["environment"] == name).unwrap();
        (found["result"].as_str().unwrap().to_owned(), found["exit"].as_str().unwrap().to_owned())
    };
    assert_eq!(result("prod"), ("blocked".to_owned(), "blocked".to_owned()));
    assert_eq!(result("mirror").0, "promoted");
    stage.run(&["status"]).ends(ExitStatus::Ok);
    // The way that was named.
    stage.git(&["tag", "v1.0.0", &commit]);
    stage.run(&["advance"]).ends(ExitStatus::Ok);
    assert!(stage.has("deployed/prod-1.0.0.zip"));
}

#[test]
fn what_lies_under_a_versions_name_is_compared_by_verify_and_status() {
    let stage = Stage::with(VERSIONED);
    stage.git(&["tag", "v1.4.0"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    let target = |line: &[&str], exit| stage.run(line).ends(exit).json()["targets"][0].clone();
    let found = target(&["verify", "prod", "--json"], ExitStatus::Ok);
    assert_eq!(found["target"], "deployed/prod-1.4.0.zip");
    // A tag that comes later changes nothing of where it lies.
    stage.git(&["tag", "v1.5.0"]);
    assert_eq!(target(&["verify", "prod", "--json"], ExitStatus::Ok), found);
    stage.write("deployed/prod-1.4.0.zip", "by hand");
    let found = target(&["verify", "prod", "--json"], ExitStatus::Differs);
    assert_eq!(found["matches"], false);
    assert_eq!(stage.run(&["status", "prod", "--json"]).json()["environments"][0]["standing"], "drift");
    std::fs::remove_file(stage.path().join("deployed/prod-1.4.0.zip")).unwrap();
    stage.run(&["verify", "prod"]).ends(ExitStatus::Differs);
    assert_eq!(stage.run(&["status", "prod", "--json"]).json()["environments"][0]["standing"], "drift");
}

#[test]
fn what_comes_back_lies_under_the_name_that_it_had() {
    let stage = Stage::with(&VERSIONED.replace(">=1.4, <2", ">=1.4.0-0, <2"));
    stage.git(&["tag", "v1.4.0-rc.1"]);
    let first = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let moved = ["to", "prod", "--yes", "--override", "versions", "--reason", "a trial"];
    stage.run(&moved).ends(ExitStatus::Ok);
    let bytes = stage.read("deployed/prod-1.4.0-rc.1.zip");
    stage.commit("feat: second");
    stage.git(&["tag", "v1.5.0"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    // The first one is called otherwise by now; who goes back means what was there.
    stage.git(&["tag", "v1.4.0", &first]);
    let plan = stage.run(&["rollback", "prod", "--dry-run", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(plan["moves"][0]["target"], "deployed/prod-1.4.0-rc.1.zip", "{plan}");
    stage.run(&["rollback", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert!(!stage.has("deployed/prod-1.4.0.zip"));
    assert_eq!(stage.read("deployed/prod-1.4.0-rc.1.zip"), bytes);
    let status = stage.run(&["status", "prod", "--json"]).json();
    assert_eq!(status["environments"][0]["running"]["version"], "1.4.0-rc.1");
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    // Moved forward, it takes the name that it has now.
    let again = ["to", "prod", &first, "--redeploy", "--yes"];
    stage.run(&again).ends(ExitStatus::Ok);
    assert!(stage.has("deployed/prod-1.4.0.zip"));
}

#[test]
fn a_status_judges_by_the_tags_of_now_as_a_plan_does() {
    let stage = Stage::with(VERSIONED);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let next = || stage.run(&["status", "--json"]).json()["environments"][1]["next"].clone();
    assert_eq!(next()["ready"], false, "it has no version yet: {}", next());
    stage.git(&["tag", "v1.5.0"]);
    assert_eq!(next()["ready"], true, "{}", next());
    stage.run(&["plan", "prod"]).ends(ExitStatus::Ok);
    // One that the rule `versions` does not let through says so there, too.
    stage.git(&["tag", "v3.0.0"]);
    assert_eq!(next()["ready"], false, "{}", next());
}
