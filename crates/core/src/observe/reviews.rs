//! What the reviews of pull and merge requests come to: a person's last word about what is released, as a vote. A review
//! counts for what its giver saw: when commits with content came after it, or the release is not what the request was
//! merged as, it is void. Which votes count for an environment is the rule's to say.

use crate::commit::CommitId;
use crate::config::StrengthLevel;
use crate::ledger::Answer;
use crate::port::{Account, Author, ChangeRequest, Review, ReviewState, ReviewedCommit};
use crate::vote::{Person, Vote};
use std::collections::{BTreeMap, BTreeSet};

/// The votes in the reviews of what a commit belongs to. `realm` is the forge's; `mere` are the merges that are known to add
/// nothing; `branches` has, for each environment that counts them, the one that it takes releases from beside the default
/// branch.
pub(super) fn votes(
    realm: &str,
    (requests, mere): (&[ChangeRequest], &BTreeSet<CommitId>),
    commit: &CommitId,
    branches: &[Option<String>],
) -> Vec<Vote> {
    let mut found: Vec<Vote> = Vec::new();
    for request in requests.iter().filter(|request| !request.abandoned) {
        let other = released(request, commit, branches).err();
        for last in last_words(request) {
            let Some(review) = last.approved else { continue };
            let void = void((request, mere), &last, review).or_else(|| other.clone());
            found.push(Vote {
                person: person(realm, review.by.as_ref()),
                answer: Answer::Approved,
                bound: None,
                at: review.at,
                reason: None,
                kept: None,
                void,
            });
        }
    }
    found.sort_by_key(|vote| vote.at);
    found
}

/// Who opened the requests: they had a part in what is new.
pub(super) fn openers(requests: &[ChangeRequest]) -> Vec<Author> {
    let accounts = requests.iter().filter_map(|request| request.by.as_ref());
    let author = |account: &Account| Author {
        name: account.login.clone(),
        email: String::new(),
        login: Some(account.login.clone()),
    };
    accounts.map(author).collect()
}

/// The last words of one person about one request.
#[derive(Debug, Clone, Copy, Default)]
struct LastWords<'r> {
    /// The last approval, also where something ended it.
    approved: Option<&'r Review>,
    /// What came after it that ends it, or what was said in its place.
    ended: Option<&'r Review>,
}

/// Whoever has no account any more is told apart from nobody.
const GONE: &str = "";

fn last_words(request: &ChangeRequest) -> Vec<LastWords<'_>> {
    let mut people: BTreeMap<&str, LastWords<'_>> = BTreeMap::new();
    for review in &request.reviews {
        // By what names the account for ever: whoever is renamed stays one person.
        let id = review.by.as_ref().map_or(GONE, |by| by.id.as_str());
        let said = people.entry(id).or_default();
        match review.state {
            ReviewState::Commented => {}
            ReviewState::Approved => (said.approved, said.ended) = (Some(review), None),
            ReviewState::ChangesRequested => said.ended = Some(review),
            // A review that was dismissed says no more whether it was a yes.
            ReviewState::Dismissed => (said.approved, said.ended) = (Some(review), Some(review)),
        }
    }
    people.into_values().collect()
}

/// Why an approval of a request does not count.
fn void(
    (request, mere): (&ChangeRequest, &BTreeSet<CommitId>),
    last: &LastWords<'_>,
    review: &Review,
) -> Option<String> {
    let name = crate::names::escape(&request.name);
    if review.by.is_none() {
        return Some(format!("the account that reviewed {name} is gone"));
    }
    match last.ended.map(|ended| ended.state) {
        Some(ReviewState::Dismissed) => return Some(format!("the review of {name} was dismissed")),
        Some(_) => return Some(format!("they requested changes of {name} afterwards")),
        None => {}
    }
    if !review.may_write {
        return Some(format!("who reviewed {name} may not write to the repository"));
    }
    stale(request, mere, review).map(|why| format!("the review of {name} {why}"))
}

/// Why a review is older than what it would count for: commits came after it, and one of them may have content. Told by
/// which commit follows which, never by times: whoever writes a commit chooses those.
fn stale(request: &ChangeRequest, mere: &BTreeSet<CommitId>, review: &Review) -> Option<String> {
    let Some(seen) = &review.head else {
        return Some("does not tell which commit was reviewed".to_owned());
    };
    let known: BTreeMap<&CommitId, &ReviewedCommit> =
        request.commits.iter().map(|one| (&one.id, one)).collect();
    if !known.contains_key(&request.head) {
        return Some(format!("can't be placed: {} is not among its commits", request.head.short(7)));
    }
    let before = reachable(&known, seen);
    let all = reachable(&known, &request.head);
    if !all.contains(seen) {
        return Some(format!("is of {}, which is no part of it any more", seen.short(7)));
    }
    // What a merge brings in stands for itself; whoever made it, it may hold more than that.
    let content = |id: &&CommitId| known.get(*id).is_none_or(|one| !merges(one) || !mere.contains(*id));
    let newer = all.iter().copied().filter(|id| !before.contains(*id)).find(content)?;
    let short = newer.short(7);
    Some(match known.get(newer).is_some_and(|one| merges(one)) {
        true => format!(
            "is older than the merge {short}, of which this repository does not show that it adds nothing \
             (where it lacks it, `git fetch origin {newer}` brings it)"
        ),
        false => format!("is older than {short}, which came after it"),
    })
}

/// The merges of the requests, of which the repository is asked whether they add something.
pub(super) fn merged(requests: &[ChangeRequest]) -> impl Iterator<Item = &CommitId> {
    let open = requests.iter().filter(|request| !request.abandoned && !request.reviews.is_empty());
    open.flat_map(|request| &request.commits).filter(|one| merges(one)).map(|one| &one.id)
}

fn merges(commit: &ReviewedCommit) -> bool {
    commit.parents.len() > 1
}

/// A commit and those before it, as far as they belong to the request.
fn reachable<'r>(
    known: &BTreeMap<&'r CommitId, &'r ReviewedCommit>,
    from: &CommitId,
) -> BTreeSet<&'r CommitId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&CommitId> = vec![from];
    while let Some(next) = open.pop() {
        if let Some((id, commit)) = known.get_key_value(next)
            && found.insert(*id)
        {
            open.extend(&commit.parents);
        }
    }
    found
}

/// Whether what is released is what was reviewed: what the request was merged as, or its newest commit; and all of it: of a
/// request to some other branch, what that branch has already is not shown to who reviews it.
fn released(request: &ChangeRequest, commit: &CommitId, branches: &[Option<String>]) -> Result<(), String> {
    // Where several move, what one of them would not count does not count.
    let named = !branches.is_empty() && branches.iter().all(|branch| branch.as_ref() == Some(&request.base));
    if !request.to_default && !named {
        let (name, base) = (crate::names::escape(&request.name), crate::names::escape(&request.base));
        return Err(format!(
            "{name} goes to `{base}`, which `branch` does not name as where releases come from"
        ));
    }
    if request.merged_as.contains(commit) || request.head == *commit {
        return Ok(());
    }
    let name = crate::names::escape(&request.name);
    Err(format!("{} is in {name}, but is neither its end nor what it was merged as", commit.short(7)))
}

fn person(realm: &str, by: Option<&Account>) -> Person {
    Person {
        names: vec![by.map_or_else(|| "ghost".to_owned(), |by| by.login.clone())],
        realm: realm.to_owned(),
        strength: StrengthLevel::Verified,
        bot: by.is_some_and(|by| by.bot || super::bots::is_bot(&by.login)),
    }
}

#[cfg(test)]
mod tests;
