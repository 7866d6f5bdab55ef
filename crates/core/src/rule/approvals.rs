//! `approvals`: enough people have said that just this may go there: these bytes, in place of what is there. Each person
//! counts once, who wrote or asks for it not at all unless the file says so, and nobody's word outlasts a rejection.

use super::{Facts, Finding};
use crate::config::StrengthLevel;
use crate::invocation::Invocation;
use crate::ledger::{Answer, Bound};
use crate::names::escape;
use crate::span::Span;
use crate::vote::{Person, Vote, people};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::fmt;

/// A vote for what is asked, and whether it counts.
#[derive(Debug, Clone, Copy)]
struct Judged<'v> {
    vote: &'v Vote,
    until: Option<DateTime<Utc>>,
}

/// Why a vote does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Void<'v> {
    vote: &'v Vote,
    why: String,
}

impl fmt::Display for Void<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "that of {} does not count: {}", escape(self.vote.person.name()), self.why)
    }
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    found(facts, Some(&facts.request.actor.name))
}

/// What the rule says while nobody asks for the promotion: who answers does not ask.
pub(crate) fn before_anyone_asks(facts: &Facts<'_>) -> Option<Finding> {
    found(facts, None)
}

/// The same for whoever `asks` for the promotion; for nobody yet, where it is `None`.
fn found(facts: &Facts<'_>, asks: Option<&str>) -> Option<Finding> {
    let settings = &facts.environment.approvals;
    let need = settings.count as usize;
    if need == 0 {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped("approvals", "a release verified here before may always come back"));
    }
    let (counted, void) = judge(facts, asks);
    let have = people(&counted.iter().map(|one| &one.vote.person).collect::<Vec<_>>());
    let unread = &facts.snapshot.votes.unread;
    let rejected = rejection(facts);
    let holds = have >= need && unread.is_empty();
    let mut parts = vec![format!("{have} of {need}")];
    if !counted.is_empty() {
        let names: Vec<String> = counted.iter().map(|one| shown(&one.vote.person)).collect();
        parts = vec![format!("{have} of {need}: {}", names.join(", "))];
        if have < counted.len() {
            parts.push("names that may be one person's count once".to_owned());
        }
    }
    if let Some(vote) = rejected.filter(|_| !holds) {
        let reason = vote.reason.as_deref().unwrap_or_default();
        parts.push(format!("rejected by {}: {}", shown(&vote.person), escape(reason)));
    }
    if !holds {
        parts.extend(void.iter().map(ToString::to_string));
    }
    parts.extend(unread.iter().cloned());
    let finding = Finding::of("approvals", holds, parts.join("; "))
        .with("need", need)
        .with("have", counted.iter().map(|one| told(one.vote, None)).collect::<Vec<_>>())
        .with("content", bound(facts).digest().to_string());
    let finding = match void.is_empty() {
        true => finding,
        false => {
            finding.with("void", void.iter().map(|one| told(one.vote, Some(&one.why))).collect::<Vec<_>>())
        }
    };
    let until = counted.iter().filter_map(|one| one.until).min();
    Some(match holds {
        true => finding.closes(until),
        false if !unread.is_empty() => {
            finding.hint("make it readable, or say why it may go past: `--override approvals --reason TEXT`")
        }
        false => finding.hint(missing(facts, need - have.min(need), rejected.is_some())),
    })
}

/// The approvals in the ledger that count: what names each, and the digest of what is stored.
pub(crate) fn used(facts: &Facts<'_>) -> Vec<(String, crate::digest::Digest)> {
    if facts.environment.approvals.count == 0 || facts.rolling_back() {
        return Vec::new();
    }
    let asks = Some(facts.request.actor.name.as_str());
    judge(facts, asks).0.into_iter().filter_map(|one| one.vote.kept.clone()).collect()
}

/// What an approval of the request has to be bound to.
pub(crate) fn bound(facts: &Facts<'_>) -> Bound {
    facts.snapshot.bound(&facts.environment.name, facts.release)
}

