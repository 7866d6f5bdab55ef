//! What is answered where nothing moves, or what was typed can't be meant: for people, and for programs that read every line.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;

fn published() -> (Stage, String) {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    (stage, commit)
}

#[test]
fn fields_are_selected_where_nothing_moves() {
    let (stage, commit) = published();
    let same =
        stage.run(&["to", "staging", &commit, "--yes", "--json=decision,result"]).ends(ExitStatus::Ok).json();
    let wanted = serde_json::json!({
        "schema": "promote/decision@1", "decision": "nothing-to-do", "result": null
    });
    assert_eq!(same, wanted);
    let refused =
        stage.run(&["to", "prod", &commit, "--yes", "--json=would_exit"]).ends(ExitStatus::Blocked).json();
    assert_eq!(refused, serde_json::json!({ "schema": "promote/decision@1", "would_exit": "blocked" }));
    stage.run(&["to", "uat", "--yes", "--json=results"]).ends(ExitStatus::Usage);
    // Who only looks gets a decision, and knows it.
    stage.run(&["to", "uat", "--dry-run", "--json=result"]).ends(ExitStatus::Usage);
}

#[test]
fn with_events_every_line_is_json_whatever_comes_of_it() {
    let (stage, commit) = published();
    for line in [
        vec!["to", "uat", "--yes"],
        vec!["to", "uat", "--yes"],
        vec!["to", "prod", &commit, "--include", "nope", "--yes"],
        vec!["rollback", "prod", "--yes"],
        vec!["unknown"],
        vec!["to", "prod", "--unknown"],
    ] {
        let answer = stage.run(&[line.as_slice(), &["--events", "--json"]].concat());
        assert!(!answer.out.is_empty(), "{line:?}");
        for one in answer.out.lines().chain(answer.err.lines()) {
            let read = serde_json::from_str::<serde_json::Value>(one);
            assert!(read.is_ok_and(|value| value.is_object()), "{line:?}: {one}");
        }
    }
}

#[test]
fn what_can_not_be_meant_is_an_error_also_where_there_is_nothing_to_do() {
    let (stage, commit) = published();
    let there = ["to", "staging", &commit, "--yes"];
    let stray = stage.run(&[there.as_slice(), &["--include", "nope"]].concat()).ends(ExitStatus::Blocked);
    assert!(stray.err.contains("no environment `nope`"), "{}", stray.err);
    let twice = stage.run(&[there.as_slice(), &["--note", "a=1", "--note", "a=2"]].concat());
    assert!(twice.ends(ExitStatus::Usage).err.contains("the note `a` is given twice"));
    stage.run(&there).ends(ExitStatus::Ok);
}

#[test]
fn a_rule_is_overridden_once_and_only_where_it_was_not_met() {
    let stage = Stage::with(&format!("{CONFIG}\n[env.uat]\nsoak = \"2d\"\n"));
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let past = ["uat", "--override", "soak,from", "--override", "soak", "--reason", "INC-123 is on"];
    let plan = stage.run(&[["plan"].as_slice(), &past].concat()).ends(ExitStatus::Ok);
    assert_eq!(plan.err.matches("--override soak").count(), 1, "{}", plan.err);
    stage.run(&[["to", "--yes"].as_slice(), &past].concat()).ends(ExitStatus::Ok);
    let history = stage.run(&["history", "uat", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(history["entries"][0]["overrides"], serde_json::json!(["soak"]), "{history}");
}

#[test]
fn a_link_in_the_place_of_a_folder_of_the_ledger_is_said_to_be_one() {
    let (stage, _) = published();
    for (folder, hint) in
        [(".promote", "put the folder itself in its place"), (".promote-store", "folder back")]
    {
        let (place, kept) = (stage.path().join(folder), stage.path().join("kept"));
        std::fs::rename(&place, &kept).unwrap();
        std::os::unix::fs::symlink(&kept, &place).unwrap();
        let told = stage.run(&["status"]).err;
        assert!(
            told.contains(&format!("`{folder}`: it is a symbolic link")) && told.contains(hint),
            "{told}"
        );
        assert!(!told.contains("broken") && !told.contains("can't be trusted"), "{told}");
        std::fs::remove_file(&place).unwrap();
        std::fs::rename(&kept, &place).unwrap();
    }
}

#[test]
fn a_folder_is_published_without_what_the_project_keeps_there() {
    let (stage, _) = published();
    stage.write("b", "two");
    stage.commit("feat: second");
    let whole = stage.run(&["publish", "."]).ends(ExitStatus::Ok);
    assert!(whole.out.contains("`.promote"), "{}", whole.out);
}

#[test]
fn a_repository_that_can_not_be_read_is_told_as_that() {
    let (stage, _) = published();
    std::fs::write(stage.path().join(".git/config"), "[broken").unwrap();
    let told = stage.run(&["publish"]);
    assert!(told.err.contains("bad config line"), "{}", told.err);
    assert!(!told.err.contains("no git repository"), "{}", told.err);
    let doctor = stage.run(&["doctor", "--json"]).json();
    assert_eq!(doctor["repository"], false);
    assert!(
        doctor["repository_problem"].as_str().is_some_and(|why| why.contains("bad config line")),
        "{doctor}"
    );
}
