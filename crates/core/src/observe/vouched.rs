//! What a forge vouches for when people are asked: reviews, who is in a team, the accounts of those who wrote what is new.
//! All of it is asked for side by side. What can't be read opens nothing.

use super::asking::AskedVotes;
use super::bots::is_bot;
use super::checks::unread;
use super::reviews;
use crate::commit::CommitId;
use crate::port::{Author, ChangeRequest, Forge, ProviderError, WrittenCommit};
use crate::ports::ReadPorts;
use crate::vote::{Vote, Votes};
use futures_util::future::{join_all, join3};
use std::collections::{BTreeMap, BTreeSet};

/// Where no forge is at hand.
const NO_FORGE: &str = "no forge is at hand; `[forge]` in `promote.toml` says where the repository is, and `PROMOTE_FORGE_TOKEN` holds a token for it";

/// What was told.
#[derive(Debug, Default)]
pub(super) struct ToldByForge {
    realm: &'static str,
    votes: Vec<Vote>,
    openers: Vec<Author>,
    unread: Option<String>,
    authors: Option<Result<Vec<Author>, String>>,
    teams: BTreeMap<String, Result<Vec<String>, String>>,
}

/// Asks the forge for all that the environments want to know of `commit`, which replaces `from`.
pub(super) async fn of_forge(
    view: &ReadPorts,
    (from, commit): (Option<&CommitId>, &CommitId),
    asked: &AskedVotes,
) -> ToldByForge {
    let Some(forge) = &view.people.forge else {
        let teams = asked.teams.iter().map(|team| (team.clone(), Err(NO_FORGE.to_owned()))).collect();
        let unread = asked.reviews.then(|| format!("the reviews can't be read: {NO_FORGE}"));
        return ToldByForge { teams, unread, ..ToldByForge::default() };
    };
    let reviewed = async {
        match asked.reviews {
            true => Some(forge.reviews(commit).await),
            false => None,
        }
    };
    let authors = async {
        match asked.authors {
            true => Some(forge.authors(from, commit).await.map_err(|error| unread(&error))),
            false => None,
        }
    };
    let teams = join_all(asked.teams.iter().map(|team| members(&**forge, team)));
    let (reviewed, authors, teams) = join3(reviewed, authors, teams).await;
    let mere = mere(view, authors.as_ref(), reviewed.as_ref()).await;
    let authors = authors.map(|all| all.map(|all| writers(all, &mere)));
    let mut told = ToldByForge {
        realm: forge.realm(),
        authors,
        teams: teams.into_iter().collect(),
        ..ToldByForge::default()
    };
    match reviewed {
        None => {}
        Some(Ok(requests)) => told.reviewed((&requests, &mere), commit, &asked.branches),
        Some(Err(error)) => {
            told.unread =
                Some(format!("the reviews of {} can't be read: {}", commit.short(7), unread(&error)));
        }
    }
    told
}

/// The merges that add nothing, as the repository shows. No word of the forge stands for that: it makes and signs merges into
/// which somebody put something.
async fn mere(
    view: &ReadPorts,
    authors: Option<&Result<Vec<WrittenCommit>, String>>,
    reviewed: Option<&Result<Vec<ChangeRequest>, ProviderError>>,
) -> BTreeSet<CommitId> {
    let written = authors.and_then(|all| all.as_ref().ok()).into_iter().flatten();
    let written = written.filter(|one| one.merges).map(|one| &one.id);
    let requests = reviewed.and_then(|all| all.as_ref().ok()).map_or(&[][..], Vec::as_slice);
    let merges: BTreeSet<&CommitId> = written.chain(reviews::merged(requests)).collect();
    match &view.history {
        Some(history) if !merges.is_empty() => {
            let all: Vec<CommitId> = merges.into_iter().cloned().collect();
            // What can't be told is not taken for nothing.
            history.only_merges(&all).await.unwrap_or_default()
        }
        _ => BTreeSet::new(),
    }
}

/// Who wrote the commits, but for those who only merged.
fn writers(commits: Vec<WrittenCommit>, mere: &BTreeSet<CommitId>) -> Vec<Author> {
    commits.into_iter().filter(|one| !(one.merges && mere.contains(&one.id))).map(|one| one.by).collect()
}

async fn members(forge: &dyn Forge, team: &str) -> (String, Result<Vec<String>, String>) {
    let found = forge.members(team).await;
    let people = found.map(|all| {
        all.into_iter().filter(|one| !one.bot && !is_bot(&one.login)).map(|one| one.login).collect()
    });
    (team.to_owned(), people.map_err(|error| unread(&error)))
}

impl ToldByForge {
    fn reviewed(
        &mut self,
        requests: (&[ChangeRequest], &BTreeSet<CommitId>),
        commit: &CommitId,
        branches: &[Option<String>],
    ) {
        self.votes = reviews::votes(self.realm, requests, commit, branches);
        self.openers = reviews::openers(requests.0);
    }

    /// Adds it to what else was said.
    pub(super) fn add_to(self, found: &mut Votes) {
        found.votes.extend(self.votes);
        found.votes.sort_by_key(|vote| vote.at);
        found.unread.extend(self.unread);
        found.teams = self.teams;
        match (&mut found.authors, self.authors) {
            (Some(Ok(known)), Some(Ok(more))) => {
                known.extend(more);
                known.extend(self.openers);
            }
            (Some(Ok(known)), None) => known.extend(self.openers),
            // A commit's address need not be the account's: whose accounts they are must be known where accounts speak.
            (authors, Some(Err(why))) => {
                found.untold_accounts = Some((self.realm.to_owned(), why));
                if let Some(Ok(known)) = authors {
                    known.extend(self.openers);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_merges_has_not_written_and_what_a_merge_holds_is_for_the_repository_to_show() {
        let commit = |digit: &str| digit.repeat(40).parse::<CommitId>().unwrap();
        let by = |login: &str| Author {
            name: login.to_owned(),
            email: String::new(),
            login: Some(login.to_owned()),
        };
        let written = |digit: &str, merges, login| WrittenCommit { id: commit(digit), merges, by: by(login) };
        let all = vec![written("a", false, "ann"), written("b", true, "bob"), written("c", true, "carol")];
        let names = |mere: &[&str]| {
            let mere = mere.iter().map(|digit| commit(digit)).collect();
            writers(all.clone(), &mere).into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["ann", "bob", "carol"]);
        assert_eq!(names(&["b"]), ["ann", "carol"]);
        assert_eq!(names(&["a", "b", "c"]), ["ann"], "a commit that merges nothing is written by somebody");
    }
}
