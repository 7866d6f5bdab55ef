//! Names to choose from, for those who complete them: the newest tags and commits.

use super::{GitError, GitRepository};
use promote_core::port::Commit;

impl GitRepository {
    /// The newest tags, and the newest commits of what is checked out; at most `limit` of each.
    ///
    /// # Errors
    /// When git can't be run, or fails.
    pub async fn recent(&self, limit: usize) -> Result<(Vec<String>, Vec<Commit>), GitError> {
        let count = format!("--count={limit}");
        let newest = ["--sort=-creatordate", &count, "--format=%(refname:lstrip=2)", "refs/tags/"];
        let tags = self.answer("for-each-ref", &newest).await?;
        let most = format!("--max-count={limit}");
        // Nothing is committed in a new repository.
        let commits = self.commits(&[&most, "HEAD"]).await.unwrap_or_default();
        Ok((tags.lines().map(str::to_owned).collect(), commits))
    }
}
