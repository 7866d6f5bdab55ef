//! A repository that git does not read, since another user owns it. Who asks for its history is told so, and what to do:
//! that there is no repository would be another mistake, and what can't be told could pass for nothing.

use super::{GitError, GitRepository};
use async_trait::async_trait;
use promote_core::commit::CommitId;
use promote_core::port::{Author, Commit, History, ProviderError};
use std::path::Path;
use std::sync::Arc;

/// The history of the repository that `dir` lies in; `None` where there is none to read.
pub fn history(dir: &Path) -> Option<Arc<dyn History>> {
    match GitRepository::open(dir) {
        Ok(repository) => Some(Arc::new(repository)),
        Err(GitError::NoRepository { folder, reason }) => {
            let foreign = Foreign { folder, reason };
            foreign.error().is_foreign().then(|| Arc::new(foreign) as Arc<dyn History>)
        }
        Err(_) => None,
    }
}

#[derive(Debug)]
struct Foreign {
    folder: String,
    reason: String,
}

impl Foreign {
    fn error(&self) -> GitError {
        GitError::NoRepository { folder: self.folder.clone(), reason: self.reason.clone() }
    }

    fn told<T>(&self, about: &str) -> Result<T, ProviderError> {
        Err(self.error().at_port(about))
    }
}

#[async_trait]
impl History for Foreign {
    async fn resolve(&self, name: &str) -> Result<Option<Commit>, ProviderError> {
        self.told(name)
    }

    async fn on_branch(&self, _commit: &CommitId, branch: &str) -> Result<Option<bool>, ProviderError> {
        self.told(branch)
    }

    async fn tags(&self, commit: &CommitId) -> Result<Vec<String>, ProviderError> {
        self.told(commit.as_str())
    }

    async fn branches(&self, commit: &CommitId) -> Result<Vec<String>, ProviderError> {
        self.told(commit.as_str())
    }

    async fn authors(
        &self,
        _from: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<Option<Vec<Author>>, ProviderError> {
        self.told(to.as_str())
    }

    async fn between(
        &self,
        _from: &CommitId,
        to: &CommitId,
        _limit: usize,
    ) -> Result<Option<(usize, Vec<Commit>)>, ProviderError> {
        self.told(to.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_core::port::ErrorKind;

    #[tokio::test]
    async fn a_repository_of_somebody_else_is_named_with_the_way_to_trust_it() {
        let reason = "detected dubious ownership in repository at '/builds/acme app'".to_owned();
        let found = Foreign { folder: "/builds/acme app/x".to_owned(), reason };
        let error = found.resolve("HEAD").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        let hint = "git config --global --add safe.directory '/builds/acme app'`";
        assert!(error.hints.iter().any(|told| told.ends_with(hint)), "{error:?}");
    }
}
