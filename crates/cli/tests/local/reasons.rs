//! Reasons that say nothing are refused wherever a reason is asked for, and every mark needs one.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;

/// The marks and overrides, without their reason.
const NEEDED: &[&[&str]] = &[
    &["to", "uat", "--yes", "--override", "soak"],
    &["rollback", "staging", "--yes", "--override", "drift"],
    &["resume", "staging", "--yes", "--override", "drift"],
    &["plan", "uat", "--override", "soak"],
    &["explain", "uat", "--override", "soak"],
    &["freeze", "uat"],
    &["hold", "uat"],
    &["block", "v1.0.0"],
    &["pin", "v1.0.0"],
    &["adopt", "staging", "--yes"],
];

/// What may have one.
const ALLOWED: &[&[&str]] = &[
    &["unfreeze", "uat", "--yes"],
    &["unhold", "uat", "--yes"],
    &["unblock", "v1.0.0"],
    &["unpin", "v1.0.0"],
    &["to", "uat", "--yes"],
];

fn published() -> Stage {
    let stage = Stage::with(CONFIG);
    stage.git(&["tag", "v1.0.0"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage
}

#[test]
fn an_empty_or_blank_reason_is_refused_wherever_a_reason_is_asked_for() {
    let stage = published();
    let before = contents(&stage.path());
    for line in NEEDED.iter().chain(ALLOWED) {
        for reason in ["", "   ", "\t\n", "\u{200b}", "\u{a0}\u{3000}"] {
            let whole: Vec<&str> = line.iter().copied().chain(["--reason", reason]).collect();
            let answer = stage.run(&whole).ends(ExitStatus::Usage);
            assert!(answer.err.contains("a reason has to say something"), "{whole:?}: {}", answer.err);
            assert_eq!(contents(&stage.path()), before, "{whole:?}");
        }
    }
}

#[test]
fn a_reason_with_a_line_break_is_refused_wherever_a_reason_is_asked_for() {
    let stage = published();
    let before = contents(&stage.path());
    for line in NEEDED.iter().chain(ALLOWED) {
        let whole: Vec<&str> = line.iter().copied().chain(["--reason", "a\nb"]).collect();
        let answer = stage.run(&whole).ends(ExitStatus::Usage);
        assert!(answer.err.contains("a reason is one line"), "{whole:?}: {}", answer.err);
        assert_eq!(contents(&stage.path()), before, "{whole:?}");
    }
}

#[test]
fn every_mark_and_override_needs_a_reason_and_what_lifts_one_does_not() {
    let stage = published();
    let before = contents(&stage.path());
    for line in NEEDED {
        let answer = stage.run(line).ends(ExitStatus::Usage);
        assert!(answer.err.contains("--reason"), "{line:?}: {}", answer.err);
        assert_eq!(contents(&stage.path()), before, "{line:?}");
    }
    for line in ALLOWED {
        stage.run(line).ends(ExitStatus::Ok);
    }
}

#[test]
fn a_saved_plan_with_a_blank_reason_is_refused() {
    let stage = published();
    stage.run(&["plan", "uat", "--override", "soak", "--reason", "why not", "--out", "plan.json"]);
    let text = String::from_utf8(stage.read("plan.json")).unwrap();
    stage.write("plan.json", text.replace("why not", "  "));
    let answer = stage.run(&["to", "uat", "--plan", "plan.json", "--yes"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("a reason has to say something"), "{}", answer.err);
}

#[test]
fn a_note_is_one_line_as_a_reason_is() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    for text in ["a\nb", "a\rb", "\u{1b}[31mred", "a\u{2028}b"] {
        let given = ["to", "prod", "--yes", "--note", &format!("ticket={text}")];
        let answer = stage.run(&given).ends(ExitStatus::Usage);
        assert!(answer.err.contains("a note is one line without control characters"), "{}", answer.err);
    }
}
