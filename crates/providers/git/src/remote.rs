//! The two conversations with the remote: fetching the branch, and pushing one commit onto it. In a repository
//! without a remote both are a look at the branch and a compare-and-swap of it.

use crate::process::{CommandOutput, Git, NETWORK, finish};
use crate::repository::Repository;
use crate::stderr::{About, Cause, cause, reason};
use promote_port::port::{ErrorKind, ProviderError};
use std::io;
use std::time::Duration;
use tokio::process::Command;

/// How often a fetch is repeated that another process of the same clone got in the way of.
const LOCKED: u32 = 12;

/// How a push ended.
#[derive(Debug)]
pub(crate) enum Pushed {
    /// The branch now ends with the commit.
    Done,
    /// Somebody else was first: the branch does not end any more where the commit begins.
    Moved,
    /// The remote said no, for this reason. It may be because somebody else was first, too.
    Refused(String),
    /// Nothing was sent.
    Unsent(ProviderError),
    /// It was sent, and whether it landed is not known.
    Doubt(String),
}

fn talking(git: &Git, repository: &Repository, settings: &[&str], subcommand: &str) -> Command {
    let mut command = git.command_with(settings, subcommand);
    if repository.plain_ssh {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=20");
    }
    command
}

/// Fetches the branch and gives the commit that it ends with. `known`: the commit that it ended with before.
///
/// # Errors
/// `Corrupt` when the branch was rewritten or removed since.
pub(crate) async fn fetch(
    git: &Git,
    repository: &Repository,
    about: About<'_>,
    known: Option<&str>,
) -> Result<Option<String>, ProviderError> {
    let whole = format!("refs/heads/{}", about.branch);
    let Some(remote) = &repository.remote else { return Repository::reference(git, about, &whole).await };
    for attempt in 0.. {
        // The ledger shares no history with the code, so nothing of that need be offered to the remote.
        let offered = if known.is_some() { "consecutive" } else { "noop" };
        let offered = format!("fetch.negotiationAlgorithm={offered}");
        let mut command = talking(git, repository, &[&offered], "fetch");
        command.args(["--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-prune"]);
        command.args(["--no-progress", "--refmap=", "--show-forced-updates", "--no-filter"]);
        command.args(known.map(|known| format!("--negotiation-tip={known}")));
        command.arg("--").arg(remote).arg(format!("{whole}:{}", repository.kept));
        let said = match finish(command, None, NETWORK).await {
            Ok(said) => said,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let message = format!("`{remote}` does not answer");
                return Err(about.error(ErrorKind::Unavailable, message).caused_by(error));
            }
            Err(error) => return Err(about.not_run(error)),
        };
        if said.well() {
            return Repository::reference(git, about, &repository.kept).await;
        }
        if said.err.contains("couldn't find remote ref") {
            return match known {
                None => Ok(None),
                Some(known) => Err(rewritten(repository, about, known, "is gone from")),
            };
        }
        if said.err.contains("non-fast-forward") {
            return Err(rewritten(repository, about, known.unwrap_or("it"), "was rewritten at"));
        }
        if is_locked(&said.err) && attempt < LOCKED {
            pause(attempt).await;
            continue;
        }
        return Err(about.remote_failed(&said.err, false));
    }
    Err(about.error(ErrorKind::Unavailable, "the branch could not be fetched"))
}

/// Makes the branch end with `commit`, whose parent is `parent`, if it still ends with that.
pub(crate) async fn push(
    git: &Git,
    repository: &Repository,
    about: About<'_>,
    commit: &str,
    parent: Option<&str>,
) -> Pushed {
    let whole = format!("refs/heads/{}", about.branch);
    let Some(remote) = &repository.remote else {
        let old = parent.unwrap_or("0000000000000000000000000000000000000000");
        return match git.local("update-ref", &["-m", "promote", &whole, commit, old]).await {
            Ok(said) if said.well() => Pushed::Done,
            Ok(said) if cause(&said.err) == Cause::Denied => Pushed::Refused(reason(&said.err)),
            Ok(_) => Pushed::Moved,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Pushed::Doubt(error.to_string()),
            Err(error) => Pushed::Unsent(about.not_run(error)),
        };
    };
    // A remote that is set up as a mirror takes every reference or none; this is one of them.
    let single = format!("remote.{remote}.mirror=false");
    let settings: Vec<&str> = if remote.contains('=') { Vec::new() } else { vec![&single] };
    let mut command = talking(git, repository, &settings, "push");
    command.args([
        "--porcelain",
        "--no-verify",
        "--no-progress",
        "--no-recurse-submodules",
        "--no-follow-tags",
    ]);
    command.arg("--").arg(remote).arg(format!("{commit}:{whole}"));
    match finish(command, None, NETWORK).await {
        Ok(said) => judge(about, &said),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Pushed::Unsent(about.not_run(error)),
        Err(error) => Pushed::Doubt(error.to_string()),
    }
}

