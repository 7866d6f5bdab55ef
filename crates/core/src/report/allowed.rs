//! What was let through when a release was published, as documents show it.

use crate::ledger::Allowed;
use serde::Serialize;

/// What was let through; both are `null` when nothing was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AllowedReport {
    /// The work tree was not what was committed.
    pub dirty: Option<DirtyReport>,
    /// The commit is a merge that was only tried out.
    pub unmerged: Option<UnmergedReport>,
    /// The same in sentences, for people.
    #[serde(skip)]
    pub said: Vec<String>,
}

/// How a work tree differed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirtyReport {
    /// The commit that was checked out; `null` when it was the release's.
    pub at: Option<String>,
    /// The first files that differed. Foreign text.
    pub files: Vec<String>,
    /// How many differed.
    pub count: u64,
}

/// Whose merge a commit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmergedReport {
    /// What was proposed, such as `pull request 5`.
    pub of: String,
    /// The commit that was proposed, where that is known.
    pub head: Option<String>,
}

impl AllowedReport {
    /// The report of what a manifest says.
    pub fn of(allowed: &Allowed) -> Self {
        Self {
            dirty: allowed.dirty.as_ref().map(|dirty| DirtyReport {
                at: dirty.at.as_ref().map(ToString::to_string),
                files: dirty.files.clone(),
                count: dirty.count,
            }),
            unmerged: allowed.unmerged.as_ref().map(|unmerged| UnmergedReport {
                of: unmerged.of.clone(),
                head: unmerged.head.as_ref().map(ToString::to_string),
            }),
            said: allowed.said(),
        }
    }
}
