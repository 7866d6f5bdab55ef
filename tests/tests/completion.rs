//! What a shell is offered: names from promote.toml and from git, by the binary itself, without asking any store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use promote_tests::pseudo_terminal::PseudoTerminal;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Its store can't be reached: whoever asks it waits.
const CONFIG: &str = r#"
project = "shop"
environments = ["staging", "uat", "prod"]
ledger = "s3://acme-releases/.promote/shop/"

[store.acme-releases]
endpoint = "https://192.0.2.1:9"

[artifact.app]
source = "s3://acme-releases/app/{sha}.zip"
target = "s3://acme-releases/app/{env}.zip"

[artifact.web]
source = "s3://acme-releases/web/{sha}.zip"
target = "s3://acme-releases/web/{env}.zip"
"#;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let whoever = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false"];
    let output = git.args(whoever).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn project() -> (tempfile::TempDir, String) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    git(folder, &["init", "--quiet", "--template=", "--initial-branch=main"]);
    std::fs::write(folder.join("promote.toml"), CONFIG).unwrap();
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "feat: invoices"]);
    git(folder, &["tag", "v1.4.0"]);
    let commit = git(folder, &["rev-parse", "--short=7", "HEAD"]);
    (scratch, commit)
}

/// What is offered for the last word, as a shell asks.
fn offered(folder: &Path, shell: &str, words: &[&str]) -> Vec<String> {
    let begun = Instant::now();
    let output = Command::new(PROGRAM)
        .current_dir(folder)
        .args(["--", "promote"])
        .args(words)
        .env("PROMOTE_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_IFS", "\n")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    // A store that is asked keeps whoever asks for five seconds.
    assert!(begun.elapsed() < Duration::from_secs(5), "{words:?} took {:?}", begun.elapsed());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split(['\t', ':']).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn names_are_completed_from_the_file_and_from_git() {
    let (scratch, commit) = project();
    for shell in ["bash", "zsh", "fish"] {
        let offered = |words: &[&str]| offered(scratch.path(), shell, words);
        assert_eq!(offered(&["to", ""])[..3], ["staging", "uat", "prod"], "{shell}");
        assert_eq!(offered(&["to", "u"]), ["uat"], "{shell}");
        let releases = offered(&["to", "uat", ""]);
        for wanted in ["staging", "prod", "previous", "v1.4.0", &commit] {
            assert!(releases.iter().any(|one| one == wanted), "{shell}: {wanted} of {releases:?}");
        }
        assert_eq!(offered(&["rollback", "prod", "--to", &commit[..5]]), [commit.as_str()], "{shell}");
        assert_eq!(offered(&["to", "prod", "--override", "so"]), ["soak"], "{shell}");
        assert!(!offered(&["to", "prod", "--override", "un"]).contains(&"unfinished".to_owned()), "{shell}");
        assert_eq!(offered(&["publish", "a"]), ["app="], "{shell}");
        assert!(offered(&["publish", "app=promote"]).contains(&"app=promote.toml".to_owned()), "{shell}");
        assert_eq!(offered(&["help", "exit"]), ["exit-codes"], "{shell}");
        assert_eq!(offered(&["unf"]), ["unfreeze"], "{shell}");
    }
}

#[test]
fn values_fit_the_place_and_come_once() {
    let (scratch, _) = project();
    for shell in ["bash", "zsh", "fish"] {
        let offered = |words: &[&str]| offered(scratch.path(), shell, words);
        assert_eq!(offered(&["iam", "aws", "--for", "pu"]), ["publish"], "{shell}");
        assert!(!offered(&["iam", "aws", "--for", ""]).contains(&"history".to_owned()), "{shell}");
        for word in ["soak,", "from,soak,"] {
            let rules = offered(&["to", "prod", "--override", word]);
            assert!(rules.contains(&format!("{word}freeze")), "{shell}: {rules:?}");
            assert!(!rules.contains(&format!("{word}soak")), "{shell}: {rules:?}");
        }
    }
}

/// Names of tags and files that run a command where a shell puts them on its line as they are.
const NASTY: [&str; 6] = ["v9;touch${IFS}P", "v9$(touch${IFS}P)", "v9`id`", "v9&id", "v9|id", "v9>P"];

#[test]
fn names_that_mean_something_to_a_shell_are_not_offered() {
    let (scratch, _) = project();
    let folder = scratch.path();
    for name in NASTY {
        git(folder, &["tag", name]);
        std::fs::write(folder.join(name), "").unwrap();
    }
    git(folder, &["tag", "v9-plain"]);
    std::fs::write(folder.join("v9.zip"), "").unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let offered = |words: &[&str]| offered(folder, shell, words);
        assert_eq!(offered(&["show", "v9"]), ["v9-plain"], "{shell}");
        assert_eq!(offered(&["verify-archive", "v9"]), ["v9.zip"], "{shell}");
        assert_eq!(offered(&["--config", "v9"]), ["v9.zip"], "{shell}");
        assert_eq!(offered(&["publish", "app=v9"]), ["app=v9.zip"], "{shell}");
    }
}

#[test]
fn an_interactive_bash_runs_nothing_that_was_completed() {
    let (scratch, _) = project();
    let folder = scratch.path();
    // Nobody is asked whom to trust.
    let local =
        "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"a/{sha}.zip\"\ntarget = \"a/{env}.zip\"\n";
    std::fs::write(folder.join("promote.toml"), local).unwrap();
    git(folder, &["tag", "v9;touch${IFS}from-tag"]);
    std::fs::write(folder.join("w;touch${IFS}from-file;x.zip"), "").unwrap();
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(PROGRAM, programs.path().join("promote")).unwrap();
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap());
    let bash = pty_process::blocking::Command::new("bash")
        .args(["--norc", "--noprofile", "-i"])
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", programs.path())
        .env("TERM", "xterm")
        .env("PS1", "ready: ");
    let mut terminal = PseudoTerminal::run(bash, 120).unwrap();
    let mut number = 0;
    for line in ["source <(promote completions bash)", "promote show v9\t", "promote verify-archive w\t"] {
        number += 1;
        terminal.until(|screen| screen.ends_with("ready:")).unwrap();
        terminal.types(&format!("{line}\n")).unwrap();
        terminal.types(&format!("echo $((600 + {number}))\n")).unwrap();
        terminal.until(|screen| screen.contains(&format!("\n{}", 600 + number))).unwrap();
    }
    assert!(!folder.join("from-tag").exists() && !folder.join("from-file").exists(), "{}", terminal.screen());
}

#[test]
fn nothing_is_offered_where_there_is_no_project_and_nothing_fails() {
    let scratch = tempfile::tempdir().unwrap();
    assert!(!offered(scratch.path(), "bash", &["to", ""]).contains(&"prod".to_owned()));
    assert_eq!(offered(scratch.path(), "bash", &["to", "uat", "pre"]), ["previous"]);
    std::fs::write(scratch.path().join("promote.toml"), "environments = [").unwrap();
    assert!(!offered(scratch.path(), "bash", &["to", ""]).contains(&"prod".to_owned()));
}

#[test]
fn bash_takes_the_script_and_completes() {
    let (scratch, _) = project();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(PROGRAM, folder.path().join("promote")).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let script = "source <(promote completions bash)\n\
                  COMP_WORDS=(promote to p); COMP_CWORD=2\n\
                  _clap_complete_promote promote p to\n\
                  echo \"${COMPREPLY[*]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", script])
        .current_dir(scratch.path())
        .env("PATH", path)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "prod", "{output:?}");
}
