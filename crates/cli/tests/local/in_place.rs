//! A folder or a pipe in the place of an object of a local ledger: every check finds it, and a command that meets it says
//! what is there and how to look further.

use crate::stage::{CONFIG, Stage};
use promote_cli::Providers;
use promote_core::exit::ExitStatus;
use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// A release was moved to staging.
fn moved() -> (Stage, String) {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    (stage, commit)
}

/// Puts something else in the place of a file.
type Odd = fn(&Path);

fn kinds() -> [(&'static str, Odd); 4] {
    [
        ("an empty folder", |path| fs::create_dir(path).unwrap()),
        ("a folder in a folder", |path| fs::create_dir_all(path.join("inner")).unwrap()),
        ("a pipe", |path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
        ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
    ]
}

fn remove(path: &Path) {
    match path.is_dir() {
        true => fs::remove_dir_all(path).unwrap(),
        false => fs::remove_file(path).unwrap(),
    }
}

/// The newest record of staging, and what else a ledger has of a release.
fn places(stage: &Stage, commit: &str) -> Vec<(&'static str, std::path::PathBuf)> {
    let root = stage.path().join(".promote/shop");
    let log = root.join("lanes/staging/log/999/999/999");
    let mut records: Vec<_> = fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path()).collect();
    records.sort();
    let release = root.join("releases").join(commit);
    vec![
        ("the newest record", records[0].clone()),
        ("the oldest record", records[records.len() - 1].clone()),
        ("the manifest", release.join("manifest.json")),
        ("the block", release.join("block/000001.json")),
    ]
}

#[test]
fn whatever_is_in_the_place_of_an_object_of_the_ledger_is_found() {
    let (stage, commit) = moved();
    stage.run(&["block", &commit, "--reason", "it is bad"]).ends(ExitStatus::Ok);
    for (what, place) in places(&stage, &commit) {
        let away = stage.path().join("away");
        assert!(place.exists(), "{what}: {}", place.display());
        fs::rename(&place, &away).unwrap();
        for (kind, make) in kinds() {
            make(&place);
            let ledger = stage.path().join(".promote/shop");
            for line in [&["verify", "--ledger"][..], &["verify", "--offline", ledger.to_str().unwrap()]] {
                // What is named on top of it, as how to go on with what the lost record ended, can't know of the record.
                let answer = stage.run_on(line, &Providers);
                assert_eq!(answer.exit, ExitStatus::Differs, "{what}, {kind}, {line:?}: {}", answer.all());
            }
            remove(&place);
        }
        fs::rename(&away, &place).unwrap();
        stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    }
}

#[test]
fn a_command_that_can_not_write_into_the_ledger_says_that_it_is_not_to_be_trusted() {
    let (stage, commit) = moved();
    let (_, newest) = places(&stage, &commit).remove(0);
    fs::remove_file(&newest).unwrap();
    fs::create_dir(&newest).unwrap();
    let before = stage.read("deployed/staging.zip");
    for line in
        [&["resume", "staging", "--yes", "--take-over"][..], &["rollback", "staging", "--yes", "--take-over"]]
    {
        let answer = stage.run(line).ends(ExitStatus::Failed);
        for said in ["the ledger can't be trusted", "it is a folder", "promote verify --ledger"] {
            assert!(answer.err.contains(said), "{line:?} {said}: {}", answer.err);
        }
        assert!(!answer.err.contains("remove it"), "{line:?}: {}", answer.err);
    }
    assert_eq!(stage.read("deployed/staging.zip"), before);
    // A word about a release, and a manifest.
    let block = stage.path().join(format!(".promote/shop/releases/{commit}/block/000001.json"));
    fs::create_dir_all(&block).unwrap();
    let answer = stage.run(&["block", &commit, "--reason", "x"]).ends(ExitStatus::Failed);
    assert!(answer.err.contains("the ledger can't be trusted"), "{}", answer.err);
    let second = stage.commit("feat: second");
    fs::create_dir_all(stage.path().join(format!(".promote/shop/releases/{second}/manifest.json"))).unwrap();
    let answer = stage.run(&["publish"]).ends(ExitStatus::Failed);
    assert!(answer.err.contains("the ledger can't be trusted"), "{}", answer.err);
}
