//! When an object was stored: the committer's time of the commit that wrote its path last. The history is walked no
//! further than needed, and walked through only once when many objects are asked about.

use crate::process::{Git, Group, LOCAL};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::io;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};

/// How many objects are looked up one by one before the whole history is walked.
const SINGLES: usize = 24;

/// What is known already.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// By path, with the object that lay there.
    known: HashMap<String, (String, DateTime<Utc>)>,
    singles: usize,
    /// Every path of the history of one commit.
    walked: Option<(String, HashMap<String, DateTime<Utc>>)>,
}

impl Times {
    /// Remembers what was written just now.
    pub(crate) fn learn(&mut self, path: &str, id: &str, at: DateTime<Utc>) {
        self.known.insert(path.to_owned(), (id.to_owned(), at));
    }

    /// When each of these paths, with the object that lies there, was written last, as `commit`'s history says.
    pub(crate) async fn of(
        &mut self,
        git: &Git,
        commit: &str,
        wanted: &[(&str, &str)],
    ) -> io::Result<Vec<DateTime<Utc>>> {
        let missing: Vec<(&str, &str)> = wanted
            .iter()
            .copied()
            .filter(|(path, id)| self.known.get(*path).is_none_or(|(known, _)| known != id))
            .collect();
        match missing.as_slice() {
            [] => {}
            [(path, id)] if self.singles < SINGLES => {
                self.singles += 1;
                let at = single(git, commit, path).await?;
                self.learn(path, id, at);
            }
            _ => {
                if self.walked.as_ref().is_none_or(|(walked, _)| walked != commit) {
                    let paths =
                        (self.singles < SINGLES).then(|| missing.iter().map(|(path, _)| *path).collect());
                    let partly = paths.is_some();
                    let found = walk(git, commit, paths).await?;
                    if partly {
                        self.singles += 1;
                        self.take(&missing, &found);
                    } else {
                        self.walked = Some((commit.to_owned(), found));
                    }
                }
                if let Some((_, found)) = self.walked.take_if(|(walked, _)| walked == commit) {
                    self.take(&missing, &found);
                    self.walked = Some((commit.to_owned(), found));
                }
            }
        }
        let unknown = || io::Error::other("no commit of the branch wrote this path");
        wanted.iter().map(|(path, _)| self.known.get(*path).map(|(_, at)| *at).ok_or_else(unknown)).collect()
    }

    fn take(&mut self, missing: &[(&str, &str)], found: &HashMap<String, DateTime<Utc>>) {
        for (path, id) in missing {
            if let Some(at) = found.get(*path) {
                self.learn(path, id, *at);
            }
        }
    }
}

fn moment(seconds: &str) -> io::Result<DateTime<Utc>> {
    let at = seconds.trim().parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    at.ok_or_else(|| io::Error::other("git gave no time of a commit"))
}

async fn single(git: &Git, commit: &str, path: &str) -> io::Result<DateTime<Utc>> {
    // From the top of the tree, wherever in the work tree git runs.
    let path = format!(":(top,literal){path}");
    let said = git.local("log", &["-1", "--format=%ct", "--no-show-signature", commit, "--", &path]).await?;
    if !said.well() {
        return Err(io::Error::other(crate::stderr::reason(&said.err)));
    }
    moment(&said.line())
}

/// The time of the newest commit that wrote each path: of all of them, or until these are found.
async fn walk(
    git: &Git,
    commit: &str,
    until: Option<Vec<&str>>,
) -> io::Result<HashMap<String, DateTime<Utc>>> {
    let mut command = git.command("log");
    command.args(["-z", "--name-only", "--no-renames", "--no-show-signature", "--format=tformat:%x01%ct"]);
    let mut child = command.arg(commit).arg("--").stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let _group = Group::of(&child);
    let Some(stdout) = child.stdout.take() else {
        return Err(io::Error::other("git was started without a pipe"));
    };
    let read = async {
        let (mut lines, mut field) = (BufReader::new(stdout), Vec::new());
        let (mut found, mut at) = (HashMap::new(), None);
        let mut left: Option<std::collections::HashSet<&str>> =
            until.map(|paths| paths.into_iter().collect());
        loop {
            field.clear();
            if left.as_ref().is_some_and(|left| left.is_empty())
                || lines.read_until(0, &mut field).await? == 0
            {
                return Ok(found);
            }
            let text = String::from_utf8_lossy(&field);
            let text = text.trim_end_matches('\0').trim_start_matches('\n');
            if let Some(seconds) = text.strip_prefix('\u{1}') {
                at = Some(moment(seconds)?);
            } else if let (false, Some(at)) = (text.is_empty(), at) {
                if let Some(left) = &mut left {
                    left.remove(text);
                }
                found.entry(text.to_owned()).or_insert(at);
            }
        }
    };
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "git takes too long to walk the branch");
    tokio::time::timeout(LOCAL, read).await.map_err(late)?
}
