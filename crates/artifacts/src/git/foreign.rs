//! A repository that can't be read: another user owns it, its configuration is broken, or git is missing. Who asks for its history
//! is told so, and what to do: that there is no repository would be another mistake, and what can't be told could pass for nothing.

use super::{GitError, GitRepository};
use async_trait::async_trait;
use promote_core::commit::CommitId;
use promote_core::port::{Author, Commit, History, ProviderError};
use std::path::Path;
use std::sync::Arc;

/// The history of the repository that `dir` lies in; `None` where there is none.
pub fn history(dir: &Path) -> Option<Arc<dyn History>> {
    match GitRepository::open(dir) {
        Ok(repository) => Some(Arc::new(repository)),
        Err(error) => error.is_unread(dir).then(|| Arc::new(Unread(error)) as Arc<dyn History>),
    }
}

/// Why the repository can't be read.
#[derive(Debug)]
struct Unread(GitError);

impl Unread {
    fn told<T>(&self, about: &str) -> Result<T, ProviderError> {
        Err(self.0.at_port(about))
    }
}

#[async_trait]
impl History for Unread {
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
        let found = Unread(GitError::NoRepository { folder: "/builds/acme app/x".to_owned(), reason });
        let error = found.resolve("HEAD").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        let hint = "git config --global --add safe.directory '/builds/acme app'`";
        assert!(error.hints.iter().any(|told| told.ends_with(hint)), "{error:?}");
    }

    #[tokio::test]
    async fn a_broken_configuration_is_named_and_no_repository_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert!(history(dir.path()).is_none(), "there is none");
        let made = std::process::Command::new("git").arg("init").arg("-q").arg(dir.path()).status();
        assert!(made.unwrap().success());
        std::fs::write(dir.path().join(".git/config"), "[broken").unwrap();
        let error = history(dir.path()).unwrap().resolve("HEAD").await.unwrap_err();
        assert!(error.message.contains("bad config line"), "{error:?}");
        assert!(error.hints.iter().any(|hint| hint.contains("`git status`")), "{error:?}");
    }

    #[test]
    fn without_git_only_a_folder_below_a_repository_has_one_that_can_not_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let missing = || GitError::Start(std::io::ErrorKind::NotFound.into());
        assert!(!missing().is_unread(dir.path()));
        std::fs::create_dir_all(dir.path().join(".git")).unwrap();
        assert!(missing().is_unread(&dir.path().join("a/b")));
    }
}
