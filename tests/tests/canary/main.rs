//! No secret of whoever runs it comes out of any command, in any form, whatever a server answers: not on a stream, not in
//! the ledger, a target, a summary or a file that is left behind, not in the arguments of a program, and not in a step that
//! it was not given to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod lines;
mod secrets;
mod world;

use lines::{FEW, LINES, MODES};
use promote_tests::runner::Runner;
use secrets::{MARK, OWN, found};
use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use world::{Kind, Manner, World, files};

/// Where commands are run.
const SYSTEMS: [&str; 3] = ["person", "github", "gitlab"];

/// What leaks from one line.
fn told(world: &World, line: &[&str]) -> Vec<String> {
    let words: Vec<String> = line.iter().map(|word| word.replace("SHA", &world.release)).collect();
    let ran = world.project.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let place =
        |stream: &str, what: String| format!("{:?}: {}: {stream}: {what}", world.kind, line.join(" "));
    let mut all: Vec<String> = [("stdout", &ran.out), ("stderr", &ran.err)]
        .into_iter()
        .filter_map(|(stream, text)| found(text).map(|what| place(stream, what)))
        .collect();
    if ran.code.is_none_or(|code| code == 101) {
        all.push(place("it broke", ran.err));
    }
    all
}

/// What leaks into files.
fn left(world: &World) -> Vec<String> {
    let seen = world.seen();
    let own = seen.join("spy/env-of-step");
    let all = files(world.project.folder()).into_iter().chain(files(&seen)).filter(|path| *path != own);
    let mut leaks: Vec<String> = all
        .filter_map(|path| {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found(&text).map(|what| format!("{:?}: {}: {what}", world.kind, path.display()))
        })
        .collect();
    let of_step = std::fs::read_to_string(own).unwrap_or_default();
    let given = |name: &&&str| of_step.lines().any(|line| line.starts_with(&format!("{name}=")));
    leaks.extend(OWN.iter().filter(given).map(|name| format!("{:?}: a step was given {name}", world.kind)));
    leaks
}

/// That the server has seen what it could have repeated.
fn unseen(world: &World) -> Vec<String> {
    let heard: Vec<String> = world.server.heard().iter().map(world::repeated).collect();
    let seen = |secret: &String| heard.iter().any(|text| text.contains(secret));
    world
        .kind
        .sent()
        .into_iter()
        .filter(|secret| !seen(secret))
        .map(|secret| format!("{:?}: never sent {secret}", world.kind))
        .collect()
}

