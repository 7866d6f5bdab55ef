//! What a forge says of people and commits: who reviewed what, who is in a team, which checks a commit has, whose
//! accounts wrote it. Only ever read, and told as it is: what counts is the core's to decide.

use super::{Author, ProviderError};
use crate::commit::CommitId;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::fmt::{Debug, Display};

/// An account at the forge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// What names it for ever, also when it is renamed.
    pub id: String,
    /// What it is called now. Foreign text.
    pub login: String,
    /// Whether it is a program's, as far as the forge tells.
    pub bot: bool,
}

/// What a review says, as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// It was taken back, by whoever gave it or by somebody who may.
    Dismissed,
    /// Neither.
    Commented,
}

/// A review of a pull or merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Whose; `None` where the account is gone.
    pub by: Option<Account>,
    /// What it says.
    pub state: ReviewState,
    /// The newest commit that was there when it was given; `None` where that can't be told.
    pub head: Option<CommitId>,
    /// When it was given, by the forge's clock.
    pub at: DateTime<Utc>,
    /// Whether whoever gave it may write to the repository.
    pub may_write: bool,
}

/// A commit of a pull or merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedCommit {
    /// Its name.
    pub id: CommitId,
    /// Those that it follows.
    pub parents: Vec<CommitId>,
}

/// A commit with who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCommit {
    /// Its name.
    pub id: CommitId,
    /// Whether it follows more than one.
    pub merges: bool,
    /// Whose it is.
    pub by: Author,
}

/// A pull or merge request that a commit belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    /// As people call it: `#12`, `!12`.
    pub name: String,
    /// The branch that it goes to.
    pub base: String,
    /// Whether that is known to be the repository's default branch.
    pub to_default: bool,
    /// Who opened it; `None` where the account is gone.
    pub by: Option<Account>,
    /// Its newest commit.
    pub head: CommitId,
    /// The commits that it came to the base as, where it was merged: a merge, or what it was squashed to.
    pub merged_as: Vec<CommitId>,
    /// Whether it was closed without being merged.
    pub abandoned: bool,
    /// Its commits, in any order.
    pub commits: Vec<ReviewedCommit>,
    /// What was said of it, oldest first.
    pub reviews: Vec<Review>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// It passed.
    Passed,
    /// It has not ended.
    Pending,
    /// It ended, and did not pass: failed, skipped, neutral, cancelled, timed out, stale.
    NotPassed,
}

/// A check of a commit: a check run, a job, or a status that somebody set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name. Foreign text.
    pub name: String,
    /// The app that made it, as the forge vouches: `github-actions`. `None` for a status, which anybody who may write can set.
    pub app: Option<String>,
    /// The file of the workflow that it is a job of, where that was asked for and is known.
    pub workflow: Option<String>,
    /// What set off that workflow: `push`.
    pub event: Option<String>,
    /// The commit that it is about.
    pub head: CommitId,
    /// How it stands.
    pub state: CheckState,
    /// The same in the forge's word: `skipped`. Foreign text.
    pub said: String,
    /// Whether it is part of the run that asks.
    pub own: bool,
}

/// A forge that is asked. `Display` names it and the repository. Errors name the permission that the token lacks.
#[async_trait]
pub trait Forge: Debug + Display + Send + Sync {
    /// The realm of its accounts: `github`, `gitlab`.
    fn realm(&self) -> &'static str;

    /// The pull or merge requests that a commit belongs to.
    async fn reviews(&self, commit: &CommitId) -> Result<Vec<ChangeRequest>, ProviderError>;

    /// Who is in a team or group, `@acme/leads`.
    async fn members(&self, team: &str) -> Result<Vec<Account>, ProviderError>;

    /// The checks of a commit, the newest attempt of each; `origins` asks for the workflows that they are jobs of.
    async fn checks(&self, commit: &CommitId, origins: bool) -> Result<Vec<Check>, ProviderError>;

    /// The commits that `to` has and `from` has not, with the accounts of those who wrote them; `to` alone where there is no
    /// `from`. Empty where the forge does not know accounts of authors. Whether a merge adds anything is not told: a
    /// forge signs whatever is put into one.
    async fn authors(
        &self,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<Vec<WrittenCommit>, ProviderError>;
}
