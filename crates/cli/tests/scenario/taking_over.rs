//! Taking over what somebody else may still be at: a person is told how old it is, automation waits.

use crate::cut_off::killed;
use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use promote_core::port::Clock;
use std::time::Duration;

/// A promotion of `b` to prod whose process was killed in its migration a second ago: it is open.
fn open() -> Stage {
    let prepare = format!("{CONFIG}prepare = {{ run = \"./prepare\" }}\n");
    let stage = Stage::ready();
    std::fs::write(stage.folder.path().join("promote.toml"), prepare.trim_start()).unwrap();
    stage.days(3);
    killed(&stage, "promote to prod --yes");
    stage.outside.clock.advance(Duration::from_secs(1));
    stage
}

#[test]
fn in_ci_resume_waits_until_the_last_record_is_a_minute_old() {
    let mut stage = open();
    stage.variables.insert("CI".to_owned(), "true".to_owned());
    let before = stage.outside.clock.now();
    let (status, _, err) = stage.run("promote resume prod --yes");
    assert_eq!(status, ExitStatus::Ok, "{err}");
    assert!(err.contains("wait") && err.contains("its process may still be at work until then"), "{err}");
    assert!(stage.outside.clock.now() - before >= chrono::TimeDelta::seconds(58), "{err}");
}

#[test]
fn yes_alone_is_not_enough_within_the_minute_and_the_ways_on_are_told() {
    let mut stage = open();
    stage.terminal = true;
    for command in ["promote resume prod --yes", "promote rollback prod --yes"] {
        let (status, _, err) = stage.run(command);
        assert_eq!(status, ExitStatus::Conflict, "{command}: {err}");
        let verb = command.split(' ').nth(1).unwrap();
        assert!(err.contains("its last sign of life is"), "{err}");
        assert!(err.contains(&format!("promote {verb} prod --take-over")), "{err}");
    }
    let (status, _, err) = stage.run("promote resume prod --yes --take-over");
    assert_eq!(status, ExitStatus::Ok, "{err}");
}

#[test]
fn a_person_is_told_how_old_it_is_and_says_so() {
    let mut stage = open();
    stage.terminal = true;
    stage.answer("n");
    let (status, _, err) = stage.run("promote resume prod");
    assert_eq!(status, ExitStatus::Interrupted, "{err}");
    let asked: Vec<&str> = err.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert!(asked[0].starts_with("Not ended yet: promotion "), "{err}");
    assert!(
        asked[0].ends_with(" of bbbbbbb by alice is open, and its last sign of life is 1s old."),
        "{err}"
    );
    assert_eq!(asked[1], "Its process may still be running; its steps will be stopped.");
    assert!(asked[2].starts_with("Really take it over now? [y/N]"), "{err}");
    assert!(!err.contains("\\u{"), "{err}");
    stage.answer("y");
    stage.answer("prod");
    let (status, _, err) = stage.run("promote rollback prod");
    assert_eq!(status, ExitStatus::Ok, "{err}");
    assert!(err.contains("Really undo it now? [y/N]"), "{err}");
}

#[test]
fn a_look_never_waits() {
    let mut stage = open();
    stage.variables.insert("CI".to_owned(), "true".to_owned());
    let before = stage.outside.clock.now();
    assert_eq!(stage.run("promote resume prod --dry-run").0, ExitStatus::Conflict);
    assert_eq!(stage.outside.clock.now(), before);
}

#[test]
fn status_says_whether_whoever_is_at_it_is_alive_and_only_then_to_wait() {
    let stage = open();
    let (_, out, err) = stage.run("promote status prod");
    assert!(out.contains("is unfinished") && out.contains("; alive, 1s ago."), "{out}");
    assert!(err.contains("wait for its end; when its process is gone, `promote resume prod`"), "{err}");
    stage.outside.clock.advance(Duration::from_secs(120));
    let (_, out, err) = stage.run("promote status prod");
    assert!(out.contains("; no sign of life for 2m 1s."), "{out}");
    assert!(err.contains("`promote resume prod` goes on") && !err.contains("wait"), "{err}");
    let (_, out, _) = stage.run("promote status prod --json");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let open = found.pointer("/environments/0/open").unwrap();
    assert_eq!((&open["alive"], &open["last_s"]), (&false.into(), &121.into()), "{out}");
}
