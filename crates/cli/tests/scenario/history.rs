//! The repository: commits one after the other, all of them on the branch.

use crate::stage::Outside;
use async_trait::async_trait;
use promote_core::commit::CommitId;
use promote_core::port::{Author, Commit, History, ProviderError};

#[async_trait]
impl History for Outside {
    async fn resolve(&self, name: &str) -> Result<Option<Commit>, ProviderError> {
        let commits = self.commits.lock().unwrap();
        if ["HEAD", "refs/heads/main", "refs/remotes/origin/feature/x"].contains(&name) {
            return Ok(commits.last().cloned());
        }
        Ok(commits.iter().find(|commit| commit.id.as_str().starts_with(name)).cloned())
    }

    async fn on_branch(&self, _commit: &CommitId, _branch: &str) -> Result<Option<bool>, ProviderError> {
        Ok(Some(true))
    }

    async fn tags(&self, _commit: &CommitId) -> Result<Vec<String>, ProviderError> {
        Ok(Vec::new())
    }

    async fn branches(&self, _commit: &CommitId) -> Result<Vec<String>, ProviderError> {
        Ok(vec!["main".to_owned()])
    }

    async fn authors(
        &self,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<Option<Vec<Author>>, ProviderError> {
        let commits = self.commits.lock().unwrap();
        let at = |id: &CommitId| commits.iter().position(|commit| commit.id == *id);
        let Some(to) = at(to) else { return Ok(None) };
        let first = from.map_or(Some(to), |from| at(from).map(|at| at + 1));
        let Some(first) = first else { return Ok(None) };
        let new = commits.iter().take(to + 1).skip(first);
        Ok(Some(
            new.map(|it| Author { name: it.author.clone(), email: String::new(), login: None }).collect(),
        ))
    }

    async fn between(
        &self,
        from: &CommitId,
        to: &CommitId,
        limit: usize,
    ) -> Result<Option<(usize, Vec<Commit>)>, ProviderError> {
        let commits = self.commits.lock().unwrap();
        let at = |id: &CommitId| commits.iter().position(|commit| commit.id == *id);
        let (Some(from), Some(to)) = (at(from), at(to)) else { return Ok(None) };
        let mut found: Vec<Commit> = commits.iter().take(to + 1).skip(from + 1).cloned().collect();
        found.reverse();
        let count = found.len();
        found.truncate(limit);
        Ok(Some((count, found)))
    }
}
