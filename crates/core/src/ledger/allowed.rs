//! What was let through when a release was published: that its bytes may not be those of its commit, or that its commit
//! is on no branch. It stays with the release: in its manifest with what is known of it, in records by name.

use crate::commit::CommitId;
use serde::{Deserialize, Serialize};

/// How many files a manifest names at most.
pub const NAMED: usize = 10;

/// The work tree that was built in was not the commit as it is: `--allow-dirty`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Dirty {
    /// The commit that was checked out, where that was another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<CommitId>,
    /// The first [`NAMED`] files that differed, made fit to show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// How many files differed.
    pub count: u64,
}

impl Dirty {
    /// What differed, in words: `2 files differ: a, b`.
    pub fn said(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.at.as_ref().map(|at| format!("the work tree was at {}", at.short(12))));
        if self.count > 0 {
            let verb = if self.count == 1 { "file differs" } else { "files differ" };
            let more = self.count.saturating_sub(self.files.len() as u64);
            let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
            words.push(format!("{} {verb}: {}{rest}", self.count, self.files.join(", ")));
        }
        words.join("; ")
    }
}

/// The commit was made by a job for a proposed change, and no branch holds it: `--allow-unmerged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unmerged {
    /// Of what, such as `pull request 5`.
    pub of: String,
    /// The commit that was proposed, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<CommitId>,
}

/// What was let through when a release was published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Allowed {
    /// See [`Dirty`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dirty: Option<Dirty>,
    /// See [`Unmerged`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmerged: Option<Unmerged>,
}

impl Allowed {
    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.dirty.is_none() && self.unmerged.is_none()
    }

    /// The names of what was: `dirty`, `unmerged`.
    pub fn names(&self) -> Vec<String> {
        let dirty = self.dirty.iter().map(|_| "dirty".to_owned());
        dirty.chain(self.unmerged.iter().map(|_| "unmerged".to_owned())).collect()
    }

    /// What was, in one sentence each.
    pub fn said(&self) -> Vec<String> {
        let dirty = self.dirty.iter().map(|dirty| format!("dirty: {}", dirty.said()));
        let unmerged = self.unmerged.iter().map(|unmerged| {
            let head = unmerged.head.as_ref().map(|head| format!(" of {}", head.short(12)));
            format!("unmerged: a merge{} made for {}", head.unwrap_or_default(), unmerged.of)
        });
        dirty.chain(unmerged).collect()
    }
}

/// That something was let through for a release which is or was in a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Marked {
    /// The release's commit.
    pub commit: CommitId,
    /// See [`Allowed::names`].
    pub what: Vec<String>,
}
