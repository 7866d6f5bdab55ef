//! Files that commands write, on a disk that is full: the exit status tells what was moved, nothing is left half written,
//! and what was there stays.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote");

/// A device that is always full. The superuser gets one of their own: a command that replaced it would take the system's away.
fn full(stage: &Stage) -> String {
    let own = stage.path().join("full");
    let made =
        Command::new("mknod").arg(&own).args(["c", "1", "7"]).output().is_ok_and(|it| it.status.success());
    if made { own.display().to_string() } else { "/dev/full".to_owned() }
}

/// Runs the command where no file may get longer than nothing, as on a full disk: files can be made, and not written.
/// The exit status, and what it said.
fn without_room(stage: &Stage, line: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh", PROGRAM]).args(line);
    command.current_dir(stage.path()).env_clear();
    command.env("PATH", std::env::var("PATH").unwrap()).env("USER", "alice");
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// Ends as a failure in which nothing was moved, and leaves no file behind.
fn fails(stage: &Stage, line: &[&str], words: &str) {
    let before = crate::stage::contents(&stage.path());
    let (exit, told) = without_room(stage, line);
    assert_eq!(exit, Some(1), "{line:?}: {told}");
    assert!(told.contains("can't be written") && told.contains(words), "{line:?}: {told}");
    assert_eq!(crate::stage::contents(&stage.path()), before, "{line:?}");
}

#[test]
fn nothing_is_left_half_written_and_what_was_there_stays() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["ci", "github"]).ends(ExitStatus::Ok);
    stage.write("plan.json", "an earlier plan");
    stage.write("a.zip", "an earlier archive");
    // A workflow that has to be written anew.
    let config = CONFIG.replace("\"prod\"", "\"prod\", \"demo\"");
    stage.write("promote.toml", config);
    fails(&stage, &["ci", "github"], "What was there is as it was");
    fails(&stage, &["ci", "gitlab"], "What was there is as it was");
    fails(&stage, &["plan", "uat", "--out", "plan.json"], "No plan was saved");
    fails(&stage, &["pack", "--out", "a.zip"], "what was there is as it was");
    fails(&stage, &["pack", "--out", "new.zip"], "No part of it is left");
    stage.commit("feat: second");
    fails(&stage, &["publish", "--no-move"], "Nothing was published");
    std::fs::remove_file(stage.path().join("promote.toml")).unwrap();
    let init = ["init", "--project", "shop", "--environments", "a,b", "--place", "releases"];
    fails(&stage, &init, "Nothing was changed");
    // So that it can be done once there is room.
    stage.run(&init).ends(ExitStatus::Ok);
}

#[test]
fn what_later_jobs_read_changes_nothing_of_how_an_act_ended() {
    let stage = Stage::with(CONFIG);
    let full = full(&stage);
    let files = ["--dotenv", full.as_str(), "--annotations", full.as_str()];
    let warned = format!("warning: `{full}` can't be written");
    let run = |line: &[&str]| stage.run(&[line, &files].concat());
    let first = run(&["publish"]).ends(ExitStatus::Ok);
    assert!(first.err.contains(&warned), "{}", first.err);
    assert!(stage.has("deployed/staging.zip"));
    let moved = run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    assert!(moved.err.contains(&warned), "{}", moved.err);
    // Nothing was done: that the files are not there is all that is left.
    for line in
        [&["publish"][..], &["publish", "--dry-run"], &["to", "uat", "--yes"], &["to", "prod", "--dry-run"]]
    {
        let answer = run(line).ends(ExitStatus::Failed);
        assert!(answer.err.contains(&format!("`{full}` can't be written")), "{line:?}: {}", answer.err);
        assert!(answer.err.contains("Nothing was moved"), "{line:?}: {}", answer.err);
    }
    // What is refused is refused.
    run(&["to", "prod", "0123456", "--yes"]).ends(ExitStatus::Missing);
}

