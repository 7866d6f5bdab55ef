//! The ledger of another project: nothing is read from it and nothing written into it.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;

const LINES: &[&[&str]] = &[
    &["status"],
    &["history"],
    &["show", "staging"],
    &["show", "01JD4W6Z8N7QK3VB"],
    &["diff", "staging", "uat"],
    &["verify"],
    &["verify", "--ledger"],
    &["check", "--online"],
    &["plan", "uat"],
    &["explain", "uat"],
    &["to", "uat", "--yes"],
    &["rollback", "staging", "--yes"],
    &["resume", "staging", "--yes"],
    &["advance", "--yes"],
    &["show", "v1.0.0"],
    &["publish"],
    &["publish", "--dry-run"],
    &["publish", "--no-move"],
    &["publish", "--commit", "v1.0.0", "--no-move"],
    &["publish", "out", "--no-move"],
    &["freeze", "uat", "--reason", "x"],
    &["freeze", "uat", "--reason", "x", "--dry-run"],
    &["unfreeze", "uat", "--yes"],
    &["hold", "uat", "--reason", "x"],
    &["unhold", "uat", "--yes"],
    &["block", "v1.0.0", "--reason", "x"],
    &["unblock", "v1.0.0"],
    &["pin", "v1.0.0", "--reason", "x"],
    &["unpin", "v1.0.0"],
    &["adopt", "staging", "--reason", "x", "--yes"],
    &["prune", "--yes"],
    &["prune", "--dry-run"],
    &["import", "--dry-run"],
    &["import", "--yes"],
    &["doctor", "--probe"],
];

#[test]
fn the_projects_name_in_the_genesis_is_checked_on_every_path() {
    let stage = Stage::with(CONFIG);
    stage.git(&["tag", "v1.0.0"]);
    stage.write("out/a", "what is built");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    // Another project's file, whose `ledger` points at the shop's.
    stage.write(
        "promote.toml",
        CONFIG.trim_start().replace("project      = \"shop\"", "project      = \"web\""),
    );
    let before = contents(&stage.path());
    for line in LINES {
        let answer = stage.run(line).ends(ExitStatus::Usage);
        let told = answer.all();
        assert!(told.contains("belongs to the project `shop`, not to `web`"), "{line:?}: {told}");
        assert_eq!(contents(&stage.path()), before, "{line:?}");
    }
    let answer = stage.run(&["freeze", "uat", "--reason", "x"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("Line 5 of `promote.toml` names it"), "{}", answer.err);
    assert!(answer.err.contains(".promote/shop"), "{}", answer.err);
}