/// What the answer of a push means. A porcelain line says `FLAG<tab>FROM:TO<tab>SUMMARY (REASON)`.
fn judge(about: About<'_>, said: &CommandOutput) -> Pushed {
    let out = String::from_utf8_lossy(&said.out);
    let verdict = out.lines().find_map(|line| {
        let mut fields = line.splitn(3, '\t');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(flag), Some(_), Some(summary)) if flag.len() == 1 => {
                Some((flag.to_owned(), summary.to_owned()))
            }
            _ => None,
        }
    });
    match verdict {
        Some((flag, _)) if said.well() && matches!(flag.as_str(), "*" | " ") => Pushed::Done,
        // Somebody wrote the same bytes in the same second: theirs was first.
        Some((flag, _)) if flag == "=" => Pushed::Moved,
        // This clone knows that it would be no fast-forward.
        Some((flag, summary)) if flag == "!" && summary.starts_with("[rejected]") => Pushed::Moved,
        Some((flag, summary)) if flag == "!" && summary.starts_with("[remote rejected]") => {
            let why = summary.split_once('(').map_or(summary.as_str(), |(_, why)| why.trim_end_matches(')'));
            let told = said.err.lines().filter(|line| line.starts_with("remote: ")).take(3);
            let told: Vec<String> = told.map(reason).filter(|line| !line.is_empty()).collect();
            Pushed::Refused([vec![reason(why)], told].concat().join("; "))
        }
        // `[remote failure]`, `[no match]`, or no verdict although the connection was there.
        Some(_) => Pushed::Doubt(reason(&said.err)),
        None if said.code.is_none() => Pushed::Doubt("git was ended by a signal".to_owned()),
        None if said.well() => Pushed::Doubt("git did not say what became of the branch".to_owned()),
        // Git's own arguments are judged before anything is sent.
        None if said.err.contains("can't be combined with refspecs") => {
            Pushed::Unsent(about.error(ErrorKind::Invalid, reason(&said.err)))
        }
        None => match cause(&said.err) {
            Cause::Doubtful => Pushed::Doubt(reason(&said.err)),
            _ => Pushed::Unsent(about.remote_failed(&said.err, true)),
        },
    }
}

/// Whether words of a remote tell of another push at the same moment, rather than of a right that is missing.
pub(crate) fn is_race(reason: &str) -> bool {
    let low = reason.to_lowercase();
    let words = [
        "lock",
        "failed to update ref",
        "incorrect old value",
        "already exists",
        "fast-forward",
        "fetch first",
    ];
    words.iter().any(|word| low.contains(word)) && !low.contains("hook declined")
}

/// Whether another process of this clone held the private reference.
fn is_locked(err: &str) -> bool {
    err.contains("cannot lock ref") || err.contains("unable to update local ref")
}

/// Waits a moment that grows with each attempt, and that no two racers share.
pub(crate) async fn pause(attempt: u32) {
    let most = 40_u64.saturating_mul(1 << attempt.min(5));
    let mut bytes = [0; 8];
    // Without chance the racers wait alike, and the remote still lets one of them be first.
    let _ = getrandom::fill(&mut bytes);
    tokio::time::sleep(Duration::from_millis(u64::from_be_bytes(bytes) % most.max(1))).await;
}

fn rewritten(repository: &Repository, about: About<'_>, known: &str, what: &str) -> ProviderError {
    let remote = repository.remote.as_deref().unwrap_or("the repository");
    about
        .error(
            ErrorKind::Corrupt,
            format!("the branch {what} `{remote}`: records that were seen here may be lost"),
        )
        .hint(format!(
            "`git log {}` shows the branch as it was seen last, ending with {}",
            repository.kept,
            short(known)
        ))
        .hint(format!("to put it back: `git push {remote} {}:refs/heads/{}`", short(known), about.branch))
        .hint(format!("to accept what is there now: `git update-ref -d {}`", repository.kept))
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(code: i32, out: &str, err: &str) -> String {
        let about = About { store: "git:x", branch: "x", remote: Some("origin") };
        let said = CommandOutput { code: Some(code), out: out.into(), err: err.into() };
        match judge(about, &said) {
            Pushed::Done => "done".to_owned(),
            Pushed::Moved => "moved".to_owned(),
            Pushed::Refused(why) => format!("refused: {why}"),
            Pushed::Unsent(error) => format!("unsent {:?}", error.kind),
            Pushed::Doubt(why) => format!("doubt: {why}"),
        }
    }

    #[test]
    fn pushes_are_judged_by_what_git_says() {
        let line = |flag: &str, summary: &str| format!("To x\n{flag}\ta:refs/heads/x\t{summary}\nDone\n");
        for (code, out, err, expected) in [
            (0, line("*", "[new branch]"), "", "done"),
            (0, line(" ", "a..b"), "", "done"),
            (0, line("=", "[up to date]"), "", "moved"),
            (1, line("!", "[rejected] (non-fast-forward)"), "", "moved"),
            (1, line("!", "[rejected] (fetch first)"), "", "moved"),
            (
                1,
                line("!", "[remote rejected] (protected branch hook declined)"),
                "remote: error: GH006: no\n",
                "refused: protected branch hook declined; GH006: no",
            ),
            (
                1,
                line("!", "[remote failure] (remote failed to report status)"),
                "fatal: hung up",
                "doubt: hung up",
            ),
            (128, String::new(), "fatal: Authentication failed for 'x'", "unsent Denied"),
            (
                128,
                String::new(),
                "fatal: unable to access 'http://x/': Connection refused",
                "unsent Unavailable",
            ),
            (
                128,
                String::new(),
                "fatal: the remote end hung up unexpectedly",
                "doubt: the remote end hung up unexpectedly",
            ),
            (0, String::new(), "", "doubt: git did not say what became of the branch"),
        ] {
            assert_eq!(judged(code, &out, err), expected, "{out}{err}");
        }
    }

    #[test]
    fn a_race_at_the_remote_is_told_from_a_refusal() {
        for race in [
            "cannot lock ref 'refs/heads/x': is at a but expected b",
            "failed to update ref",
            "reference already exists",
        ] {
            assert!(is_race(race), "{race}");
        }
        for refusal in [
            "protected branch hook declined",
            "pre-receive hook declined",
            "branch is locked; hook declined",
            "deletion prohibited",
        ] {
            assert!(!is_race(refusal), "{refusal}");
        }
    }
}