fn nothing(leaks: Vec<Vec<String>>) {
    let leaks = leaks.concat();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// Worlds side by side, since most of the time is spent waiting.
fn side_by_side(worlds: impl IntoIterator<Item = (Kind, Manner)>, run: fn(World) -> Vec<String>) {
    let started: Vec<_> = worlds
        .into_iter()
        .map(|(kind, manner)| thread::spawn(move || run(World::new(kind, manner))))
        .collect();
    nothing(started.into_iter().map(|one| one.join().unwrap()).collect());
}

/// Each line once, the ways to say it and the surroundings by turns.
fn by_turns(mut world: World, lines: &[&str]) -> Vec<String> {
    let mut leaks = Vec::new();
    for (turn, line) in lines.iter().enumerate() {
        world.in_job_of(SYSTEMS[turn % SYSTEMS.len()]);
        let mode = MODES[(turn + world.kind as usize) % MODES.len()];
        let words: Vec<&str> = line.split(' ').chain(mode.iter().copied()).collect();
        leaks.extend(told(&world, &words));
    }
    leaks.extend(left(&world));
    leaks.extend(unseen(&world));
    leaks
}

#[test]
fn every_command_is_among_the_lines() {
    let world = World::new(Kind::Steps, Manner::Refuses);
    let table = std::fs::read_to_string("../docs/reference/commands.md").unwrap();
    let all: BTreeSet<&str> =
        table.lines().filter_map(|line| line.strip_prefix("## promote ")?.split(' ').next()).collect();
    let tried: BTreeSet<&str> = LINES.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(all.difference(&tried).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(all.len() > 30, "{all:?}");
    // A line that is none would show nothing.
    for line in LINES.iter().filter(|line| **line != "no-such-command") {
        let words: Vec<String> = line.split(' ').map(|word| word.replace("SHA", &world.release)).collect();
        let ran = world.project.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert!(
            !ran.err.contains("unexpected argument") && !ran.err.contains("unknown option"),
            "{line}: {}",
            ran.err
        );
    }
}

#[test]
fn no_form_of_any_command_shows_a_secret_where_all_goes_well_and_where_the_store_refuses() {
    side_by_side([(Kind::Steps, Manner::Obeys), (Kind::S3, Manner::Refuses)], |mut world| {
        let mut leaks = Vec::new();
        for mode in MODES {
            for (turn, line) in LINES.iter().enumerate() {
                world.in_job_of(SYSTEMS[turn % SYSTEMS.len()]);
                let words: Vec<&str> = line.split(' ').chain(mode.iter().copied()).collect();
                leaks.extend(told(&world, &words));
            }
        }
        leaks.extend(left(&world));
        leaks.extend(unseen(&world));
        leaks
    });
}

#[test]
fn no_command_shows_what_a_server_repeats_when_it_refuses() {
    side_by_side(Kind::ALL.map(|kind| (kind, Manner::Refuses)), |world| by_turns(world, LINES));
}

#[test]
fn no_command_shows_what_a_server_repeats_when_it_sends_elsewhere() {
    side_by_side(Kind::ALL.map(|kind| (kind, Manner::SendsElsewhere)), |world| by_turns(world, FEW));
}

#[test]
fn no_command_shows_what_a_server_repeats_when_it_fails() {
    // It is asked again and again, half a minute for each line.
    side_by_side(Kind::ALL.map(|kind| (kind, Manner::Fails)), |world| by_turns(world, &FEW[2..4]));
}

#[test]
fn the_action_shows_nothing_either() {
    const ACTION: &str = env!("CARGO_BIN_EXE_promote-action-tested");
    side_by_side(Kind::ALL.map(|kind| (kind, Manner::Refuses)), |world| {
        let mut leaks = Vec::new();
        let mut runner = Runner::new(world.project.folder()).unwrap();
        let kept = ["HOME", "PATH", "TMPDIR"];
        let own = |name: &&String| {
            !kept.contains(&name.as_str()) && !name.starts_with("GITHUB_") || name.as_str() == "GITHUB_TOKEN"
        };
        for name in world.project.variables.keys().filter(own) {
            runner.variables.insert(name.clone(), world.project.variables[name].clone());
        }
        let token = secrets::secret("INPUT_TOKEN");
        for what in ["publish", "plan", "promote", "status", "verify", "rollback", "advance"] {
            let inputs = [
                ("do", what),
                ("to", "uat"),
                ("version", world.release.as_str()),
                ("token", token.as_str()),
                ("notes", "why: because"),
                ("binary", ACTION),
            ];
            let step = runner.run(&inputs).unwrap();
            // The runner is told what to hide, and nothing else tells it.
            let shown: String = step
                .log
                .lines()
                .filter(|line| !line.starts_with("::add-mask::"))
                .map(|line| format!("{line}\n"))
                .collect();
            for (place, text) in [
                ("log", shown),
                ("outputs", format!("{:?}", step.outputs)),
                ("summary", step.summary),
                ("path", step.path),
            ] {
                leaks.extend(
                    found(&text).map(|around| format!("{:?}: {what}: {place}: {around}", world.kind)),
                );
            }
        }
        leaks.extend(left(&world));
        leaks.extend(below(runner.folder.path()));
        leaks
    });
}

fn below(folder: &Path) -> Vec<String> {
    let holds =
        |path: &std::path::PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(MARK);
    files(folder).into_iter().filter(holds).map(|path| format!("{}", path.display())).collect()
}
