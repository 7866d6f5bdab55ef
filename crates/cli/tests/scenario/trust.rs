//! A file that sends credentials to a host of its own choice: every command stops before anything is reached, and a
//! person at a terminal is asked once.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

const LINES: &[&str] = &[
    "promote status",
    "promote plan prod",
    "promote explain prod",
    "promote history",
    "promote show staging",
    "promote diff uat prod",
    "promote verify",
    "promote verify --ledger",
    "promote check --online",
    "promote doctor",
    "promote doctor --probe",
    "promote to staging aaaa --yes",
    "promote to staging aaaa --dry-run",
    "promote rollback staging --yes",
    "promote resume staging --yes",
    "promote advance --yes",
    "promote freeze prod --reason x-1",
    "promote unfreeze prod --yes",
    "promote hold prod --reason x-1",
    "promote unhold prod --yes",
    "promote block aaaa --reason x-1",
    "promote unblock aaaa",
    "promote pin aaaa --reason x-1",
    "promote unpin aaaa",
    "promote adopt staging --reason x-1 --yes",
    "promote prune --yes",
    "promote prune --dry-run",
    "promote import --dry-run",
    "promote publish --no-move",
];

const HOST: &str = "minio.acme.example:9000";

fn stage() -> Stage {
    let own = "[store.acme-releases]\nregion = \"eu\"\nendpoint = \"https://minio.acme.example:9000\"\n";
    let mut stage = Stage::empty(&format!("{CONFIG}\n{own}"));
    stage.publish('a', "work");
    let home = stage.folder.path().join("home").display().to_string();
    stage.variables.insert("HOME".to_owned(), home);
    stage
}

fn own(stage: &Stage) -> PathBuf {
    stage.folder.path().join("home/.config/promote/config.toml")
}

#[test]
fn every_command_stops_before_anything_is_reached() {
    let mut stage = stage();
    stage.outside.reachable.store(false, Ordering::SeqCst);
    let text = std::fs::read_to_string(stage.folder.path().join("promote.toml")).unwrap();
    let line = text.lines().position(|line| line.starts_with("endpoint")).unwrap() + 1;
    for command in LINES {
        let (exit, out, err) = stage.run(command);
        assert_eq!(exit, ExitStatus::Denied, "{command}: {out}{err}");
        let told = err.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in [
            &format!("`promote.toml` would send your credentials for AWS to `{HOST}`"),
            &format!("in line {line}"),
            "Nothing was sent.",
            &format!("export PROMOTE_TRUST_HOSTS='{HOST}'"),
        ] {
            assert!(told.contains(word), "{command}: {word}: {told}");
        }
    }
    let (_, out, _) = stage.run("promote status --json");
    assert!(out.contains("\"denied\"") && out.contains(HOST), "{out}");
    // What reaches nothing goes on.
    assert_eq!(stage.run("promote check").0, ExitStatus::Ok);
    assert_eq!(stage.run("promote config show").0, ExitStatus::Ok);
    // A word that is no answer to this question does not help.
    for (name, value) in [("CI", "1"), ("PROMOTE_NO_INPUT", "1")] {
        stage.terminal = true;
        stage.variables.insert(name.to_owned(), value.to_owned());
        assert_eq!(stage.run("promote status").0, ExitStatus::Denied, "{name}");
        stage.variables.remove(name);
    }
    assert_eq!(stage.run("promote status --no-input").0, ExitStatus::Denied);
    assert!(!own(&stage).exists());
}

#[test]
fn a_host_that_is_listed_is_reached() {
    let mut stage = stage();
    stage.variables.insert("PROMOTE_TRUST_HOSTS".to_owned(), "other.example, *.acme.example".to_owned());
    assert_eq!(stage.run("promote status").0, ExitStatus::Ok);
    stage.variables.insert("PROMOTE_TRUST_HOSTS".to_owned(), "*.acme.example:443".to_owned());
    assert_eq!(stage.run("promote status").0, ExitStatus::Denied);
    stage.variables.insert("PROMOTE_TRUST_HOSTS".to_owned(), "*".to_owned());
    let (exit, _, err) = stage.run("promote status");
    assert!(exit == ExitStatus::Usage && err.contains("PROMOTE_TRUST_HOSTS"), "{err}");
}

#[test]
fn a_person_is_asked_once_and_the_answer_is_kept() {
    let mut stage = stage();
    stage.terminal = true;
    for answer in ["", "n", "minio"] {
        stage.answer(answer);
        let (exit, _, err) = stage.run("promote status");
        assert_eq!(exit, ExitStatus::Denied, "{err}");
        assert!(err.contains(&format!("Trust `{HOST}` from now on? [y/N]")), "{err}");
        assert!(!own(&stage).exists());
    }
    stage.answer("y");
    assert_eq!(stage.run("promote status").0, ExitStatus::Ok);
    assert_eq!(std::fs::read_to_string(own(&stage)).unwrap(), format!("trust-hosts = [\"{HOST}\"]\n"));
    let (exit, _, err) = stage.run("promote status");
    assert!(exit == ExitStatus::Ok && !err.contains("Trust"), "{err}");
    stage.terminal = false;
    assert_eq!(stage.run("promote status").0, ExitStatus::Ok);
    // `--yes` answers another question.
    std::fs::remove_file(own(&stage)).unwrap();
    stage.terminal = true;
    stage.answer("n");
    assert_eq!(stage.run("promote to staging aaaa --yes").0, ExitStatus::Denied);
}
