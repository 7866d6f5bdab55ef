//! What is published is the commit's: bytes from a work tree that is not it are refused, or the release says so.

use crate::stage::{Answer, CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;

const BUILD: &str = r#"
[pack]
build = "mkdir -p out && cp message.txt out/app && if [ -e spill ]; then cp spill message.txt; fi"
include = ["out"]
root = "out"
"#;

fn built() -> Stage {
    Stage::with(&format!("{CONFIG}{BUILD}"))
}

/// Refused as a dirty tree, with the file named, and nothing was written.
#[track_caller]
fn refused(stage: &Stage, line: &[&str], named: &str) -> Answer {
    let before = contents(&stage.path());
    let answer = stage.run(line).ends(ExitStatus::Usage);
    assert!(answer.err.contains(named) && answer.err.contains("--allow-dirty"), "{}", answer.err);
    assert!(answer.err.contains("Nothing was published"), "{}", answer.err);
    assert_eq!(contents(&stage.path()), before, "{line:?}");
    answer
}

#[test]
fn a_build_with_an_uncommitted_edit_is_refused_unless_allowed_and_every_view_says_so() {
    let stage = built();
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.write("message.txt", "an edit that nobody committed");
    refused(&stage, &["publish"], "message.txt");
    refused(&stage, &["publish", "--dry-run"], "message.txt");
    // Whoever packs alone to publish the file meets the same gate.
    refused(&stage, &["pack", "--out", "a.zip"], "message.txt");

    let published = stage.run(&["publish", "--allow-dirty", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(published["allowed"]["dirty"]["files"], serde_json::json!(["message.txt"]));
    assert_eq!(published["allowed"]["dirty"]["count"], 1);
    let manifest: serde_json::Value =
        serde_json::from_slice(&stage.read(&format!(".promote/shop/releases/{commit}/manifest.json")))
            .unwrap();
    assert_eq!(manifest["allowed"], serde_json::json!({"dirty": {"files": ["message.txt"], "count": 1}}));

    let says = |line: &[&str], words: &str| {
        let answer = stage.run(line).ends(ExitStatus::Ok);
        assert!(answer.out.contains(words), "{line:?}: {}", answer.all());
    };
    says(&["publish", "--allow-dirty"], "dirty: 1 file differs: message.txt");
    says(&["show", &commit], "dirty: 1 file differs: message.txt");
    says(&["status"], "was published dirty");
    says(&["plan", "uat"], "[dirty]");
    says(&["history", "staging"], "dirty");
    let entry = stage.run(&["history", "staging", "--json"]).json()["entries"][0].clone();
    assert_eq!(entry["allowed"], serde_json::json!(["dirty"]));
    says(&["show", entry["promotion"].as_str().unwrap()], "dirty");
    let running = stage.run(&["status", "staging", "--json"]).json()["environments"][0]["running"].clone();
    assert_eq!(running["allowed"], serde_json::json!(["dirty"]));
    let plan = stage.run(&["plan", "uat", "--json"]).json();
    assert_eq!(plan["release"]["allowed"], serde_json::json!(["dirty"]));
    // The tidy tree afterwards does not make the bytes tidy, and nobody is told that they are.
    stage.git(&["checkout", "--quiet", "message.txt"]);
    for line in [&["publish"][..], &["publish", "--no-move"], &["publish", "--dry-run"]] {
        let answer = stage.run(line).ends(ExitStatus::Conflict);
        assert!(answer.err.contains("was published with `--allow-dirty`"), "{}", answer.err);
        assert!(answer.err.contains("1 file differs: message.txt"), "{}", answer.err);
    }
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    says(&["status"], "uat: ");
    // Every view, for machines as well.
    for line in [
        &["status", "--format", "plain"][..],
        &["show", &commit, "--format", "plain"],
        &["show", &commit[..7]],
        &["diff", "staging", "uat"],
        &["diff", "staging", "uat", "--format", "plain"],
        &["verify"],
        &["verify", "--format", "plain"],
        &["history", "--format", "plain"],
    ] {
        let answer = stage.run(line).ends(ExitStatus::Ok);
        assert!(answer.out.contains("dirty"), "{line:?}: {}", answer.all());
    }
    let found = stage.run(&["verify", "--json"]).json();
    assert_eq!(found["targets"][0]["recorded"]["allowed"], serde_json::json!(["dirty"]));
    let found = stage.run(&["diff", "staging", "uat", "--json"]).json();
    assert_eq!(found["left"]["release"]["allowed"], serde_json::json!(["dirty"]));
    says(&["verify", "--ledger"], "");
    let next = stage.commit("feat: second");
    let clean = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(
        (&clean["sha"], &clean["allowed"]["dirty"]),
        (&next.as_str().into(), &serde_json::Value::Null)
    );
    assert!(!stage.run(&["status"]).out.contains("staging: "), "the clean release is not called dirty");
    // Beside the clean one, the dirty one is told.
    let differs = stage.run(&["diff", "uat", "staging", "--format", "plain"]);
    assert!(differs.out.contains("[dirty]"), "{}", differs.all());
    let rows = stage.run(&["status", "--format", "plain"]).out;
    let marked: Vec<bool> = rows.lines().map(|row| row.contains("[dirty]")).collect();
    assert_eq!(marked, [false, true, false], "{rows}");
}

#[test]
fn a_build_for_another_commit_than_the_one_checked_out_is_refused_unless_allowed() {
    let stage = built();
    let old = stage.git(&["rev-parse", "HEAD"]);
    let new = stage.commit("feat: second");
    let answer = refused(&stage, &["publish", "--commit", &old], "the work tree is at");
    assert!(answer.err.contains(&format!("git switch --detach {}", &old[..12])), "{}", answer.err);
    let report = stage.run(&["publish", "--commit", &old, "--allow-dirty", "--no-move", "--json"]);
    let report = report.ends(ExitStatus::Ok).json();
    assert_eq!(report["allowed"]["dirty"]["at"], new);
    let shown = stage.run(&["show", &old]).ends(ExitStatus::Ok);
    assert!(shown.out.contains(&format!("the work tree was at {}", &new[..12])), "{}", shown.out);
}

#[test]
fn every_kind_of_change_to_a_file_in_git_counts_and_what_is_not_in_git_does_not() {
    type Change = (&'static str, fn(&Stage));
    let changes: [Change; 5] = [
        ("staged", |stage| {
            stage.write("message.txt", "staged");
            stage.git(&["add", "message.txt"]);
        }),
        ("deleted", |stage| std::fs::remove_file(stage.path().join("lib.txt")).unwrap()),
        ("new in the index", |stage| {
            stage.write("new.txt", "new");
            stage.git(&["add", "new.txt"]);
        }),
        ("hidden from git status", |stage| {
            stage.git(&["update-index", "--assume-unchanged", "lib.txt"]);
            stage.write("lib.txt", "a local change");
            assert_eq!(stage.git(&["status", "--porcelain"]), "");
        }),
        ("skipped", |stage| {
            stage.git(&["update-index", "--skip-worktree", "lib.txt"]);
            stage.write("lib.txt", "a local change");
            assert_eq!(stage.git(&["status", "--porcelain"]), "");
        }),
    ];
    for (name, change) in changes {
        let stage = built();
        stage.write("lib.txt", "lib");
        stage.commit("feat: second");
        change(&stage);
        let answer = stage.run(&["publish", "--no-move"]);
        assert_eq!(answer.exit, ExitStatus::Usage, "{name}: {}", answer.all());
        assert!(answer.err.contains("1 file differs"), "{name}: {}", answer.err);
    }
    let stage = built();
    stage.write("notes.txt", "not in git");
    stage.write("out/old", "what an earlier build left");
    // Line ends are the checkout's matter, and so is a time stamp.
    stage.git(&["config", "core.autocrlf", "true"]);
    stage.write("message.txt", "feat: first");
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
}

#[test]
fn a_build_that_changes_files_in_git_is_refused_and_so_is_its_second_run() {
    let stage = built();
    stage.write("spill", "what the build writes over a file in git");
    let answer = stage.run(&["publish"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("the build changed files that are in git"), "{}", answer.err);
    assert!(answer.err.contains("message.txt") && !stage.has(".promote"), "{}", answer.err);
    refused(&stage, &["publish"], "message.txt");
}

#[test]
fn more_files_than_fit_are_counted_and_their_names_are_harmless() {
    let stage = built();
    for number in 0..12 {
        stage.write(&format!("file-{number:02}"), "first");
    }
    stage.write("a\u{1b}[31mred", "first");
    stage.commit("feat: second");
    for number in 0..12 {
        stage.write(&format!("file-{number:02}"), "second");
    }
    stage.write("a\u{1b}[31mred", "second");
    let answer = stage.run(&["publish"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("13 files differ") && answer.err.contains("and 3 more"), "{}", answer.err);
    assert!(!answer.err.contains("\u{1b}[31mred"), "{:?}", answer.err);
}

#[test]
fn files_in_git_that_are_given_by_path_must_be_the_commits() {
    let config = r#"
project = "shop"
environments = ["staging"]
ledger = ".promote/shop/"
[artifact.config]
source = "releases/{sha}/"
target = "live/{env}/"
"#;
    let stage = Stage::with(config);
    stage.write("config/app.yaml", "a: 1\n");
    let first = stage.commit("feat: config");
    stage.write("config/app.yaml", "a: 2\n");
    refused(&stage, &["publish", "config"], "config/app.yaml");
    stage.git(&["checkout", "--quiet", "config"]);
    stage.write("message.txt", "an edit that is no part of what is given");
    stage.run(&["publish", "config", "--no-move"]).ends(ExitStatus::Ok);
    // The folder of another commit is not this one's, checked out or not.
    stage.write("config/app.yaml", "a: 3\n");
    let second = stage.commit("feat: other config");
    stage.write("config/app.yaml", "a: 1\n");
    stage.commit("feat: back");
    refused(&stage, &["publish", "config", "--commit", &second], "config/app.yaml");
    stage.run(&["publish", "config", "--commit", &first, "--no-move"]).ends(ExitStatus::Ok);
    let report = stage.run(&["publish", "config", "--commit", &second, "--allow-dirty", "--json"]);
    assert_eq!(report.ends(ExitStatus::Ok).json()["allowed"]["dirty"]["count"], 1);
}

#[test]
fn files_that_git_does_not_know_make_a_folder_dirty_of_which_it_knows_others() {
    for (source, target) in [("releases/{sha}/", "live/{env}/"), ("releases/{sha}.zip", "live/{env}.zip")] {
        let config = format!(
            "project = \"shop\"\nenvironments = [\"staging\"]\nledger = \".promote/shop/\"\n\
             [artifact.config]\nsource = \"{source}\"\ntarget = \"{target}\"\n"
        );
        let stage = Stage::with(&config);
        stage.write("config/app.yaml", "a: 1\n");
        stage.write("config/deep/b.yaml", "b: 1\n");
        stage.write(".gitignore", "*.local\n");
        stage.write("dist/.gitkeep", "");
        stage.commit("feat: config");
        for stray in ["config/new.yaml", "config/deep/new.yaml", "config/app.local"] {
            stage.write(stray, "nobody committed it");
            refused(&stage, &["publish", "config"], stray);
            refused(&stage, &["publish", "config/", "--dry-run"], stray);
            std::fs::remove_file(stage.path().join(stray)).unwrap();
        }
        // What is made from the commit lies in a folder that is in git for being there, or not at all.
        stage.write("dist/app", "built");
        stage.write("out/app", "built");
        for folder in ["dist", "out"] {
            stage.run(&["publish", folder, "--dry-run"]).ends(ExitStatus::Ok);
        }
        stage.write("config/app.local", "let through");
        let report = stage.run(&["publish", "config", "--allow-dirty", "--json"]).ends(ExitStatus::Ok).json();
        assert_eq!(report["allowed"]["dirty"]["files"], serde_json::json!(["config/app.local"]));
    }
}

#[test]
fn build_output_that_is_included_is_of_the_work_tree_it_was_made_in() {
    let stage = Stage::with(&format!("{CONFIG}\n[pack]\ninclude = [\"out\"]\nroot = \"out\"\n"));
    stage.write("out/app", "made before");
    stage.write("message.txt", "an edit");
    refused(&stage, &["publish"], "message.txt");
    stage.run(&["publish", "--allow-dirty"]).ends(ExitStatus::Ok);
}

#[test]
fn a_filter_that_the_repository_configures_does_not_run() {
    let stage = built();
    stage.write(".gitattributes", "*.dat filter=evil\n");
    stage.write("x.dat", "x");
    stage.commit("feat: second");
    stage.git(&["config", "filter.evil.clean", "touch ran; cat"]);
    stage.write("x.dat", "y");
    refused(&stage, &["publish"], "x.dat");
    assert!(!stage.has("ran"));
}