/// Why an approval of what is asked would not count if this person gave it now, as the rest of a sentence, and what would
/// help; `None` where it would count. Who asks for the promotion later is not known yet.
pub(crate) fn would_not_count(facts: &Facts<'_>, person: &Person) -> Option<(String, String)> {
    let why = of_person(facts, person, None).err()?;
    let way = match facts.environment.approvals.strength {
        least if person.strength >= least => missing(facts, 1, false),
        StrengthLevel::Signed => "sign with a key of the file that `signers` names".to_owned(),
        _ => "approve in a job whose token proves who started it, or sign with a key of `signers`".to_owned(),
    };
    Some((why, way))
}

/// Whether what somebody said counts now, whoever asks for the promotion.
pub(crate) fn counts(facts: &Facts<'_>, vote: &Vote) -> bool {
    unfit(facts, vote, rejection(facts), None).is_ok()
}

/// Whether a rejection came after the promotion that is gone on with was begun: then it is asked again.
pub(super) fn rejected_since(facts: &Facts<'_>) -> bool {
    let open = facts.snapshot.head.as_ref().and_then(|head| head.state().open.as_ref());
    open.zip(rejection(facts)).is_some_and(|(open, no)| no.at >= open.since.time())
}

/// The newest rejection of the same bytes for this environment.
pub(crate) fn rejection<'f>(facts: &Facts<'f>) -> Option<&'f Vote> {
    let wanted = bound(facts);
    let votes = facts.snapshot.votes.votes.iter();
    let rejects = |vote: &&Vote| {
        vote.answer == Answer::Rejected && vote.bound.as_ref().is_none_or(|it| it.same_bytes(&wanted))
    };
    votes.filter(rejects).max_by_key(|vote| vote.at)
}

/// The votes that count, and those for the same bytes and environment that don't. `asks`: who asks for the promotion.
fn judge<'f>(facts: &Facts<'f>, asks: Option<&str>) -> (Vec<Judged<'f>>, Vec<Void<'f>>) {
    let (wanted, rejected) = (bound(facts), rejection(facts));
    let (mut counted, mut void) = (Vec::new(), Vec::new());
    for vote in facts.snapshot.votes.votes.iter().filter(|vote| vote.answer == Answer::Approved) {
        // What was said of another environment of the lane is no matter of this one.
        if vote.bound.as_ref().is_some_and(|it| it.environment != wanted.environment) {
            continue;
        }
        // Reviews count where the file says so, and nowhere else.
        if vote.bound.is_none() && !facts.environment.approvals.reviews {
            continue;
        }
        match unfit(facts, vote, rejected, asks) {
            Ok(until) => counted.push(Judged { vote, until }),
            Err(why) => void.push(Void { vote, why }),
        }
    }
    // Of a person who said it again, the word that counts is enough.
    void.retain(|one| !counted.iter().any(|known| known.vote.person == one.vote.person));
    (counted, void)
}

/// Until when a vote counts, or why it does not.
fn unfit(
    facts: &Facts<'_>,
    vote: &Vote,
    rejected: Option<&Vote>,
    asks: Option<&str>,
) -> Result<Option<DateTime<Utc>>, String> {
    let settings = &facts.environment.approvals;
    if let Some(why) = &vote.void {
        return Err(why.clone());
    }
    if let Some(why) = vote.bound.as_ref().and_then(|given| given.differs(&bound(facts))) {
        return Err(why);
    }
    if let Some(no) = rejected.filter(|no| vote.at <= no.at) {
        return Err(format!("{} rejected it afterwards", escape(no.person.name())));
    }
    if rejected.is_some() && vote.reason.is_none() {
        return Err("it follows a rejection and gives no reason".to_owned());
    }
    let until = settings.expires.and_then(|time| Some(vote.at + chrono::TimeDelta::from_std(time).ok()?));
    let now = facts.snapshot.taken_at;
    if let Some(over) = until.filter(|until| *until <= now) {
        return Err(format!("it expired {} ago", Span::between(over, now)));
    }
    of_person(facts, &vote.person, asks)?;
    Ok(until)
}

