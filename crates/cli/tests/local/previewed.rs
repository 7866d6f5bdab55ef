//! `promote publish --dry-run` ends as the publication would, for whatever is given and whatever was published before.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::os::unix::fs::symlink;

/// A commit with a folder, links to it, what a build left, and files that can't be published.
fn project(folders: bool) -> Stage {
    let config = if folders {
        CONFIG.replace("{sha}.zip", "{sha}/").replace("{env}.zip", "{env}/")
    } else {
        CONFIG.into()
    };
    let stage = Stage::with(&config);
    stage.write(".gitignore", "/releases\n/deployed\n/.promote*\n/build\n/broken.zip\n");
    stage.write("site/a.txt", "a");
    stage.write("site/sub/b.txt", "b");
    let link = |to: &str, name: &str| symlink(to, stage.path().join(name)).unwrap();
    link("site", "linked");
    link("build/site", "built");
    link("nowhere", "dangling");
    link("site/a.txt", "one.txt");
    stage.commit("feat: a site");
    stage.write("build/site/a.txt", "built");
    stage.write("build/other/a.txt", "other");
    stage.write("build/bad/a\\b", "x");
    stage.write("broken.zip", "no zip");
    stage
}

/// What is given, and how publishing it ends: at first, and once `site` is published.
const GIVEN: [(&str, ExitStatus, ExitStatus); 12] = [
    ("site", ExitStatus::Ok, ExitStatus::Ok),
    ("linked", ExitStatus::Ok, ExitStatus::Ok),
    ("linked/", ExitStatus::Ok, ExitStatus::Ok),
    ("linked/sub", ExitStatus::Ok, ExitStatus::Conflict),
    ("built", ExitStatus::Ok, ExitStatus::Conflict),
    ("build/other", ExitStatus::Ok, ExitStatus::Conflict),
    ("build/bad", ExitStatus::Usage, ExitStatus::Usage),
    ("build/none", ExitStatus::Missing, ExitStatus::Missing),
    ("dangling", ExitStatus::Missing, ExitStatus::Missing),
    ("nofile", ExitStatus::Missing, ExitStatus::Missing),
    ("a=site", ExitStatus::Missing, ExitStatus::Missing),
    ("main=linked", ExitStatus::Ok, ExitStatus::Ok),
];

#[test]
fn a_dry_run_ends_as_the_publication_does_and_with_the_same_words() {
    for folders in [true, false] {
        for (given, first, later) in GIVEN {
            let stage = project(folders);
            ends_alike(&stage, given, first);
            let stage = project(folders);
            stage.run(&["publish", "site", "--no-move"]).ends(ExitStatus::Ok);
            ends_alike(&stage, given, later);
        }
    }
    let stage = project(false);
    ends_alike(&stage, "broken.zip", ExitStatus::Usage);
    ends_alike(&stage, "one.txt", ExitStatus::Usage);
}

#[track_caller]
fn ends_alike(stage: &Stage, given: &str, exit: ExitStatus) {
    let would = stage.run(&["publish", given, "--dry-run", "--json"]);
    let done = stage.run(&["publish", given, "--no-move", "--json"]);
    assert_eq!((would.exit, done.exit), (exit, exit), "{given}: {}{}", would.all(), done.all());
    let (would_say, done_say) = (would.json(), done.json());
    let told = ["exit", "message", "state", "causes", "hints", "artifacts", "warnings", "new"];
    for name in told {
        let alike = would_say[name] == done_say[name];
        assert!(alike, "{given}: {name}: {} and {}", would_say[name], done_say[name]);
    }
}

#[test]
fn a_build_is_not_run_to_look() {
    let stage = Stage::with(&format!("{}[pack]\nbuild = \"touch ran\"\n", CONFIG.trim_start()));
    let report = stage.run(&["publish", "--dry-run", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["artifacts"][0]["digest"], serde_json::Value::Null, "{report}");
    assert!(!stage.has("ran"));
}
