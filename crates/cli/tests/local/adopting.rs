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

/// Only the time at which a file was touched tells that somebody wrote into it and set its times back; rights that were
/// changed touch it, too, and are no drift.
#[test]
fn what_was_adopted_is_known_by_its_bytes() {
    let stage = Stage::with(CONFIG);
    stage.write("deployed/prod.zip", "one");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["adopt", "prod", "--reason", "x", "--yes"]).ends(ExitStatus::Ok);
    stage.shell("chmod 600 deployed/prod.zip; cp -p deployed/prod.zip x; mv x deployed/prod.zip");
    stage.run(&["verify", "prod"]).ends(ExitStatus::Ok);
    let in_place = "f=deployed/prod.zip; touch -r $f ref; printf two | dd of=$f conv=notrunc status=none";
    stage.shell(&format!("{in_place}; touch -r ref $f"));
    let found = stage.run(&["verify", "prod"]).ends(ExitStatus::Differs);
    assert!(found.out.contains("not by promote"), "{}", found.all());
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage
        .run(&["to", "prod", &commit, "--override", "from", "--reason", "x", "--yes"])
        .ends(ExitStatus::Blocked);
}

/// Where the other artifact is of no release, the release is not known: then the folder that the pointer names is recorded.
#[test]
fn a_pointer_that_was_adopted_beside_something_unknown_is_as_recorded() {
    let stage = Stage::with(
        "project = \"shop\"\nenvironments = [\"staging\"]\nledger = \".promote/shop/\"\n\
         artifact.app = { source = \"releases/{sha}.txt\", target = \"live/{env}.txt\" }\n\
         artifact.conf = { source = \"releases/{sha}/\", target = \"live/{env}.json\" }\n\
         [env.staging]\ntier = \"test\"\nauto = false\n",
    );
    stage.write("out/a", "one");
    stage.run(&["publish", "app=out/a", "conf=out"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    let pointer = stage.read("live/staging.json");
    stage.write("live/staging.txt", "by hand");
    stage.write("live/staging.json", &pointer);
    stage.run(&["adopt", "staging", "--reason", "x", "--yes"]).ends(ExitStatus::Ok);
    for depth in [&["verify"][..], &["verify", "--bytes"]] {
        stage.run(depth).ends(ExitStatus::Ok);
    }
    stage.write("live/staging.json", "by hand");
    let found = stage.run(&["verify", "--bytes"]).ends(ExitStatus::Differs);
    assert!(found.out.contains("staging.json is not what was adopted"), "{}", found.all());
}