/// Refuses whose word does not count for this, whatever they say. `asks`: who asks for the promotion.
fn of_person(facts: &Facts<'_>, person: &Person, asks: Option<&str>) -> Result<(), String> {
    let settings = &facts.environment.approvals;
    if person.bot {
        return Err("programs approve nothing".to_owned());
    }
    if person.strength < settings.strength {
        let (is, least) = (person.strength.as_str(), settings.strength.as_str());
        return Err(format!("the name is {is}, and the file asks for {least}"));
    }
    if !settings.own {
        not_their_own(facts, person, asks)?;
    }
    named(facts, person)
}

/// Refuses the word of who asks for it, or wrote what is new.
fn not_their_own(facts: &Facts<'_>, person: &Person, asks: Option<&str>) -> Result<(), String> {
    if asks.is_some_and(|name| person.is_called(name)) {
        return Err("who asks for the promotion can't approve it".to_owned());
    }
    let untold = facts.snapshot.votes.untold_accounts.as_ref();
    if let Some((_, why)) = untold.filter(|(realm, _)| person.is_account_of(realm)) {
        return Err(format!("who wrote what is new here is not known: {why}"));
    }
    match &facts.snapshot.votes.authors {
        Some(Ok(authors)) if authors.iter().any(|author| person.is(author)) => {
            Err("who wrote what is new here can't approve it".to_owned())
        }
        Some(Ok(_)) => Ok(()),
        Some(Err(why)) => Err(format!("who wrote what is new here is not known: {why}")),
        None => Err("who wrote what is new here is not known".to_owned()),
    }
}

/// Refuses the word of who is not among those whose approval is asked for.
fn named(facts: &Facts<'_>, person: &Person) -> Result<(), String> {
    let from = &facts.environment.approvals.from;
    if from.is_empty() {
        return Ok(());
    }
    let mut untold = None;
    for entry in from {
        match facts.snapshot.votes.teams.get(entry) {
            Some(Ok(members)) if members.iter().any(|member| person.is_called(member)) => return Ok(()),
            Some(Err(why)) => untold = Some(format!("who is in {} can't be told: {why}", escape(entry))),
            None if entry.starts_with('@') => {
                untold = Some(format!("who is in {} was not looked up", escape(entry)));
            }
            None if person.is_called(entry) => return Ok(()),
            _ => {}
        }
    }
    let all: Vec<String> = from.iter().map(|name| escape(name)).collect();
    Err(untold.unwrap_or_else(|| format!("only approvals of {} count", all.join(", "))))
}

fn shown(person: &Person) -> String {
    format!("{} ({})", escape(person.name()), person.strength.as_str())
}

fn told(vote: &Vote, why: Option<&str>) -> Value {
    let mut value = json!({
        "name": vote.person.name(),
        "realm": vote.person.realm,
        "strength": vote.person.strength.as_str(),
        "at": vote.at,
    });
    if let Some((id, _)) = &vote.kept {
        value["id"] = json!(id);
    }
    if let Some(why) = why {
        value["why"] = json!(why);
    }
    value
}

/// What is missing, and the command that gives it.
fn missing(facts: &Facts<'_>, more: usize, rejected: bool) -> String {
    let settings = &facts.environment.approvals;
    let who = match settings.from.as_slice() {
        [] if more == 1 => "one more person".to_owned(),
        [] => format!("{more} more people"),
        some => {
            let all: Vec<String> = some.iter().map(|name| escape(name)).collect();
            format!("{more} more of {}", all.join(", "))
        }
    };
    let line = Invocation::new("approve").word(&facts.environment.name).word(facts.release.commit.short(7));
    let line = if rejected { line.option("--reason", "TEXT") } else { line };
    let proof = match settings.strength {
        StrengthLevel::Claimed => "",
        StrengthLevel::Verified => ", with a name that is proven",
        StrengthLevel::Signed => ", signed with a key of `signers`",
    };
    format!("`{line}` by {who}{proof}")
}
