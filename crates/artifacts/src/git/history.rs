//! The port through which rules and messages ask about the project's commits.

use super::{GitError, GitRepository, reason, revision};
use async_trait::async_trait;
use chrono::DateTime;
use promote_core::commit::{CommitId, CommitPrefix};
use promote_core::port::{Author, Commit, History, ProviderError};
use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};

const FORMAT: &str = "--format=tformat:%H%x00%ct%x00%an%x00%s";

impl GitRepository {
    async fn ask(&self, subcommand: &'static str, arguments: &[&str]) -> Result<Output, GitError> {
        let mut command = self.command(subcommand);
        command.args(arguments);
        ended(command).await
    }

    /// What git answered, when it succeeded.
    pub(super) async fn answer(
        &self,
        subcommand: &'static str,
        arguments: &[&str],
    ) -> Result<String, GitError> {
        answered(subcommand, &self.ask(subcommand, arguments).await?)
    }

    /// The commit that a full object or ref name leads to.
    async fn peel(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        let output =
            self.ask("rev-parse", &["--verify", "--quiet", "--end-of-options", &peeled(name)]).await?;
        // A name that leads nowhere is told by 1 and no word; what keeps git from looking is no answer.
        if output.status.code() != Some(1) && !output.status.success() {
            return Err(GitError::Failed { command: "rev-parse".into(), reason: reason(&output.stderr) });
        }
        let text = String::from_utf8_lossy(&output.stdout);
        // Git 2.30 and later leave `--end-of-options` out of the answer; the commit is the last line either way.
        Ok(text.lines().last().filter(|_| output.status.success()).and_then(|line| line.trim().parse().ok()))
    }

    pub(super) async fn has(&self, commit: &CommitId) -> Result<bool, GitError> {
        Ok(self.peel(commit.as_str()).await?.is_some())
    }

    /// The commit that a full object or ref name leads to, by one process where there is one.
    async fn read(&self, name: &str) -> Result<Option<Commit>, GitError> {
        match self.commits(&["--max-count=1", &peeled(name)]).await {
            Err(GitError::Failed { .. }) if self.peel(name).await?.is_none() => Ok(None),
            end => Ok(end?.into_iter().next()),
        }
    }

    /// The one commit whose object name begins with these digits. A branch or tag that looks like a commit never
    /// stands in for one.
    async fn by_prefix(&self, prefix: &CommitPrefix) -> Result<Option<Commit>, GitError> {
        if let Some(full) = prefix.full() {
            return self.read(full.as_str()).await;
        }
        let argument = format!("--disambiguate={prefix}");
        let mut found = None;
        for object in self.answer("rev-parse", &[argument.as_str()]).await?.lines() {
            let output = self.ask("cat-file", &["-t", object]).await?;
            if output.stdout.trim_ascii() == b"commit" && found.replace(object.to_owned()).is_some() {
                return Err(GitError::Ambiguous(prefix.to_string()));
            }
        }
        match found {
            Some(object) => self.read(&object).await,
            None => Ok(None),
        }
    }

    async fn find(&self, name: &str) -> Result<Option<Commit>, GitError> {
        revision::check(name)?;
        if let Ok(prefix) = name.parse::<CommitPrefix>()
            && let Some(commit) = self.by_prefix(&prefix).await?
        {
            return Ok(Some(commit));
        }
        self.read(name).await
    }

    pub(super) async fn commits(&self, arguments: &[&str]) -> Result<Vec<Commit>, GitError> {
        let mut all = vec!["--no-show-signature", "--no-patch", "--no-color", "--no-notes", "-z", FORMAT];
        all.extend(arguments);
        all.push("--");
        let text = self.answer("log", &all).await?;
        let mut fields = text.split('\0');
        let mut commits = Vec::new();
        while let Some(id) = fields.next().filter(|id| !id.is_empty()) {
            let odd = || GitError::Answer { command: "log" };
            let (Some(seconds), Some(author), Some(subject)) = (fields.next(), fields.next(), fields.next())
            else {
                return Err(odd());
            };
            let committed_at = seconds.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            commits.push(Commit {
                id: id.parse().map_err(|_| odd())?,
                subject: subject.to_owned(),
                author: author.to_owned(),
                committed_at: committed_at.ok_or_else(odd)?,
            });
        }
        Ok(commits)
    }

