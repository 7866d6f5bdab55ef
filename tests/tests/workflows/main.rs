//! Workflows of teams as files, and those that `promote ci` writes, run step by step by stand-ins of GitHub's and GitLab's
//! runners, against real servers.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it finds a fault"
)]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

mod generated;
mod gitlab;
mod stand_in;
mod team_002;
mod team_004;

use promote_tests::project::Project;
use promote_tests::server::tool;
use promote_tests::workflow::{Forge, Run};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const ACTION: &str = env!("CARGO_BIN_EXE_promote-action-tested");

/// The folder of a team's files.
fn team(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows").join(name)
}

/// Copies a team's files into a project, with names replaced, and commits them; the workflows pass actionlint as they are.
fn project(name: &str, replaced: &[(&str, &str)], more: &str) -> Project {
    let project = Project::new(PROGRAM).unwrap();
    let mut folders = vec![team(name)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut text = std::fs::read_to_string(&path).unwrap();
            for (from, to) in replaced {
                text = text.replace(from, to);
            }
            if path.ends_with("promote.toml") {
                text.push_str(more);
            }
            let to = project.folder().join(path.strip_prefix(team(name)).unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, text).unwrap();
        }
    }
    project.git(&["add", "-A"]).unwrap();
    project.git(&["commit", "-q", "-m", "feat: begin"]).unwrap();
    project
}

/// The forge that a project is pushed to.
fn forge(project: &Project) -> Forge {
    let mut forge = Forge::of(project.folder(), &[("promote", PROGRAM), ("promote-action", ACTION)]).unwrap();
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        forge.machine.insert(name.to_owned(), "/absent".to_owned());
    }
    forge.machine.insert("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned());
    forge
}

/// Commits a change of a file, and pushes it.
fn push(project: &Project, name: &str, content: &str, message: &str) -> String {
    let commit = project.commit(name, content, message).unwrap();
    project.git(&["push", "-q", "origin", "HEAD:refs/heads/main"]).unwrap();
    commit
}

/// That a workflow succeeded, or all that it said.
fn well(run: &Run) {
    assert!(run.jobs.iter().all(|job| job.result != "failure"), "{}", run.log());
    assert!(run.jobs.iter().any(|job| job.result == "success"), "nothing ran");
}

/// That a linter has nothing to say about a file.
fn linted(path: &Path) {
    let said = Command::new(tool("actionlint").unwrap()).arg("-no-color").arg(path).output().unwrap();
    assert!(said.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&said.stdout));
}

/// The lines of a log that are annotations of this kind.
fn annotations<'l>(log: &'l str, kind: &str) -> Vec<&'l str> {
    let start = format!("::{kind} ");
    log.lines().filter(|line| line.starts_with(&start)).collect()
}

#[test]
fn the_files_are_sound() {
    for name in ["team-002", "team-004"] {
        let folder = team(name).join(".github/workflows");
        for entry in std::fs::read_dir(folder).unwrap() {
            linted(&entry.unwrap().path());
        }
    }
    let schema = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
    let file = team("team-004").join(".gitlab-ci.yml");
    let said = Command::new(tool("check-jsonschema").unwrap()).args(schema).arg(&file).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}
