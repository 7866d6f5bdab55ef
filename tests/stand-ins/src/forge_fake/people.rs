//! What both forges know of people and commits, as a test sets it.

use std::collections::BTreeMap;

/// Reviews, checks, teams and authors.
#[derive(Debug, Clone, Default)]
pub struct PeopleSaid {
    /// The pull or merge requests.
    pub requests: Vec<PullRequest>,
    /// The checks, of whatever commit is asked for.
    pub checks: Vec<CheckSaid>,
    /// The members of each team or group, by its name without `@`.
    pub teams: BTreeMap<String, Vec<String>>,
    /// The name of who wrote what is new, and the account.
    pub author: (String, Option<String>),
    /// The commits between two, each with what it follows and whose account wrote it; the newest alone, by `author`, where
    /// nothing is set.
    pub between: Vec<(String, Vec<String>, String)>,
    /// How many reviews or commits are told at once; zero is one.
    pub page: usize,
    /// What GraphQL leaves out of each pull request: a part, or a field of one.
    pub graphql_lacks: Option<(&'static str, Option<&'static str>)>,
    /// What GraphQL answers instead: the kind of error and its words.
    pub graphql_error: Option<(String, String)>,
}

/// A pull or merge request.
#[derive(Debug, Clone, Default)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// `OPEN`, `CLOSED` or `MERGED`.
    pub state: String,
    /// The branch that it goes to.
    pub base: String,
    /// Who opened it.
    pub by: String,
    /// Its newest commit.
    pub head: String,
    /// What it was merged as.
    pub merged_as: Option<String>,
    /// Its commits, and what each follows.
    pub commits: Vec<(String, Vec<String>)>,
    /// Its reviews, oldest first.
    pub reviews: Vec<Said>,
}

impl PullRequest {
    /// Whether a commit is part of it.
    pub fn holds(&self, sha: &str) -> bool {
        self.merged_as.as_deref() == Some(sha) || self.commits.iter().any(|(id, ..)| id == sha)
    }
}

/// A review.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Whose; `ghost` is nobody's any more, and `reader` may not write.
    pub by: String,
    /// GitHub's word for it.
    pub state: String,
    /// What was reviewed.
    pub head: Option<String>,
    /// When.
    pub at: String,
}

/// A check run, a job, or a status.
#[derive(Debug, Clone, Default)]
pub struct CheckSaid {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The app; empty for a status.
    pub app: String,
    /// The run that it is a job of.
    pub run: u64,
    /// The workflow of that run; empty where it has none.
    pub workflow: String,
    /// What set that off.
    pub event: String,
    /// How it ended.
    pub conclusion: Option<String>,
    /// Another commit than the one that is asked for.
    pub head: Option<String>,
}

/// The number of an account, the same for ever.
pub fn id(login: &str) -> u64 {
    login.trim_end_matches("-renamed").bytes().fold(7, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_003)
}