#[test]
fn what_is_no_file_is_written_to_and_not_replaced() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let full = full(&stage);
    for line in [&["pack", "--out"][..], &["plan", "uat", "--out"]] {
        let answer = stage.run(&[line, &[full.as_str()]].concat()).ends(ExitStatus::Failed);
        assert!(answer.err.contains("can't be written"), "{line:?}: {}", answer.err);
    }
    use std::os::unix::fs::FileTypeExt as _;
    assert!(std::fs::metadata(&full).unwrap().file_type().is_char_device(), "{full}");
}

#[test]
fn packing_waits_for_who_reads_a_pipe_and_a_signal_ends_that() {
    // A build comes before, since whoever runs commands may listen for signals.
    let stage = Stage::with(&format!("{CONFIG}\n[pack]\nbuild = \"true\"\n"));
    let pipe = stage.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let waiting = || {
        let mut command = Command::new(PROGRAM);
        command.args(["pack", "--out", "pipe"]).current_dir(stage.path()).env_clear();
        command.env("PATH", std::env::var("PATH").unwrap()).env("USER", "alice");
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
        let said =
            told.find(|line| line.as_ref().unwrap().contains("waiting for somebody to read the pipe `pipe`"));
        assert!(said.is_some(), "it does not say for what it waits");
        (child, told)
    };
    let (mut child, _told) = waiting();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    let (child, _told) = waiting();
    let bytes = std::fs::read(&pipe).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && bytes.starts_with(b"PK\x03\x04"), "{ended:?}");
    let digest = promote_core::digest::Digest::of(&bytes).to_string();
    assert!(String::from_utf8_lossy(&ended.stdout).contains(&digest), "{ended:?}");
    use std::os::unix::fs::FileTypeExt as _;
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_pipe_that_nobody_reads_holds_nothing_up() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    let pipe = stage.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let sha = stage.git(&["rev-parse", "HEAD"]);
    let line = ["to", "staging", sha.trim(), "--yes", "--dotenv", "pipe", "--annotations", "pipe"];
    for (arguments, exit, words) in [
        (&["plan", "staging", sha.trim(), "--out", "pipe"][..], 1, "a pipe that nobody reads"),
        (&line, 0, "a pipe that nobody reads"),
    ] {
        let mut command = Command::new("timeout");
        command.args(["60", PROGRAM]).args(arguments).current_dir(stage.path()).env_clear();
        let output =
            command.env("PATH", std::env::var("PATH").unwrap()).env("USER", "alice").output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
}

/// What was done is done, whether it can be shown or not; where nothing was, that nothing could be shown is the end.
#[test]
fn how_a_command_ends_that_can_not_show_what_it_did_is_whether_it_did_it() {
    let stage = Stage::with(CONFIG);
    let full = full(&stage);
    let ends = |line: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(line).current_dir(stage.path()).env_clear();
        command.env("PATH", std::env::var("PATH").unwrap()).env("USER", "alice");
        command.stdout(std::fs::OpenOptions::new().write(true).open(&full).unwrap());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (line, file) in [
        (&["pack", "--out", "a.zip"][..], Some("a.zip")),
        (&["pack", "--out", "b.zip", "--json"], Some("b.zip")),
        (&["ci", "github"], Some(".github/workflows/promote.yml")),
        (&["publish", "--no-move"], None),
    ] {
        let (exit, said) = ends(line);
        assert_eq!(exit, Some(0), "{line:?}: {said}");
        assert!(said.contains("the changes were made"), "{line:?}: {said}");
        assert!(file.is_none_or(|file| stage.has(file)), "{line:?}");
    }
    for line in [&["ci", "github"][..], &["publish", "--no-move"]] {
        let (exit, said) = ends(line);
        assert_eq!(exit, Some(1), "{line:?}: {said}");
        assert!(!said.contains("the changes were made"), "{line:?}: {said}");
    }
}
