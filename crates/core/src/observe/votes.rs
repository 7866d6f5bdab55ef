//! What people said to the release that is wanted, where an environment that moves asks for approvals: read side by side,
//! and only then.

use super::asking::AskedVotes;
use super::bots::is_bot;
use super::vouched;
use crate::commit::CommitId;
use crate::config::{Config, Environment, StrengthLevel};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::approval::NAMESPACE;
use crate::ledger::{Actor, Answer, LedgerError, LedgerId, ReleaseRef, State, StoredApproval};
use crate::names::{LaneName, escape};
use crate::port::Signed;
use crate::ports::ReadPorts;
use crate::request::Request;
use crate::snapshot::{Candidate, Snapshot};
use crate::vote::{Person, Vote, Votes};
use chrono::{DateTime, Utc};
use futures_util::future::join3;

/// Whether a promotion on these terms is asked for approvals.
fn asked(config: &Config, environment: &Environment, request: &Request) -> bool {
    let moved = config.moved(environment, &request.include);
    !request.goes_back() && moved.iter().any(|one| one.approvals.count > 0)
}

/// Reads all of it.
///
/// # Errors
/// What the ledger's store answered. What is there and can't be read is no error: the rule closes for it.
pub(super) async fn votes(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    request: &Request,
    (ledger, candidate, state): (&LedgerId, &Candidate, &State),
) -> Result<Votes, Failure> {
    if !asked(config, environment, request) {
        return Ok(Votes::default());
    }
    let asked = AskedVotes::of(config.moved(environment, &request.include));
    votes_for(view, (ledger, &environment.lane), state.release(), &candidate.manifest.commit, &asked).await
}

/// What people said to a release that is to replace what is there in a lane.
///
/// # Errors
/// See [`votes`].
pub(crate) async fn votes_for(
    view: &ReadPorts,
    (ledger, lane): (&LedgerId, &LaneName),
    there: Option<&ReleaseRef>,
    commit: &CommitId,
    asked: &AskedVotes,
) -> Result<Votes, Failure> {
    let from = there.map(|release| &release.commit).filter(|from| *from != commit);
    let authors = async {
        let Some(history) = &view.history else {
            return Err("no repository is at hand".to_owned());
        };
        match history.authors(from, commit).await {
            Ok(Some(authors)) => Ok(authors),
            Ok(None) => Err("this clone lacks commits between the two; fetch all of them".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    };
    let answers = view.ledger.answers(lane, commit);
    let told = Box::pin(vouched::of_forge(view, (from, commit), asked));
    let (answers, authors, told) = join3(answers, authors, told).await;
    let mut found = Votes { authors: Some(authors), ..Votes::default() };
    let now = now(view).await?;
    for stored in answers.map_err(LedgerError::read_failure)? {
        match vote(view, (ledger, now), &stored) {
            Ok(vote) => found.votes.push(vote),
            Err(why) => {
                found.unread.push(format!(
                    "`lanes/{lane}/approvals/{commit}/{}.json` can't be read as an approval: {why}",
                    stored.name
                ));
                found.unread_kept.push((stored.name, stored.digest));
            }
        }
    }
    told.add_to(&mut found);
    Ok(found)
}

/// Fails with `Blocked` when somebody rejected the release after the plan was made, or said something that can't be read.
///
/// # Errors
/// Also what the ledger's store answered.
pub(crate) async fn unrejected(
    view: &ReadPorts,
    snapshot: &Snapshot,
    (lane, release): (&LaneName, &ReleaseRef),
) -> Result<(), Failure> {
    let commit = &release.commit;
    let answers = view.ledger.answers(lane, commit).await.map_err(LedgerError::read_failure)?;
    let now = now(view).await?;
    let known = |stored: &StoredApproval| {
        let votes = snapshot.votes.votes.iter().filter_map(|vote| vote.kept.as_ref());
        let mut votes = votes.map(|(name, digest)| (name, Some(*digest)));
        let mut unread = snapshot.votes.unread_kept.iter();
        votes.any(|(name, digest)| *name == stored.name && digest == stored.digest)
            || unread.any(|(name, digest)| *name == stored.name && *digest == stored.digest)
    };
    let short = commit.short(7);
    let hint = format!("`promote status {lane}` shows how it stands");
    for stored in answers.iter().filter(|stored| !known(stored)) {
        let said = vote(view, (&snapshot.genesis.0.ledger, now), stored);
        let no = said.as_ref().is_ok_and(|said| {
            let bound = said.bound.as_ref();
            said.answer == Answer::Rejected
                && bound.is_none_or(|bound| bound.release.artifacts == release.artifacts)
        });
        if no || said.is_err() {
            let by =
                said.map_or_else(|_| String::new(), |said| format!(" by {}", escape(said.person.name())));
            let what = if no { "rejected" } else { "answered in words that can't be read" };
            return Err(Failure::new(
                ExitStatus::Blocked,
                format!("{short} was {what}{by} after it was checked"),
            )
            .hint(hint));
        }
    }
    Ok(())
}

/// The time by the ledger's store, which decides whether a key is valid.
async fn now(view: &ReadPorts) -> Result<DateTime<Utc>, Failure> {
    view.ledger.bucket().now().await.map_err(|error| Failure::from_read("asking for the time", error))
}

/// What was said in an object of the ledger.
fn vote(
    view: &ReadPorts,
    (ledger, now): (&LedgerId, DateTime<Utc>),
    stored: &StoredApproval,
) -> Result<Vote, String> {
    let said = stored.content.as_ref().map_err(Clone::clone)?;
    let approval = &said.approval;
    if approval.ledger != *ledger {
        return Err("it was written for another ledger".to_owned());
    }
    let kept = stored.digest.map(|digest| (stored.name.clone(), digest));
    let (person, void) = match (&said.signature, &view.people.signers) {
        (None, _) => (by_word(&approval.actor), None),
        (Some(_), None) => (
            claimed(&approval.actor),
            Some("no file of `signers` is there to check its signature by".to_owned()),
        ),
        (Some(signature), Some(signers)) => {
            let signed =
                Signed { namespace: NAMESPACE, message: &said.line, signature, at: stored.stored_at };
            // As long as it is not used up, the key has to be valid, too.
            let now = now.max(stored.stored_at);
            let still = signers
                .signed_by(&signed)
                .and_then(|by| signers.signed_by(&Signed { at: now, ..signed }).map(|_| by));
            match still {
                Ok(by) => (
                    Person {
                        names: by.names,
                        realm: crate::vote::SSH.to_owned(),
                        strength: StrengthLevel::Signed,
                        bot: false,
                    },
                    None,
                ),
                Err(why) => (claimed(&approval.actor), Some(why.to_string())),
            }
        }
    };
    Ok(Vote {
        person,
        answer: approval.answer,
        bound: Some(approval.bound.clone()),
        at: stored.stored_at,
        reason: approval.reason.clone(),
        kept,
        void,
    })
}

/// Who said it, by the word of the program that wrote it down.
pub(crate) fn by_word(actor: &Actor) -> Person {
    Person { strength: (&actor.strength).into(), ..claimed(actor) }
}

fn claimed(actor: &Actor) -> Person {
    let realm = match actor.source.as_str() {
        "github-actions" => "github",
        "gitlab-ci" => "gitlab",
        other => other,
    };
    Person {
        names: vec![actor.name.clone()],
        realm: realm.to_owned(),
        strength: StrengthLevel::Claimed,
        bot: is_bot(&actor.name),
    }
}
