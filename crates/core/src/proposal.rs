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
    /// The commit of the branch that the change goes to, where the job was given that one instead of a merge.
    pub base: Option<CommitId>,
    /// Whether the merge waits in a queue: its branch gets this very commit, if every check of it succeeds.
    pub queued: bool,
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
    /// Whether it was made on top of a merge that was made for the proposal.
    pub above: bool,
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
        let made = self.head.as_ref() != commit
            && self.base.as_ref() != commit
            && (self.merge.as_ref() == commit || named.above || merged().unwrap_or(false));
        // The second parent of a merge is what was merged.
        let second = named.parents.as_ref().and_then(|parents| parents.get(1));
        made.then(|| Unmerged { of: self.of.clone(), head: self.head.clone().or_else(|| second.cloned()) })
    }
}

/// Why such a commit is not published, and which one was probably meant.
pub fn refused(proposal: &Proposal, named: &Named, unmerged: &Unmerged) -> Failure {
    let (short, of) = (named.commit.short(12), &unmerged.of);
    let what = if named.above { "was made on top of" } else { "is" };
    let message = match proposal.queued {
        true => format!(
            "{short} {what} a merge that waits in {of}: its branch gets it only if every check succeeds"
        ),
        false => format!("{short} {what} a merge that was made to try out {of}: no branch will ever hold it"),
    };
    let failure = Failure::new(ExitStatus::Usage, message).state("Nothing was published.");
    let failure = match &unmerged.head {
        _ if proposal.queued => {
            failure.hint("publish in the job for the branch, once the queue has merged it")
        }
        Some(head) => failure.hint(format!(
            "{head} was probably meant, the commit that is proposed: check it out, and publish that"
        )),
        None => failure.hint("publish from the branch once the change is merged"),
    };
    failure.hint("`--allow-unmerged` publishes it all the same; it then moves only where somebody asks")
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
                base: None,
                queued: false,
            };
            let named = Named { commit: commit(published), explicit, parents: all(parents), above: false };
            let found = proposal.unmerged(&named).map(|found| found.head);
            assert_eq!(found, wanted.map(|head| head.map(commit)), "{proposal:?} {named:?}");
        }
    }

    /// The job was given `b`, the branch, and may check out a merge of `d` by itself.
    #[test]
    fn a_job_that_was_given_the_branch_may_publish_that_and_no_merge_that_it_made() {
        for (published, parents, wanted) in
            [('b', "ad", false), ('b', "?", false), ('d', "?", false), ('e', "bd", true), ('e', "?", true)]
        {
            let proposal = Proposal {
                of: "pull request 5".to_owned(),
                merge: None,
                head: Some(commit('d')),
                base: Some(commit('b')),
                queued: false,
            };
            let parents = all(parents);
            let named = Named { commit: commit(published), explicit: false, parents, above: false };
            assert_eq!(proposal.unmerged(&named).is_some(), wanted, "{published} {named:?}");
        }
    }

    #[test]
    fn what_is_made_on_top_of_such_a_merge_is_no_better() {
        for (merge, head) in [(Some('e'), Some('d')), (Some('e'), None), (None, Some('d'))] {
            let (merge, head) = (merge.map(commit), head.map(commit));
            let proposal =
                Proposal { of: "pull request 5".to_owned(), merge, head, base: None, queued: false };
            for explicit in [false, true] {
                let named = Named { commit: commit('f'), explicit, parents: all("e"), above: true };
                let unmerged = proposal.unmerged(&named).unwrap();
                assert_eq!(unmerged.head, proposal.head);
                let failure = refused(&proposal, &named, &unmerged);
                assert!(failure.message.contains("was made on top of a merge"), "{}", failure.message);
            }
        }
    }

    #[test]
    fn a_merge_in_a_queue_is_not_called_one_that_no_branch_gets() {
        let proposal = Proposal {
            of: "a merge queue".to_owned(),
            merge: Some(commit('e')),
            head: None,
            base: None,
            queued: true,
        };
        let named = Named { commit: commit('e'), explicit: false, parents: all("bd"), above: false };
        let failure = refused(&proposal, &named, &proposal.unmerged(&named).unwrap());
        assert!(failure.message.contains("only if every check succeeds"), "{}", failure.message);
        let all = format!("{} {}", failure.message, failure.hints.join(" "));
        assert!(!all.contains("ever hold") && !all.contains(commit('d').as_str()), "{all}");
    }
}
