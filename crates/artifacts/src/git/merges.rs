//! Which merges add something of their own: files that git itself would not have made so of their parents, such as a
//! conflict that somebody resolved, a change that was put in, or one that was left out. Who only merges has not written.

use super::history::{answered, ended, peeled};
use super::{GitError, GitRepository};
use promote_core::commit::CommitId;
use std::collections::BTreeSet;

/// The merge, set off from the names of files that follow it. Names with such a character in them are quoted.
const FORMAT: &str = "--format=tformat:%x01%H";

/// What is switched off in every log.
const PLAIN: [&str; 3] = ["--no-show-signature", "--no-color", "--no-notes"];

/// A merge, and whether it adds something of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) id: CommitId,
    pub(super) adds: bool,
}

impl GitRepository {
    /// The merges of a range. Where git can't make them anew (before 2.35, or without the files), each counts as one that
    /// adds something.
    pub(super) async fn merges(&self, range: &[String]) -> Result<Vec<Merge>, GitError> {
        match self.made_anew(range).await {
            Ok(text) => read(&text, |names| !names.is_empty()),
            Err(_) => read(&self.log(&["--merges", "--no-patch", FORMAT], range).await?, |_| true),
        }
    }

    /// Each merge, and the files that differ from what git makes of its parents. What it makes goes into a folder of ours:
    /// nothing is written to the repository, which may be somebody else's.
    async fn made_anew(&self, range: &[String]) -> Result<String, GitError> {
        let place = ["--path-format=absolute", "--git-path", "objects"];
        let objects = self.answer("rev-parse", &place).await?;
        // In quotes, since a colon would end it.
        let objects = objects.trim_end_matches('\n').replace('\\', "\\\\").replace('"', "\\\"");
        let folder = tempfile::tempdir().map_err(GitError::Start)?;
        let mut command = self.command("log");
        command.env("GIT_OBJECT_DIRECTORY", folder.path());
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", format!("\"{objects}\""));
        command.args(PLAIN).args([
            "--merges",
            "--remerge-diff",
            "--name-only",
            "--no-ext-diff",
            "--no-textconv",
        ]);
        command.arg(FORMAT).args(range).arg("--");
        answered("log", &ended(command).await?)
    }

    /// Those of these commits that are merges here, and add nothing.
    pub(super) async fn mere_merges(&self, commits: &[CommitId]) -> Result<BTreeSet<CommitId>, GitError> {
        let mut range = vec!["--no-walk".to_owned()];
        for commit in commits {
            if self.has(commit).await? {
                range.push(peeled(commit.as_str()));
            }
        }
        // Without any, git would tell of what is checked out.
        if range.len() == 1 {
            return Ok(BTreeSet::new());
        }
        Ok(self.merges(&range).await?.into_iter().filter(|one| !one.adds).map(|one| one.id).collect())
    }

    pub(super) async fn log(&self, more: &[&str], range: &[String]) -> Result<String, GitError> {
        let mut arguments = PLAIN.to_vec();
        arguments.extend(more);
        arguments.extend(range.iter().map(String::as_str));
        arguments.push("--");
        self.answer("log", &arguments).await
    }
}

fn read(text: &str, adds: impl Fn(&str) -> bool) -> Result<Vec<Merge>, GitError> {
    let one = |part: &str| {
        let (id, names) = part.split_once('\n').unwrap_or((part, ""));
        let id = id.trim().parse().map_err(|_| GitError::Answer { command: "log" })?;
        Ok(Merge { id, adds: adds(names.trim()) })
    };
    text.split('\u{1}').skip(1).map(one).collect()
}
