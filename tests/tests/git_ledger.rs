//! The life of a release whose ledger is a branch of the repository, told from two clones in turn, with the command
//! itself; what a promotion costs in conversations with the remote; and what is said when the remote says no.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

use promote_tests::project::{Project, local_file};
use serde_json::Value;
use std::path::{Path, PathBuf};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Writes down each conversation with a remote, and goes on as git.
const GIT: &str = r#"#!/bin/sh
DIR=$(dirname "$0")
PATH=${PATH#*:}
for word in "$@"; do
    case $word in
        fetch | push) echo "$word" >> "$DIR/conversations" ;;
    esac
done
exec git "$@"
"#;

/// A remote, two clones of it that take turns at one folder of artifacts, and the commits of two releases.
struct Team {
    folder: tempfile::TempDir,
    project: Project,
    releases: [String; 2],
}

impl Team {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let first = Project::new(PROGRAM).unwrap();
        first.write("promote.toml", format!("ledger = \"git:promote-ledger\"\n{}", local_file())).unwrap();
        first.git(&["add", "promote.toml"]).unwrap();
        let one = first.commit("app.txt", "one\n", "feat: begin").unwrap();
        let two = first.commit("app.txt", "two\n", "feat: go on").unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        first.git(&["clone", "-q", "--bare", ".", &at("remote.git")]).unwrap();
        let mut project = Project::clone_of(PROGRAM, Path::new(&at("remote.git"))).unwrap();
        std::fs::remove_dir_all(project.folder().join(".git")).unwrap();
        for name in ["ann", "ben"] {
            let own = format!("--separate-git-dir={}", at(&format!("{name}.git")));
            first.git(&["clone", "-q", "--no-checkout", &own, &at("remote.git"), &at(name)]).unwrap();
        }
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        executable(&bin.join("git"), GIT);
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        project.variables.insert("PATH".to_owned(), path);
        let team = Self { folder, project, releases: [one, two] };
        team.turn("ann");
        team
    }

    /// From now on the folder belongs to this clone.
    fn turn(&self, name: &str) {
        let own = self.folder.path().join(format!("{name}.git"));
        self.project.write(".git", format!("gitdir: {}\n", own.display())).unwrap();
    }

    fn remote(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    /// The conversations since the last time that this was asked.
    fn conversations(&self) -> Vec<String> {
        let file = self.folder.path().join("bin/conversations");
        let said = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::remove_file(&file).ok();
        said.lines().map(str::to_owned).collect()
    }

    /// The subjects of the branch, newest first.
    fn log(&self) -> Vec<String> {
        let remote = self.remote();
        let log = ["-C", remote.to_str().unwrap(), "log", "--format=%s", "promote-ledger"];
        self.project.git(&log).unwrap().lines().map(str::to_owned).collect()
    }

    fn running(&self) -> Vec<Option<String>> {
        let status = self.project.document(&["status"]).unwrap();
        let environments = status["environments"].as_array().unwrap();
        let sha = |one: &Value| one.pointer("/running/sha").and_then(Value::as_str).map(str::to_owned);
        environments.iter().map(sha).collect()
    }
}

fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_release_lives_on_a_branch_told_from_two_clones() {
    let team = Team::new();
    let project = &team.project;
    let [one, two] = team.releases.clone();
    let (first, second) = (Some(one.clone()), Some(two.clone()));
    project.done(&["publish", "--commit", &one]).unwrap();
    assert_eq!(team.running(), [first.clone(), None, None], "the first environment is automatic");
    team.turn("ben");
    assert_eq!(team.running(), [first.clone(), None, None], "another clone sees it");
    team.conversations();
    project.done(&["to", "uat", "--yes"]).unwrap();
    let talk = team.conversations();
    println!("a promotion: {}", talk.join(", "));
    // A slow machine may look once more between the two pushes.
    assert!(talk.len() <= 4, "{talk:?}");
    assert_eq!(talk.iter().filter(|word| *word == "push").count(), 2, "{talk:?}");
    team.turn("ann");
    project.done(&["to", "prod", &one, "--yes"]).unwrap();
    project.done(&["publish", "--commit", &two]).unwrap();
    team.turn("ben");
    for environment in ["uat", "prod"] {
        project.done(&["to", environment, &two, "--yes"]).unwrap();
    }
    assert_eq!(team.running(), [second.clone(), second.clone(), second.clone()]);
    team.turn("ann");
    project.done(&["rollback", "prod", "--yes", "--reason", "502 on /pay"]).unwrap();
    assert_eq!(team.running(), [second.clone(), second, first]);
    team.turn("ben");
    project.done(&["verify"]).unwrap();
    let verified = project.document(&["verify", "--ledger"]).unwrap();
    assert_eq!(verified["matches"], true, "{verified}");
    let history = project.document(&["history", "prod"]).unwrap();
    let told: Vec<(&str, &str)> = history["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["sha"].as_str().unwrap_or("no sha"), one["result"].as_str().unwrap_or("no result")))
        .collect();
    assert_eq!(told, [(&*one, "rolled-back"), (&*two, "promoted"), (&*one, "promoted")], "{history}");
    let log = team.log();
    assert_eq!(log.first().map(String::as_str), Some("shop: prod 6 commit"), "{log:#?}");
    assert_eq!(log.last().map(String::as_str), Some("add shop/ledger.json"), "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.ends_with(" intent")).count(), 7, "{log:#?}");
    println!("{} commits on the branch", log.len());
}

#[test]
fn clones_that_promote_at_once_do_not_both_win() {
    let team = Team::new();
    let project = &team.project;
    let [one, two] = team.releases.clone();
    for release in [&one, &two] {
        project.done(&["publish", "--commit", release]).unwrap();
    }
    let both = std::thread::scope(|scope| {
        let runs = [&one, &two]
            .map(|release| scope.spawn(move || project.run(&["to", "uat", release, "--yes"]).unwrap()));
        runs.map(|run| run.join().unwrap())
    });
    let done = both.iter().filter(|ran| ran.code == Some(0)).count();
    assert!((1..=2).contains(&done), "{both:?}");
    for ran in both.iter().filter(|ran| ran.code != Some(0)) {
        assert!(matches!(ran.code, Some(3 | 6)), "{ran:?}");
    }
    let verified = project.document(&["verify", "--ledger"]).unwrap();
    assert_eq!(verified["matches"], true, "{verified}");
}

#[test]
fn a_remote_that_says_no_is_told_so_and_nothing_moves() {
    let team = Team::new();
    let project = &team.project;
    let [one, _] = team.releases.clone();
    project.done(&["publish", "--commit", &one]).unwrap();
    let hook = team.remote().join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    executable(&hook, "#!/bin/sh\necho 'error: GH006: protected' >&2\nexit 1\n");
    let ran = project.run(&["to", "uat", "--yes"]).unwrap();
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.err.contains("GH006: protected") && ran.err.contains("without a review"), "{ran:?}");
    assert_eq!(team.running(), [Some(one), None, None]);
    assert!(!project.folder().join("shop/uat.zip").exists());
}

#[test]
fn without_a_remote_the_branch_is_the_repositorys_own() {
    let team = Team::new();
    let project = &team.project;
    let [one, _] = team.releases.clone();
    project.git(&["remote", "remove", "origin"]).unwrap();
    project.done(&["publish", "--commit", &one]).unwrap();
    project.done(&["to", "uat", "--yes"]).unwrap();
    assert_eq!(team.running(), [Some(one.clone()), Some(one), None]);
    assert_eq!(team.conversations(), [""; 0]);
    let subject = project.git(&["log", "-1", "--format=%s", "promote-ledger"]).unwrap();
    assert_eq!(subject, "shop: uat 2 commit");
}