    async fn is_on(&self, commit: &CommitId, branch: &str) -> Result<Option<bool>, GitError> {
        revision::check_branch(branch)?;
        if !self.has(commit).await? {
            return Ok(None);
        }
        let mut answer = None;
        for place in ["refs/remotes/origin/", "refs/heads/"] {
            let name = format!("{place}{branch}");
            let Some(tip) = self.peel(&name).await? else { continue };
            let arguments = ["--is-ancestor", commit.as_str(), tip.as_str()];
            let output = self.ask("merge-base", &arguments).await?;
            match output.status.code() {
                Some(0) => return Ok(Some(true)),
                Some(1) => answer = Some(false),
                _ => {
                    let reason = reason(&output.stderr);
                    return Err(GitError::Failed { command: "merge-base".into(), reason });
                }
            }
        }
        // A shallow clone does not know what lies behind its edge, so it can't say no.
        if answer == Some(false) && self.is_shallow().await? {
            return Ok(None);
        }
        Ok(answer)
    }

    pub(super) async fn is_shallow(&self) -> Result<bool, GitError> {
        Ok(self.answer("rev-parse", &["--is-shallow-repository"]).await?.trim() != "false")
    }

    async fn difference(
        &self,
        from: &CommitId,
        to: &CommitId,
        limit: usize,
    ) -> Result<Option<(usize, Vec<Commit>)>, GitError> {
        let (to_commit, without) = (peeled(to.as_str()), format!("^{}", peeled(from.as_str())));
        let most = format!("--max-count={limit}");
        let newest = match self.commits(&[&most, &to_commit, &without]).await {
            Err(GitError::Failed { .. }) if !self.has(from).await? || !self.has(to).await? => {
                return Ok(None);
            }
            end => end?,
        };
        if newest.len() < limit {
            return Ok(Some((newest.len(), newest)));
        }
        let count = self.answer("rev-list", &["--count", &to_commit, &without, "--"]).await?;
        let count = count.trim().parse().map_err(|_| GitError::Answer { command: "rev-list" })?;
        Ok(Some((count, newest)))
    }
}

#[async_trait]
impl History for GitRepository {
    async fn resolve(&self, name: &str) -> Result<Option<Commit>, ProviderError> {
        self.find(name).await.map_err(|error| error.at_port(name))
    }

    async fn on_branch(&self, commit: &CommitId, branch: &str) -> Result<Option<bool>, ProviderError> {
        self.is_on(commit, branch).await.map_err(|error| error.at_port(branch))
    }

    async fn tags(&self, commit: &CommitId) -> Result<Vec<String>, ProviderError> {
        let tags = async {
            if !self.has(commit).await? {
                return Ok(Vec::new());
            }
            let at = format!("--points-at={commit}");
            let text =
                self.answer("for-each-ref", &[&at, "--format=%(refname:lstrip=2)", "refs/tags/"]).await?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        tags.await.map_err(|error: GitError| error.at_port(commit.as_str()))
    }

    async fn branches(&self, commit: &CommitId) -> Result<Vec<String>, ProviderError> {
        let branches = async {
            if !self.has(commit).await? {
                return Ok(Vec::new());
            }
            let with = format!("--contains={commit}");
            let places = [with.as_str(), "--format=%(refname)", "refs/heads/", "refs/remotes/"];
            let text = self.answer("for-each-ref", &places).await?;
            let mut names: Vec<String> = text.lines().filter_map(branch_name).map(str::to_owned).collect();
            names.sort();
            names.dedup();
            Ok(names)
        };
        branches.await.map_err(|error: GitError| error.at_port(commit.as_str()))
    }

    async fn authors(
        &self,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<Option<Vec<Author>>, ProviderError> {
        self.authors_of(from, to).await.map_err(|error| error.at_port(to.as_str()))
    }

    async fn only_merges(&self, commits: &[CommitId]) -> Result<BTreeSet<CommitId>, ProviderError> {
        self.mere_merges(commits).await.map_err(|error| error.at_port("merges"))
    }

    async fn between(
        &self,
        from: &CommitId,
        to: &CommitId,
        limit: usize,
    ) -> Result<Option<(usize, Vec<Commit>)>, ProviderError> {
        self.difference(from, to, limit).await.map_err(|error| error.at_port(to.as_str()))
    }
}

/// What a command comes to.
pub(super) async fn ended(mut command: Command) -> Result<Output, GitError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true).output().await.map_err(GitError::Start)
}

/// What a command answered, when it succeeded.
pub(super) fn answered(subcommand: &'static str, output: &Output) -> Result<String, GitError> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(GitError::Failed { command: subcommand.into(), reason: reason(&output.stderr) })
    }
}

/// How git is asked for the commit behind a name, whatever else it may lead to.
pub(super) fn peeled(name: &str) -> String {
    format!("{name}^{{commit}}")
}

/// The branch that a full ref name stands for; a remote's `HEAD` is none.
fn branch_name(reference: &str) -> Option<&str> {
    match reference.strip_prefix("refs/remotes/") {
        Some(remote) => remote.split_once('/').map(|(_, name)| name).filter(|name| *name != "HEAD"),
        None => reference.strip_prefix("refs/heads/"),
    }
}
