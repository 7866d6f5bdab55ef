//! What the file asks for and this version does not do: every command that writes refuses, those that look say it.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;

/// A key that is read and not acted on, at its line and column behind [`CONFIG`], and the name that is told.
const UNACTED: &[(&str, &str, &str)] = &[
    ("plan = \"terraform plan\"\n", "6:1", "plan"),
    ("[render]\ntemplates = \"deploy\"\n", "6:2", "render"),
    ("[host]\ndeploy = \"make install\"\n", "6:2", "host"),
    ("notify = { cdevents = \"$EVENTS_URL\" }\n", "6:12", "cdevents"),
    ("[env.prod]\nnotify = { cdevents = \"$EVENTS_URL\" }\n", "7:12", "cdevents"),
    ("[env.prod]\nplan = { run = \"x\" }\n", "7:1", "plan"),
    ("deploy = { receipts = 2 }\n", "6:12", "receipts"),
];

/// Commands that write, with everything that they ask for.
const WRITING: &[&[&str]] = &[
    &["to", "uat", "--yes"],
    &["to", "uat", "--yes", "--dry-run"],
    &["rollback", "staging", "--yes"],
    &["resume", "staging", "--yes"],
    &["advance", "--yes"],
    &["publish"],
    &["freeze", "uat", "--reason", "x"],
    &["unfreeze", "uat", "--yes"],
    &["hold", "uat", "--reason", "x"],
    &["unhold", "uat", "--yes"],
    &["block", "v1.0.0", "--reason", "x"],
    &["unblock", "v1.0.0"],
    &["pin", "v1.0.0", "--reason", "x"],
    &["unpin", "v1.0.0"],
    &["adopt", "staging", "--reason", "x", "--yes"],
    &["record", "load", "--result", "passed"],
    &["prune", "--yes"],
    &["import", "--yes"],
    &["doctor", "--probe"],
];

#[test]
fn a_key_that_is_read_and_not_acted_on_is_an_error_of_check_and_of_every_command_that_writes() {
    let stage = Stage::with(CONFIG);
    stage.git(&["tag", "v1.0.0"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let config = CONFIG.trim_start();
    for (key, place, name) in UNACTED {
        stage.write("promote.toml", format!("{config}{key}"));
        let before = contents(&stage.path());
        let checked = stage.run(&["check"]).ends(ExitStatus::Usage);
        assert!(checked.err.contains(&format!("promote.toml:{place}")), "{key}: {}", checked.err);
        assert!(checked.err.contains(&format!("`{name}` is read")), "{key}: {}", checked.err);
        assert!(!checked.out.contains("sound"), "{key}: {}", checked.out);
        let json = stage.run(&["check", "--json"]).ends(ExitStatus::Usage).json();
        assert_eq!(
            (json["ok"].as_bool(), json["errors"].as_array().map(Vec::len)),
            (Some(false), Some(1)),
            "{key}"
        );
        let lines = if *name == "plan" { WRITING } else { &WRITING[..1] };
        for line in lines {
            let answer = stage.run(line).ends(ExitStatus::Usage);
            assert!(answer.err.contains(&format!("promote.toml:{place}")), "{line:?}: {}", answer.err);
            assert_eq!(contents(&stage.path()), before, "{line:?}");
        }
        for line in [&["status"][..], &["history"], &["verify", "--ledger"], &["diff", "staging", "staging"]]
        {
            let answer = stage.run(line).ends(ExitStatus::Ok);
            assert!(answer.err.contains(&format!("`{name}` is read")), "{line:?}: {}", answer.err);
        }
    }
}

#[test]
fn a_plan_says_that_a_key_which_is_not_acted_on_keeps_it_from_being_carried_out() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.write("promote.toml", format!("{}plan = \"s\"\n", CONFIG.trim_start()));
    let plan = stage.run(&["plan", "uat", "--json"]).ends(ExitStatus::Usage).json();
    assert_eq!(plan["decision"], "refused", "{plan}");
    assert!(plan.to_string().contains("line 6, column 1: `plan` is read"), "{plan}");
}
