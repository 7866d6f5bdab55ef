//! Beginning a project and looking at it: init, check, config, doctor, completions, manual pages.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;

#[test]
fn init_writes_a_file_that_works_and_never_overwrites_one() {
    let stage = Stage::bare();
    let flags = ["init", "--project", "shop", "--environments", "staging,prod", "--place", "releases"];
    stage.run(&[&flags[..], &["--dry-run"]].concat()).ends(ExitStatus::Ok);
    assert!(!stage.has("promote.toml"));
    stage.run(&[&flags[..], &["--begin"]].concat()).ends(ExitStatus::Ok);
    assert!(stage.has(".promote/shop/ledger.json"));
    stage.run(&["check"]).ends(ExitStatus::Ok);
    let written = stage.read("promote.toml");
    let again = stage.run(&flags).ends(ExitStatus::Usage);
    assert!(again.err.contains("exists already"), "{}", again.err);
    assert_eq!(stage.read("promote.toml"), written);
}

#[test]
fn init_asks_where_there_is_a_terminal_and_names_the_flag_where_there_is_none() {
    let mut stage = Stage::bare();
    let answer = stage.run(&["init", "--project", "shop"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("`--environments`"), "{}", answer.err);
    stage.terminal = true;
    for line in ["billing", "staging, prod", "s3://acme-releases/billing/"] {
        stage.types(line);
    }
    stage.run(&["init"]).ends(ExitStatus::Ok);
    let text = String::from_utf8(stage.read("promote.toml")).unwrap();
    assert!(text.contains("project      = \"billing\""), "{text}");
    assert!(text.contains("source = \"s3://acme-releases/billing/{sha}.zip\""), "{text}");
    let shown = stage.run(&["config", "show"]).ends(ExitStatus::Ok);
    assert!(shown.out.contains("s3://acme-releases/.promote/billing/"), "{}", shown.out);
}

#[test]
fn init_takes_a_repository_of_images_for_one() {
    for (place, images) in [
        ("ghcr.io/acme/app", true),
        ("localhost:5000/app/", true),
        ("localhost/app", true),
        ("releases/app", false),
        ("./out.d/app", false),
        ("s3://acme.io/app", false),
    ] {
        let stage = Stage::bare();
        let flags = ["init", "--project", "shop", "--environments", "staging,prod", "--place", place];
        stage.run(&flags).ends(ExitStatus::Ok);
        let text = String::from_utf8(stage.read("promote.toml")).unwrap();
        let place = place.trim_end_matches('/');
        if images {
            assert!(text.contains(&format!("source = \"{place}:{{sha}}\"")), "{text}");
            assert!(text.contains("ledger = \"git:promote-ledger\""), "{text}");
        } else {
            assert!(text.contains(&format!("source = \"{place}/{{sha}}.zip\"")), "{text}");
            assert!(!text.contains("ledger ="), "{text}");
        }
        stage.run(&["check"]).ends(ExitStatus::Ok);
    }
}

#[test]
fn init_says_where_a_server_that_is_not_aws_is_named() {
    for (place, named) in [("s3://acme-releases/shop", true), ("releases", false), ("gs://acme/shop", false)]
    {
        let stage = Stage::bare();
        let flags = ["init", "--project", "shop", "--environments", "staging,prod", "--place", place];
        let done = stage.run(&flags).ends(ExitStatus::Ok);
        assert_eq!(done.err.contains("`endpoint`"), named, "{}", done.all());
        let text = String::from_utf8(stage.read("promote.toml")).unwrap();
        assert_eq!(text.contains("# [store.acme-releases]\n# endpoint = "), named, "{text}");
        stage.write("promote.toml", text.replace("# [store", "[store").replace("# endpoint", "endpoint"));
        stage.run(&["check"]).ends(ExitStatus::Ok);
    }
}

#[test]
fn a_workflow_that_somebody_wrote_is_left_alone() {
    for (system, file) in [("github", ".github/workflows/promote.yml"), ("gitlab", ".gitlab/promote.yml")] {
        let stage = Stage::with(CONFIG);
        let by_hand = "name: promote\non: push\n";
        std::fs::create_dir_all(stage.path().join(file).parent().unwrap()).unwrap();
        stage.write(file, by_hand);
        let answer = stage.run(&["ci", system]).ends(ExitStatus::Usage);
        assert!(answer.err.contains("was not written by"), "{}", answer.err);
        stage.run(&["ci", system, "--check"]).ends(ExitStatus::Usage);
        stage.run(&["ci", system, "--stdout"]).ends(ExitStatus::Ok);
        assert_eq!(stage.read(file), by_hand.as_bytes());
        // Its own is replaced, also one of another version.
        std::fs::remove_file(stage.path().join(file)).unwrap();
        stage.run(&["ci", system]).ends(ExitStatus::Ok);
        let whole = String::from_utf8(stage.read(file)).unwrap();
        stage.write(file, format!("# ours\n{whole}# stale\n"));
        stage.run(&["ci", system, "--check"]).ends(ExitStatus::Differs);
        stage.run(&["ci", system]).ends(ExitStatus::Ok);
        assert_eq!(stage.read(file), whole.as_bytes());
    }
}

#[test]
fn what_init_would_write_is_read_first() {
    let stage = Stage::bare();
    let answer =
        stage.run(&["init", "--project", "shop", "--environments", "staging", "--place", "bad{place"]);
    answer.ends(ExitStatus::Usage);
    assert!(!stage.has("promote.toml"));
}

#[test]
fn check_says_what_is_wrong_and_looks_at_the_stores_when_asked() {
    let stage = Stage::with(CONFIG);
    let report = stage.run(&["check", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["environments"], serde_json::json!(["staging", "uat", "prod"]));
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let before = contents(&stage.path());
    let report = stage.run(&["check", "--online", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["ok"], true);
    assert!(report["online"].as_array().unwrap().len() >= 4, "{report}");
    assert_eq!(contents(&stage.path()), before);
    stage.write("promote.toml", CONFIG.replace("target ", "tagret "));
    let answer = stage.run(&["check"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("tagret") && answer.err.contains("promote.toml:"), "{}", answer.err);
}

#[test]
fn values_in_force_are_shown_with_their_lines() {
    let stage = Stage::with(CONFIG);
    let report = stage.run(&["config", "show", "--env", "prod", "--json"]).ends(ExitStatus::Ok).json();
    let values = report["values"].as_array().unwrap();
    assert!(!values.is_empty() && values.iter().all(|value| value["env"] == "prod"), "{report}");
    assert!(values.iter().any(|value| value["line"].is_number()), "{report}");
    stage.run(&["config", "show", "--env", "qa"]).ends(ExitStatus::Missing);
}

#[test]
fn the_doctor_says_who_acts_and_what_the_stores_honour() {
    let stage = Stage::with(CONFIG);
    let before = contents(&stage.path());
    let report = stage.run(&["doctor", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["actor"]["name"], "alice");
    assert_eq!(report["actor"]["strength"], "claimed");
    assert_eq!(report["ledger"]["begun"], false);
    assert_eq!(report["stores"][0]["capabilities"]["fence"], "atomic");
    assert_eq!(contents(&stage.path()), before);
    stage.run(&["doctor", "--probe"]).ends(ExitStatus::Missing);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let page = stage.run(&["doctor", "--probe"]).ends(ExitStatus::Ok);
    assert!(
        page.out.contains("alice") && page.out.contains("the copy itself is conditional"),
        "{}",
        page.out
    );
}

#[test]
fn what_other_programs_read_is_printed_without_a_project() {
    let stage = Stage::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = stage.run(&["completions", shell]).ends(ExitStatus::Ok);
        assert!(answer.out.contains("promote") && answer.out.contains("PROMOTE_COMPLETE"), "{shell}");
    }
    assert!(stage.run(&["man"]).ends(ExitStatus::Ok).out.contains(".TH promote"));
    assert!(stage.run(&["man", "publish"]).ends(ExitStatus::Ok).out.contains("no\\-move"));
    stage.run(&["man", "publsh"]).ends(ExitStatus::Usage);
    stage.run(&["man", "--out", "man1"]).ends(ExitStatus::Ok);
    assert!(stage.has("man1/promote.1") && stage.has("man1/promote-publish.1"));
    let schema = stage.run(&["schema"]).ends(ExitStatus::Ok).json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema["properties"]["environments"].is_object(), "{schema}");
    stage.run(&["schema", "--out", "promote.schema.json"]).ends(ExitStatus::Ok);
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&stage.read("promote.schema.json")).unwrap(),
        schema
    );
    let documents = stage.run(&["schema", "documents", "--json"]).ends(ExitStatus::Ok).json();
    let names = documents["documents"].as_array().unwrap();
    assert!(names.iter().any(|name| name["schema"] == "promote/publish@1"), "{documents}");
}

#[test]
fn init_leaves_what_it_keeps_out_of_git_and_changes_no_line_that_is_there() {
    let flags = ["init", "--project", "shop", "--environments", "staging,prod", "--place", "releases"];
    let added = "/.promote/\n/.promote-store/\n/releases/\n";
    for (before, after) in [
        (None, added.to_owned()),
        (Some("/target"), format!("/target\n{added}")),
        (Some("releases\n.promote\n"), "releases\n.promote\n/.promote-store/\n".to_owned()),
        (Some("releases/\n/.promote\n.promote-store\n"), "releases/\n/.promote\n.promote-store\n".to_owned()),
    ] {
        let stage = Stage::bare();
        stage.git(&["init", "--quiet"]);
        stage.commit("feat: first");
        before.iter().for_each(|text| stage.write(".gitignore", text));
        let would = stage.run(&[&flags[..], &["--dry-run"]].concat()).ends(ExitStatus::Ok);
        assert_eq!(would.out.contains("would be added to .gitignore"), before.is_none_or(|it| it != after));
        assert_eq!(stage.has(".gitignore"), before.is_some());
        let said = stage.run(&flags).ends(ExitStatus::Ok).all();
        assert_eq!(String::from_utf8(stage.read(".gitignore")).unwrap(), after, "{said}");
        assert_eq!(said.contains(".gitignore leaves out"), before.is_none_or(|it| it != after), "{said}");
    }
    // A name with what patterns are made of is that name and no pattern.
    let stage = Stage::bare();
    stage.git(&["init", "--quiet"]);
    stage.commit("feat: first");
    let odd = ["init", "--project", "shop", "--environments", "staging", "--place", "re l#!*[x]"];
    stage.run(&odd).ends(ExitStatus::Ok);
    stage.write("re l#!*[x]/a", "kept");
    stage.write("re l#!anything/a", "not");
    let found = stage.git(&["status", "--porcelain", "--untracked-files=all"]);
    assert!(found.contains("re l#!anything") && !found.contains("[x]"), "{found}");
    // Nothing is written through a link, nor where there is no repository.
    let stage = Stage::bare();
    stage.git(&["init", "--quiet"]);
    stage.commit("feat: first");
    stage.write("own", "mine\n");
    std::os::unix::fs::symlink("own", stage.path().join(".gitignore")).unwrap();
    let said = stage.run(&flags).ends(ExitStatus::Ok).all();
    assert!(said.contains("add `/.promote/`, `/.promote-store/` and `/releases/` to `.gitignore`"), "{said}");
    assert_eq!(stage.read("own"), b"mine\n");
    let stage = Stage::bare();
    stage.run(&flags).ends(ExitStatus::Ok);
    assert!(!stage.has(".gitignore"));
}
