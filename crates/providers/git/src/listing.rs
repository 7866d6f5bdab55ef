//! Listing a part of the tree: `git ls-tree` below the folder that the prefix leads to, read no further than needed.
//! Git sorts a tree so that its files, read through, ascend by the bytes of their whole paths.

use crate::process::{Git, Group, LOCAL};
use promote_port::location::Key;
use std::io;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// A file that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its path.
    pub(crate) key: Key,
    /// Its object name.
    pub(crate) id: String,
    /// Its length in bytes.
    pub(crate) size: u64,
}

/// Up to `limit` files of the commit whose paths begin with `prefix` and sort after `after`, and whether more follow.
pub(crate) async fn list(
    git: &Git,
    commit: &str,
    prefix: &str,
    after: Option<&Key>,
    limit: usize,
) -> io::Result<(Vec<Listed>, bool)> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "git takes too long to list the branch");
    let read = tokio::time::timeout(LOCAL, names(git, commit, prefix, after, limit));
    let (mut found, more) = read.await.map_err(late)??;
    measure(git, &mut found).await?;
    Ok((found, more))
}

async fn names(
    git: &Git,
    commit: &str,
    prefix: &str,
    after: Option<&Key>,
    limit: usize,
) -> io::Result<(Vec<Listed>, bool)> {
    let mut command = git.command("ls-tree");
    command.args(["-r", "-z", "--full-tree", commit]).env("GIT_LITERAL_PATHSPECS", "1");
    if let Some((folder, _)) = prefix.rsplit_once('/') {
        command.arg("--").arg(format!("{folder}/"));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let group = Group::of(&child);
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("git was started without pipes"));
    };
    let mut lines = BufReader::new(stdout);
    let (mut found, mut entry) = (Vec::new(), Vec::new());
    loop {
        entry.clear();
        if lines.read_until(0, &mut entry).await? == 0 {
            break;
        }
        // `MODE TYPE ID<tab>PATH`. What is no key, or no plain file, was not put there by a ledger.
        let text = String::from_utf8_lossy(&entry);
        let Some((facts, path)) = text.trim_end_matches('\0').split_once('\t') else { continue };
        let mut facts = facts.split(' ');
        let (Some("100644"), Some("blob"), Some(id)) = (facts.next(), facts.next(), facts.next()) else {
            continue;
        };
        let Ok(key) = path.parse::<Key>() else { continue };
        if !path.starts_with(prefix) || after.is_some_and(|after| key <= *after) {
            continue;
        }
        if found.len() == limit {
            // The rest is not needed: git is ended with the group.
            drop(group);
            return Ok((found, true));
        }
        found.push(Listed { key, id: id.to_owned(), size: 0 });
    }
    let mut said = String::new();
    stderr.take(4096).read_to_string(&mut said).await?;
    if child.wait().await?.success() {
        return Ok((found, false));
    }
    Err(io::Error::other(crate::stderr::reason(&said)))
}

/// Fills in the sizes.
async fn measure(git: &Git, found: &mut [Listed]) -> io::Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let names: String = found.iter().map(|one| format!("{}\n", one.id)).collect();
    let mut command = git.command("cat-file");
    command.arg("--batch-check=%(objectsize)");
    let said = crate::process::finish(command, Some(names.into_bytes()), LOCAL).await?;
    let text = String::from_utf8_lossy(&said.out);
    let mut sizes = text.lines();
    for one in found {
        let size = sizes.next().and_then(|size| size.parse().ok());
        one.size = size.ok_or_else(|| io::Error::other("git does not know an object that it listed"))?;
    }
    Ok(())
}
