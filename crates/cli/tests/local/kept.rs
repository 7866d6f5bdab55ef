//! What a project keeps on this disk is no part of its releases, also where all of it was committed.

use crate::stage::Stage;
use promote_core::exit::ExitStatus;

/// An archive has names as they are.
fn holds_only_the_commit(stage: &Stage, archive: &str) {
    let bytes = stage.read(archive);
    let names = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(names("app") && names("message.txt") && names("promote.toml"));
    for odd in [".promote/", ".promote-store", "releases/staging.zip"] {
        assert!(!names(odd), "{odd}");
    }
}

#[test]
fn a_committed_ledger_and_committed_releases_are_in_no_release() {
    let stage = Stage::bare();
    stage.write("app", "one");
    stage.git(&["init", "--quiet"]);
    stage.commit("feat: first");
    let init = ["init", "--project", "shop", "--environments", "staging,prod", "--place", "releases"];
    let said = stage.run(&[&init[..], &["--begin"]].concat()).ends(ExitStatus::Ok);
    let ignored = ".gitignore leaves out `/.promote/`, `/.promote-store/` and `/releases/`";
    assert!(said.all().contains(ignored), "{}", said.all());
    // Somebody commits it all the same.
    std::fs::remove_file(stage.path().join(".gitignore")).unwrap();
    for text in ["one", "two"] {
        stage.write("app", text);
        stage.git(&["add", "--all"]);
        stage.commit(text);
        let said = stage.run(&["publish"]).ends(ExitStatus::Ok);
        assert!(said.all().contains("is kept by promote for this project"), "{}", said.all());
        holds_only_the_commit(&stage, "releases/staging.zip");
    }
    // The same holds for a folder that is packed as it is, with its project's places below it.
    let out = tempfile::tempdir().unwrap();
    let zip = out.path().join("x.zip");
    stage.run(&["pack", ".", "--out", zip.to_str().unwrap()]).ends(ExitStatus::Ok);
    holds_only_the_commit(&stage, zip.to_str().unwrap());
}
