//! A target folder with `prune = true` in which somebody put files: a plan, its document and the question name them.

use crate::stage::Stage;
use promote_cli::Providers;
use promote_core::exit::ExitStatus;

const CONFIG: &str = "project = \"shop\"\nenvironments = [\"prod\"]\nledger = \".promote/shop/\"\n\
    source = \"releases/{sha}/\"\ntarget = \"deployed/{env}/\"\nprune = true\n\
    [env.prod]\nauto = false\n";

/// A release is there, beside files that somebody put there; the next is published.
fn stage() -> (Stage, String) {
    let stage = Stage::with(CONFIG);
    stage.write("out/a", "one");
    stage.write("out/old", "one");
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    let first = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "prod", &first, "--yes"]).ends(ExitStatus::Ok);
    std::fs::remove_file(stage.path().join("out/old")).unwrap();
    stage.write("out/a", "two");
    let second = stage.commit("feat: second");
    stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
    stage.write("deployed/prod/hand/by\u{1b}", "x");
    stage.write("deployed/prod/notes.txt", "x");
    (stage, second)
}

#[test]
fn what_no_release_has_is_named_before_it_is_removed() {
    let (mut stage, second) = stage();
    let plan = stage.run(&["plan", "prod", &second]).ends(ExitStatus::Ok);
    assert!(plan.out.contains("1 changed, 1 removed, 2 others removed"), "{}", plan.out);
    for said in ["neither this release nor the one before has", "`hand/by\u{fffd}", "`notes.txt`"] {
        assert!(plan.out.contains(said), "{said}: {}", plan.out);
    }
    let report = stage.run(&["plan", "prod", &second, "--json"]).ends(ExitStatus::Ok).json();
    let found = &report["moves"][0]["change"]["strangers"];
    assert_eq!((&found["count"], &found["named"][1]), (&2.into(), &"notes.txt".into()), "{report}");
    stage.terminal = true;
    stage.types("n");
    let asked = stage.run(&["to", "prod", &second]).all();
    assert!(asked.contains("`notes.txt`"), "{asked}");
    assert!(stage.has("deployed/prod/notes.txt"));
    stage.terminal = false;
    stage.run(&["to", "prod", &second, "--yes"]).ends(ExitStatus::Ok);
    assert!(!stage.has("deployed/prod/notes.txt"));
    stage.run(&["verify"]).ends(ExitStatus::Ok);
}

#[test]
fn a_saved_plan_removes_what_it_named_or_nothing() {
    let (stage, second) = stage();
    // Where hints are tried, the files are put back afterwards, and are others to the store.
    let run = |line: &[&str]| stage.run_on(line, &Providers);
    run(&["plan", "prod", &second, "--out", "out/plan.json"]).ends(ExitStatus::Ok);
    stage.write("deployed/prod/later.txt", "x");
    let line = ["to", "prod", "--plan", "out/plan.json", "--yes"];
    let refused = run(&line).ends(ExitStatus::Conflict);
    assert!(refused.err.contains("later.txt"), "{}", refused.err);
    assert!(stage.has("deployed/prod/notes.txt"));
    std::fs::remove_file(stage.path().join("deployed/prod/later.txt")).unwrap();
    run(&line).ends(ExitStatus::Ok);
    assert!(!stage.has("deployed/prod/notes.txt"));
}
