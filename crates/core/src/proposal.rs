//! A proposed change that a pipeline's job is about (a pull request, a merge request), and whether a commit is one that
//! was made for it alone: a merge that is tried out, and that no branch will ever hold. What tells a job is the
//! frontends' matter.

use crate::commit::CommitId;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::Unmerged;

/// The proposed change that a job is about, where the job was given a merge of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it is, such as `pull request 5`.
    pub of: String,
    /// The merge that the job was given, where its system tells.
    pub merge: Option<CommitId>,
    /// The commit that is proposed, where its system tells.
    pub head: Option<CommitId>,
}

/// How a commit was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The commit.
    pub commit: CommitId,
    /// Whether somebody named it, instead of taking what is checked out.
    pub explicit: bool,
    /// Its parents; `None` when the repository can't tell, as in a shallow clone.
    pub parents: Option<Vec<CommitId>>,
}

impl Proposal {
    /// What a commit is that was made for the proposal alone; `None` for any other. What can't be told apart from such a
    /// one counts as one, unless somebody named it.
    pub fn unmerged(&self, named: &Named) -> Option<Unmerged> {
        let merged = || match &named.parents {
            Some(parents) if parents.len() > 1 => {
                self.head.as_ref().map(|head| parents.contains(head)).or((!named.explicit).then_some(true))
            }
            Some(_) => Some(false),
            None => (!named.explicit && self.merge.is_none()).then_some(true),
        };
        let commit = Some(&named.commit);
        let made =
            self.head.as_ref() != commit && (self.merge.as_ref() == commit || merged().unwrap_or(false));
        // The second parent of a merge is what was merged.
        let second = named.parents.as_ref().and_then(|parents| parents.get(1));
        made.then(|| Unmerged { of: self.of.clone(), head: self.head.clone().or_else(|| second.cloned()) })
    }
}

/// Why such a commit is not published, and which one was probably meant.
pub fn refused(commit: &CommitId, unmerged: &Unmerged) -> Failure {
    let short = commit.short(12);
    let failure = Failure::new(
        ExitStatus::Usage,
        format!("{short} is a merge that was made to try out {}: no branch will ever hold it", unmerged.of),
    )
    .state("Nothing was published.");
    let failure = match &unmerged.head {
        Some(head) => failure.hint(format!(
            "{head} was probably meant, the commit that is proposed: check it out, and publish that"
        )),
        None => failure.hint("publish from the branch once the change is merged"),
    };
    failure
        .hint("`--allow-unmerged` publishes the merge all the same; it then moves only where somebody asks")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(digit: char) -> CommitId {
        digit.to_string().repeat(40).parse().unwrap()
    }

    fn all(digits: &str) -> Option<Vec<CommitId>> {
        (digits != "?").then(|| digits.chars().map(commit).collect())
    }

    /// In a pull request of `d` against `b`, whose merge is `e`; `a` is an ordinary commit, `c` an ordinary merge.
    #[test]
    fn a_merge_that_is_thrown_away_is_told_from_every_other_commit() {
        for (merge, head, published, explicit, parents, wanted) in [
            // GitHub, GitLab and Azure tell both.
            (Some('e'), Some('d'), 'e', false, "?", Some(Some('d'))),
            (Some('e'), Some('d'), 'e', true, "bd", Some(Some('d'))),
            (Some('e'), Some('d'), 'd', false, "a", None),
            (Some('e'), Some('d'), 'd', true, "?", None),
            (Some('e'), Some('d'), 'a', true, "?", None),
            (Some('e'), Some('d'), 'c', true, "ab", None),
            // A job that checks out the base, and one that merges by itself.
            (Some('e'), Some('d'), 'b', false, "a", None),
            (Some('e'), Some('d'), 'c', false, "bd", Some(Some('d'))),
            // The event can't be read: the merge's second parent is what was proposed.
            (Some('e'), None, 'e', false, "bd", Some(Some('d'))),
            (Some('e'), None, 'e', false, "?", Some(None)),
            // Bitbucket tells what is proposed alone, and merges the other way round.
            (None, Some('d'), 'e', false, "db", Some(Some('d'))),
            (None, Some('d'), 'e', false, "?", Some(Some('d'))),
            (None, Some('d'), 'd', false, "?", None),
            (None, Some('d'), 'c', true, "ab", None),
            // Jenkins tells neither.
            (None, None, 'e', false, "bd", Some(Some('d'))),
            (None, None, 'e', false, "?", Some(None)),
            (None, None, 'd', false, "a", None),
            (None, None, 'e', true, "?", None),
        ] {
            let proposal = Proposal {
                of: "pull request 5".to_owned(),
                merge: merge.map(commit),
                head: head.map(commit),
            };
            let named = Named { commit: commit(published), explicit, parents: all(parents) };
            let found = proposal.unmerged(&named).map(|found| found.head);
            assert_eq!(found, wanted.map(|head| head.map(commit)), "{proposal:?} {named:?}");
        }
    }
}
