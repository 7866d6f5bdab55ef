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

/// A forge that takes connections and never answers is all that is left to wait for. The signal used to be heard by nobody.
#[test]
fn ctrl_c_after_the_end_leaves_the_forge_and_what_was_done_stands() {
    let forge = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let table = format!(
        "{CONFIG}\n[forge]\nkind = \"github\"\nrepository = \"acme/shop\"\napi = \"http://{}\"\ndeployments = \"always\"\n",
        forge.local_addr().unwrap()
    );
    let mut stage = Stage::ready();
    std::fs::write(stage.folder.path().join("promote.toml"), table.trim_start()).unwrap();
    stage.days(3);
    stage.variables.insert("PROMOTE_FORGE_TOKEN".to_owned(), "of-the-forge".to_owned());
    let signal = stage.outside.signal.clone();
    let asked = std::thread::spawn(move || {
        let _kept = forge.accept().unwrap();
        std::thread::sleep(std::time::Duration::from_secs(1));
        signal.store(true, std::sync::atomic::Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_secs(1));
    });
    let (status, out, err) = stage.run("promote to prod --yes");
    assert_eq!(status, promote_core::exit::ExitStatus::Interrupted, "{err}");
    assert!(out.contains("prod runs "), "{out}");
    assert!(err.contains("warning: interrupted before the forge was told everything"), "{err}");
    asked.join().unwrap();
    let (again, _, err) = stage.run("promote to prod --yes");
    assert_eq!(again, promote_core::exit::ExitStatus::Ok, "{err}");
}
