//! Making the commit that changes one path, by one `git fast-import` in a throw-away repository that shares nothing
//! with the user's but the folder of objects: no index, no work tree and no reference of theirs is touched.

use crate::process::{Git, LOCAL, finish};
use crate::repository::{Repository, is_id};
use crate::stderr::About;
use chrono::{DateTime, Utc};
use promote_port::location::Key;
use promote_port::port::ProviderError;
use std::io;

/// The file that tells a branch of ours from any other.
pub(crate) const MARK: &str = ".promote-ledger";
/// What the mark holds.
pub(crate) const MARKED: &str = "promote/ledger-branch@1\n";
/// For people who come upon the branch.
pub(crate) const README: &str = "README.md";
const README_TEXT: &str = "# Ledger of promote\n\n\
    Each commit of this branch is one record of a promotion between environments, written by `promote`. Records are\n\
    only ever added. Do not edit, merge, rebase or force-push this branch, and keep others from doing so: protect it\n\
    against force pushes and deletion.\n";

/// What becomes of the path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change<'a> {
    /// It holds this content.
    Put(&'a [u8]),
    /// It holds the object of this name, which is there already.
    Link(&'a str),
    /// It is gone.
    Remove,
}

/// A commit that is not on any branch yet.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// Its name.
    pub(crate) commit: String,
    /// The object that the path holds now; empty when it was removed.
    pub(crate) blob: String,
    /// Its committer's time, in whole seconds.
    pub(crate) at: DateTime<Utc>,
}

/// Makes the commit after `parent`, or the first one of the branch.
pub(crate) async fn make(
    git: &Git,
    repository: &Repository,
    about: About<'_>,
    who: &str,
    parent: Option<&str>,
    key: &Key,
    change: Change<'_>,
) -> Result<Made, ProviderError> {
    let seconds = Utc::now().timestamp();
    let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let stream = stream(who, seconds, parent, key, change);
    let scratch = scratch().map_err(|error| about.not_run(error))?;
    let mut command = git.command("fast-import");
    command.arg("--quiet").env("GIT_DIR", scratch.path()).env("GIT_OBJECT_DIRECTORY", &repository.objects);
    let said = finish(command, Some(stream), LOCAL).await.map_err(|error| about.not_run(error))?;
    let text = String::from_utf8_lossy(&said.out).into_owned();
    let mut ids = text.lines().map(str::to_owned);
    let commit = ids.next().filter(|id| said.well() && is_id(id));
    let blob = match change {
        Change::Put(_) => ids.next().filter(|id| is_id(id)),
        Change::Link(id) => Some(id.to_owned()),
        Change::Remove => Some(String::new()),
    };
    match (commit, blob) {
        (Some(commit), Some(blob)) => Ok(Made { commit, blob, at }),
        _ => Err(about.failed("fast-import", &said)),
    }
}

/// The least that git takes for a repository.
fn scratch() -> io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("promote-git-").tempdir()?;
    std::fs::create_dir(folder.path().join("refs"))?;
    std::fs::write(folder.path().join("HEAD"), "ref: refs/heads/ledger\n")?;
    Ok(folder)
}

fn stream(who: &str, seconds: i64, parent: Option<&str>, key: &Key, change: Change<'_>) -> Vec<u8> {
    let mut out = Vec::from("feature done\n");
    let blob = |out: &mut Vec<u8>, mark: u32, content: &[u8]| {
        out.extend(format!("blob\nmark :{mark}\ndata {}\n", content.len()).as_bytes());
        out.extend(content);
        out.push(b'\n');
    };
    if let Change::Put(content) = change {
        blob(&mut out, 2, content);
    }
    if parent.is_none() {
        blob(&mut out, 3, MARKED.as_bytes());
        blob(&mut out, 4, README_TEXT.as_bytes());
    }
    let message = format!("{}\n\n[skip ci]\n", subject(key, change));
    out.extend(format!("commit refs/heads/ledger\nmark :1\ncommitter {who} {seconds} +0000\n").as_bytes());
    out.extend(format!("data {}\n{message}\n", message.len()).as_bytes());
    match parent {
        Some(parent) => out.extend(format!("from {parent}\n").as_bytes()),
        None => out.extend(format!("M 100644 :3 {MARK}\nM 100644 :4 {README}\n").as_bytes()),
    }
    let path = quoted(key);
    out.extend(
        match change {
            Change::Put(_) => format!("M 100644 :2 {path}\n"),
            Change::Link(id) => format!("M 100644 {id} {path}\n"),
            Change::Remove => format!("D {path}\n"),
        }
        .as_bytes(),
    );
    out.extend(b"\nget-mark :1\n");
    if matches!(change, Change::Put(_)) {
        out.extend(b"get-mark :2\n");
    }
    out.extend(b"done\n");
    out
}

/// A path as `fast-import` reads it. Keys hold no control characters and no backslashes.
fn quoted(key: &Key) -> String {
    format!("\"{}\"", key.as_str().replace('"', "\\\""))
}

/// One line for people who read `git log`: `shop: prod 12 intent`, else what was done to the path. Keys hold no
/// control characters, and of the content only a plain word is repeated.
fn subject(key: &Key, change: Change<'_>) -> String {
    let shown = promote_port::names::escape(key.as_str());
    let content = match change {
        Change::Put(content) => content,
        Change::Link(_) => return format!("copy to {shown}"),
        Change::Remove => return format!("remove {shown}"),
    };
    record(key, content).unwrap_or_else(|| format!("add {shown}"))
}

fn record(key: &Key, content: &[u8]) -> Option<String> {
    let (project, rest) = key.as_str().split_once("/lanes/")?;
    let (lane, _) = rest.split_once("/log/")?;
    let line = content.split(|byte| *byte == b'\n').next()?;
    let record: serde_json::Value = serde_json::from_slice(line).ok()?;
    let word = |name: &str, all: fn(u8) -> bool| {
        record.get(name)?.as_str().filter(|word| (1..=20).contains(&word.len()) && word.bytes().all(all))
    };
    let kind = word("kind", |b| b.is_ascii_lowercase() || b == b'-')?;
    let seq = word("seq", |b| b.is_ascii_digit())?;
    let shown = promote_port::names::escape;
    (!lane.contains('/')).then(|| format!("{}: {} {seq} {kind}", shown(project), shown(lane)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_say_what_they_record_and_nothing_foreign() {
        let key: Key = "shop/lanes/prod/log/999/999/999/987.json".parse().unwrap();
        let said = |content: &str| subject(&key, Change::Put(content.as_bytes()));
        assert_eq!(said("{\"seq\":\"12\",\"kind\":\"intent\",\"x\":1}\nsigned"), "shop: prod 12 intent");
        let plain = "add shop/lanes/prod/log/999/999/999/987.json";
        for foreign in [
            "{\"seq\":\"12\",\"kind\":\"\\u001b[31m\"}",
            "{\"seq\":\"12\",\"kind\":\"a\\nb\"}",
            "{\"seq\":\"1\\n2\",\"kind\":\"intent\"}",
            "{\"seq\":\"12\",\"kind\":7}",
            "{\"kind\":\"intent\"}",
            "nonsense",
        ] {
            assert_eq!(said(foreign), plain, "{foreign}");
        }
        let other: Key = "shop/ledger.json".parse().unwrap();
        assert_eq!(subject(&other, Change::Put(b"{\"kind\":\"intent\"}")), "add shop/ledger.json");
        assert_eq!(subject(&other, Change::Remove), "remove shop/ledger.json");
    }
}
