//! Promotions that somebody stops, or that stop by themselves.

use crate::stage::{CONFIG, Next, Stage};
use insta::assert_snapshot;

#[test]
fn ctrl_c_during_the_deployment_says_what_was_done_and_records_it() {
    let mut stage = Stage::ready();
    stage.days(3);
    stage.step(Next::Hangs);
    stage.tell("promote to prod --yes");
    stage.tell("promote status prod");
    stage.tell("promote history prod -n 1");
    stage.tell("promote resume prod --yes");
    assert_snapshot!(stage.transcript());
}

/// A project whose prod has something to prepare.
fn prepared() -> Stage {
    let prepare = format!("{CONFIG}prepare = {{ run = \"./prepare\" }}\n");
    let stage = Stage::ready();
    std::fs::write(stage.folder.path().join("promote.toml"), prepare.trim_start()).unwrap();
    stage.days(3);
    stage
}

/// Runs a command line whose process is killed during its first step.
pub(crate) fn killed(stage: &Stage, line: &str) {
    stage.step(Next::Dies);
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| stage.run(line)));
    assert!(died.is_err());
}

#[test]
fn ctrl_c_before_anything_was_written_withdraws_and_the_next_command_need_not_wait() {
    let mut stage = prepared();
    stage.step(Next::Hangs);
    stage.tell("promote to prod --yes");
    stage.tell("promote status prod");
    stage.tell("promote to prod --yes");
    stage.tell("promote history prod -n 2");
    assert_snapshot!(stage.transcript());
}

#[test]
fn what_is_unfinished_is_resumed_or_undone() {
    let mut stage = prepared();
    killed(&stage, "promote to prod --yes");
    stage.tell("promote status prod");
    stage.tell("promote to prod --yes");
    stage.tell("promote rollback prod --yes");
    killed(&stage, "promote to prod --yes --override rolled-back --reason again");
    stage.tell("promote resume prod --yes");
    stage.tell("promote history prod");
    stage.tell("promote verify --ledger --format plain");
    assert_snapshot!(stage.transcript());
}
