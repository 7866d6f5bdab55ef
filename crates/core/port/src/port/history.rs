//! The project's commits, as far as a repository is at hand. A promotion can run without one: what then can't be
//! known is `None`, and the rule that needs it is not met.

use super::ProviderError;
use crate::commit::CommitId;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Debug;

/// One commit, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its name.
    pub id: CommitId,
    /// First line of the message. Foreign text.
    pub subject: String,
    /// The author's name. Foreign text.
    pub author: String,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
}

/// Who wrote a commit, or had a part in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Author {
    /// The name. Foreign text.
    pub name: String,
    /// The address; empty where none is told. Foreign text.
    pub email: String,
    /// The account at the forge, where that is known.
    pub login: Option<String>,
}

/// Reads a repository's history.
#[async_trait]
pub trait History: Debug + Send + Sync {
    /// The commit that `name` (a prefix, tag, branch or `HEAD`) stands for now.
    async fn resolve(&self, name: &str) -> Result<Option<Commit>, ProviderError>;
    /// Whether the commit is on the branch (`branch` or `origin/branch`); `None` when that can't be told.
    async fn on_branch(&self, commit: &CommitId, branch: &str) -> Result<Option<bool>, ProviderError>;
    /// The tags on exactly this commit.
    async fn tags(&self, commit: &CommitId) -> Result<Vec<String>, ProviderError>;
    /// Local and remote branches that hold the commit, without the remote's name.
    async fn branches(&self, commit: &CommitId) -> Result<Vec<String>, ProviderError>;
    /// Everybody who wrote a commit that `to` has and `from` has not, or is named in one as its co-author; of `to` alone
    /// where there is no `from`. `None` when that can't be told: one of them is not in this repository, or a shallow
    /// clone does not see what lies between them.
    async fn authors(
        &self,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<Option<Vec<Author>>, ProviderError>;
    /// Those of these commits that are merges and add nothing of their own: git itself makes just this of their parents.
    /// Of what is not in this repository, that can't be told, so it is not among them.
    async fn only_merges(&self, commits: &[CommitId]) -> Result<BTreeSet<CommitId>, ProviderError> {
        let _ = commits;
        Ok(BTreeSet::new())
    }
    /// The commits that `to` has and `from` has not, newest first, at most `limit`, and how many there are in all;
    /// `None` when one of them is not in this repository.
    async fn between(
        &self,
        from: &CommitId,
        to: &CommitId,
        limit: usize,
    ) -> Result<Option<(usize, Vec<Commit>)>, ProviderError>;
}
