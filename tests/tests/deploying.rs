//! One deployment at a time, with the real command on a local folder: processes that deploy, others that come meanwhile,
//! take over, or undo. A gate is a file, so nothing depends on how long anything takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use promote_tests::lane_project::{LaneProject, Place, Ran};
use std::io::{BufRead as _, Read as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Waits for the gate, and notes when another one of its kind runs at the same time.
const GATED: &str = "trap 'rmdir running; exit 1' TERM; \
    mkdir running 2>/dev/null || echo beside >> beside; \
    until [ -e gate ]; do sleep 0.1; done; \
    rmdir running";

/// A project of one environment with two releases, whose `phase` waits for a gate and then does `then`.
fn project(phase: &str, then: &str) -> LaneProject {
    let project = LaneProject::new(PROGRAM, &Place::Local, 1, 2).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let step = format!("{GATED}; {then}");
    std::fs::write(&file, format!("{text}\n[env.e0]\n{phase} = {{ run = \"\"\"{step}\"\"\" }}\n")).unwrap();
    project
}

fn open_gate(project: &LaneProject) {
    std::fs::write(project.folder.path().join("gate"), "").unwrap();
}

fn exists(project: &LaneProject, name: &str) -> bool {
    project.folder.path().join(name).exists()
}

/// Waits until it is so.
fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn begin(project: &LaneProject, arguments: &[&str], who: &str) -> Child {
    project.command(arguments, &[("PROMOTE_ACTOR", who)]).spawn().unwrap()
}

fn end(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

fn run(project: &LaneProject, arguments: &[&str], who: &str) -> Ran {
    project.run(arguments, &[("PROMOTE_ACTOR", who)]).unwrap()
}

fn results(project: &LaneProject) -> Vec<String> {
    let ran = run(project, &["history", "e0", "--json"], "ann");
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rows = found["entries"].as_array().unwrap();
    rows.iter().map(|row| row["result"].as_str().unwrap().to_owned()).collect()
}

const INSTALL: &str = "cp deploy/e0.zip installed.zip";

fn installed(project: &LaneProject) -> Vec<u8> {
    std::fs::read(project.folder.path().join("installed.zip")).unwrap()
}

fn release(project: &LaneProject, index: usize) -> Vec<u8> {
    std::fs::read(project.folder.path().join(format!("releases/{}.zip", project.releases[index]))).unwrap()
}

#[test]
fn while_one_deploys_a_second_persons_promotion_of_the_next_commit_is_refused() {
    let project = project("deploy", INSTALL);
    let (one, two) = (project.releases[0].clone(), project.releases[1].clone());
    let first = begin(&project, &["to", "e0", &one, "--yes"], "ann");
    until("the deployment begins", || exists(&project, "running"));
    let second = run(&project, &["to", "e0", &two, "--yes"], "bob");
    assert_eq!(second.code, Some(6), "{second:?}");
    for word in
        ["ann has been deploying", one.get(..7).unwrap(), "since 20", "rmdir running", "--override deploying"]
    {
        assert!(second.err.contains(word), "{word}: {second:?}");
    }
    open_gate(&project);
    let first = end(first);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(installed(&project), release(&project, 0));
    assert_eq!(results(&project), ["promoted"]);
    let second = run(&project, &["to", "e0", &two, "--yes"], "bob");
    assert_eq!(second.code, Some(0), "{second:?}");
    assert_eq!(installed(&project), release(&project, 1));
}

#[test]
fn the_overtaken_process_is_told_by_whom_and_never_that_nothing_was_moved() {
    let project = project("deploy", INSTALL);
    let (one, two) = (project.releases[0].clone(), project.releases[1].clone());
    let first = begin(&project, &["to", "e0", &one, "--yes"], "ann");
    until("the deployment begins", || exists(&project, "running"));
    let past = ["to", "e0", &two, "--yes", "--override", "deploying", "--reason", "INC-1"];
    let second = begin(&project, &past, "bob");
    let first = end(first);
    assert_eq!(first.code, Some(7), "{first:?}");
    assert!(first.err.contains("superseded by bob"), "{first:?}");
    open_gate(&project);
    let second = end(second);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(!exists(&project, "beside"), "two deployments ran side by side");
    assert_eq!(installed(&project), release(&project, 1), "the newer build runs");
    assert_eq!(results(&project), ["promoted", "superseded"]);
    let ran = run(&project, &["verify", "--ledger"], "ann");
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_migration_does_not_run_beside_itself_when_its_promotion_is_taken_over() {
    let project = project("prepare", "true");
    let one = project.releases[0].clone();
    let first = begin(&project, &["to", "e0", &one, "--yes"], "ann");
    until("the migration begins", || exists(&project, "running"));
    let second = begin(&project, &["resume", "e0", "--yes", "--take-over"], "bob");
    let first = end(first);
    assert_eq!(first.code, Some(11), "{first:?}");
    assert!(first.err.contains("taken over by bob"), "{first:?}");
    until("the migration runs again", || exists(&project, "running"));
    open_gate(&project);
    let second = end(second);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(!exists(&project, "beside"), "two migrations ran side by side");
}

#[test]
fn a_first_promotion_that_was_killed_is_undone_and_the_environment_takes_another() {
    let project = project("prepare", "true");
    let (one, two) = (project.releases[0].clone(), project.releases[1].clone());
    let mut first = begin(&project, &["to", "e0", &one, "--yes"], "ann");
    until("the migration begins", || exists(&project, "running"));
    first.kill().unwrap();
    first.wait().unwrap();
    open_gate(&project);
    let back = run(&project, &["rollback", "e0", "--yes", "--take-over"], "bob");
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(results(&project), ["undone", "taken-over"]);
    assert!(!exists(&project, "deploy/e0.zip"));
    let _ = std::fs::remove_dir(project.folder.path().join("running"));
    let next = run(&project, &["to", "e0", &two, "--yes"], "bob");
    assert_eq!(next.code, Some(0), "{next:?}");
}

/// The processes of this group that run; one that ended and was not reaped yet does not.
fn running(group: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((name, rest)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        if fields.get(2) == Some(&group) && fields.first() != Some(&"Z") {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn what_a_killed_process_was_running_ends_with_all_it_started() {
    for (phase, command) in [
        ("prepare", "sh -c 'sleep 30; touch late'; touch late"),
        ("deploy", "sh -c 'sleep 30; touch late' & wait; touch late"),
        // One that does not want to end.
        ("verify", "trap '' TERM; sh -c 'sleep 30; touch late'; touch late"),
    ] {
        let project = LaneProject::new(PROGRAM, &Place::Local, 1, 1).unwrap();
        let file = project.folder.path().join("promote.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let step = format!("echo $$ > new; mv new group; {command}");
        std::fs::write(&file, format!("{text}\n[env.e0]\n{phase} = {{ run = \"\"\"{step}\"\"\" }}\n"))
            .unwrap();
        let mut first = begin(&project, &["to", "e0", &project.releases[0], "--yes"], "ann");
        until("the step begins", || exists(&project, "group"));
        let group = std::fs::read_to_string(project.folder.path().join("group")).unwrap();
        let group = group.trim();
        until("all of it runs", || running(group).len() >= 2);
        first.kill().unwrap();
        first.wait().unwrap();
        let begun = Instant::now();
        until("the step ends", || running(group).is_empty());
        assert!(begun.elapsed() < Duration::from_secs(12), "{phase}: {:?}", begun.elapsed());
        assert!(!exists(&project, "late"), "{phase}");
    }
}

#[test]
fn a_step_of_a_killed_process_does_not_run_beside_that_of_the_taker() {
    let project = project("deploy", INSTALL);
    let mut first = begin(&project, &["to", "e0", &project.releases[0], "--yes"], "ann");
    until("the deployment begins", || exists(&project, "running"));
    first.kill().unwrap();
    first.wait().unwrap();
    until("its step ends", || !exists(&project, "running"));
    let second = begin(&project, &["resume", "e0", "--yes", "--take-over"], "bob");
    until("the deployment begins again", || exists(&project, "running"));
    open_gate(&project);
    let second = end(second);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(!exists(&project, "beside"), "two deployments ran side by side");
    assert_eq!(installed(&project), release(&project, 0));
}

#[test]
fn a_move_without_its_steps_closes_the_environment_until_they_have_run() {
    let project = project("deploy", INSTALL);
    let one = project.releases[0].clone();
    open_gate(&project);
    let moved = run(&project, &["to", "e0", &one, "--yes", "--no-wait"], "ann");
    assert_eq!(moved.code, Some(0), "{moved:?}");
    assert!(moved.out.contains("have not run yet") && moved.err.contains("promote resume e0"), "{moved:?}");
    assert!(!exists(&project, "installed.zip"));
    let other = run(&project, &["to", "e0", &project.releases[1], "--yes"], "bob");
    assert_eq!(other.code, Some(6), "{other:?}");
    let resumed = run(&project, &["resume", "e0", "--yes"], "bob");
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(installed(&project), release(&project, 0));
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
}

#[test]
fn whatever_stops_it_ends_the_step_and_says_what_it_was() {
    for (name, code, words) in
        [("-INT", 130, "interrupted"), ("-TERM", 143, "terminated"), ("-HUP", 129, "terminal closed")]
    {
        let project = LaneProject::new(PROGRAM, &Place::Local, 1, 1).unwrap();
        let file = project.folder.path().join("promote.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let step = "echo $$ > new; mv new group; until [ -e gate ]; do sleep 0.1; done";
        std::fs::write(&file, format!("{text}\n[env.e0]\ndeploy = {{ run = \"{step}\" }}\n")).unwrap();
        let first = begin(&project, &["to", "e0", &project.releases[0], "--yes"], "ann");
        until("the deployment begins", || exists(&project, "group"));
        let group = std::fs::read_to_string(project.folder.path().join("group")).unwrap();
        signal(&first, name);
        let first = end(first);
        assert_eq!(first.code, Some(code), "{name}: {first:?}");
        assert!(first.err.contains(&format!("{words} while promoting to e0")), "{name}: {first:?}");
        assert!(first.err.contains("records that promote stopped waiting"), "{name}: {first:?}");
        until("its step ends", || running(group.trim()).is_empty());
        assert_eq!(results(&project), ["interrupted"], "{name}");
    }
}

#[test]
fn whatever_stops_a_wait_for_another_process_is_said_as_what_it_was() {
    let project = project("prepare", "true");
    let mut first = begin(&project, &["to", "e0", &project.releases[0], "--yes"], "ann");
    until("the migration begins", || exists(&project, "running"));
    first.kill().unwrap();
    first.wait().unwrap();
    for (name, code, words) in [("-TERM", 143, "terminated"), ("-HUP", 129, "terminal closed")] {
        let mut second = begin(&project, &["resume", "e0", "--yes"], "bob");
        let mut said = std::io::BufReader::new(second.stderr.take().unwrap());
        let mut err = String::new();
        while !err.contains("still be at work until then") {
            assert!(said.read_line(&mut err).unwrap() > 0, "{err}");
        }
        signal(&second, name);
        said.read_to_string(&mut err).unwrap();
        assert_eq!(second.wait().unwrap().code(), Some(code), "{name}: {err}");
        assert!(err.contains(&format!("{words} while waiting to take over")), "{name}: {err}");
    }
}

#[test]
fn what_was_started_to_outlive_its_terminal_does() {
    let project = project("deploy", INSTALL);
    let command = project.command(&[], &[("PROMOTE_ACTOR", "ann")]);
    let line = "trap '' HUP; exec \"$0\" \"$@\"";
    let arguments = ["to", "e0", &project.releases[0], "--yes"];
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", line]).arg(command.get_program()).args(arguments);
    shell.current_dir(project.folder.path());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let first = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the deployment begins", || exists(&project, "running"));
    signal(&first, "-HUP");
    open_gate(&project);
    let first = end(first);
    assert_eq!(first.code, Some(0), "{first:?}");
}
