//! `evidence`: the newest result of each name that the file asks for is there for just these bytes, passed, not too old, and
//! written down by somebody who is known well enough. A failed one closes the gate, and so does what can't be read.

use super::{Facts, Finding};
use crate::config::{EvidenceDemand, StrengthLevel};
use crate::invocation::Invocation;
use crate::ledger::{EvidenceResult, StoredEvidence};
use crate::names::escape;
use crate::span::Span;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// What becomes of one name.
enum Verdict<'f> {
    /// It is met, until then.
    Met(&'f StoredEvidence, Option<DateTime<Utc>>),
    /// It is not, and why.
    Unmet(Option<&'f StoredEvidence>, String, Way),
}

/// What would open the gate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A new result.
    Record,
    /// The same by somebody who is better known.
    Prove,
    /// Somebody has to look.
    Look,
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let demands = &facts.environment.evidence;
    if demands.is_empty() {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped("evidence", "a release verified here before may always come back"));
    }
    let judged: Vec<(&EvidenceDemand, Verdict<'_>)> =
        demands.iter().map(|demand| (demand, judge(facts, demand))).collect();
    let holds = judged.iter().all(|(_, verdict)| matches!(verdict, Verdict::Met(..)));
    let details: Vec<String> = judged.iter().map(|(demand, verdict)| told(facts, demand, verdict)).collect();
    let need: Vec<String> = demands.iter().map(|demand| demand.name.to_string()).collect();
    let have: Vec<Value> = judged.iter().filter_map(|(demand, verdict)| shown(demand, verdict)).collect();
    let finding = Finding::of("evidence", holds, details.join("; ")).with("need", need).with("have", have);
    let until = judged.iter().filter_map(|(_, verdict)| match verdict {
        Verdict::Met(_, until) => *until,
        Verdict::Unmet(..) => None,
    });
    Some(match holds {
        true => finding.closes(until.min()),
        false => finding.hint(hint(facts, &judged)),
    })
}

/// Of several that the store took at the same time, the one that closes the gate counts.
fn judge<'f>(facts: &Facts<'f>, demand: &EvidenceDemand) -> Verdict<'f> {
    let found = facts.snapshot.candidate.evidence.get(&demand.name).map(Vec::as_slice).unwrap_or_default();
    let mut met = None;
    for stored in found {
        match one(facts, demand, stored) {
            Ok(until) => met = Some((stored, until)),
            Err((why, way)) => return Verdict::Unmet(Some(stored), why, way),
        }
    }
    match met {
        Some((stored, until)) => Verdict::Met(stored, until),
        None => Verdict::Unmet(None, "no result is recorded".to_owned(), Way::Record),
    }
}

fn one(
    facts: &Facts<'_>,
    demand: &EvidenceDemand,
    stored: &StoredEvidence,
) -> Result<Option<DateTime<Utc>>, (String, Way)> {
    let found = match &stored.content {
        Ok(found) if found.ledger == facts.snapshot.genesis.0.ledger => found,
        Ok(_) => return Err(("the newest result is of another ledger".to_owned(), Way::Look)),
        Err(why) => return Err((format!("the newest result can't be read: {why}"), Way::Look)),
    };
    let now = facts.snapshot.taken_at;
    if found.result == EvidenceResult::Failed {
        return Err((format!("failed {}", by(facts, stored)), Way::Record));
    }
    if found.release.commit != facts.release.commit || found.release.artifacts != facts.release.artifacts {
        return Err(("the newest result is of other bytes".to_owned(), Way::Record));
    }
    let strength = StrengthLevel::from(&found.actor.strength);
    if strength < demand.strength {
        let (is, least) = (strength.as_str(), demand.strength.as_str());
        let why = format!("passed {}, whose name is {is}, and the file asks for {least}", by(facts, stored));
        return Err((why, Way::Prove));
    }
    let Some(age) = demand.max_age else { return Ok(None) };
    let age = TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX);
    let until = stored.stored_at.checked_add_signed(age);
    match until {
        Some(until) if now >= until => {
            Err((format!("passed {}, and counts for {} only", by(facts, stored), Span(age)), Way::Record))
        }
        until => Ok(until),
    }
}

/// When and by whom.
fn by(facts: &Facts<'_>, stored: &StoredEvidence) -> String {
    let since = Span((facts.snapshot.taken_at - stored.stored_at).max(TimeDelta::zero()));
    let name = stored.content.as_ref().map(|found| escape(&found.actor.name)).unwrap_or_default();
    format!("{since} ago by {name}")
}

fn told(facts: &Facts<'_>, demand: &EvidenceDemand, verdict: &Verdict<'_>) -> String {
    match verdict {
        Verdict::Met(stored, _) => {
            let strength = stored.content.as_ref().map(|found| found.actor.strength.to_string());
            format!("{}: passed {} ({})", demand.name, by(facts, stored), strength.unwrap_or_default())
        }
        Verdict::Unmet(_, why, _) => format!("{}: {why}", demand.name),
    }
}

fn shown(demand: &EvidenceDemand, verdict: &Verdict<'_>) -> Option<Value> {
    let (stored, why) = match verdict {
        Verdict::Met(stored, _) => (*stored, None),
        Verdict::Unmet(stored, why, _) => ((*stored)?, Some(why)),
    };
    let mut value = json!({ "name": demand.name, "at": stored.stored_at });
    if let Ok(found) = &stored.content {
        value["result"] = json!(found.result);
        value["by"] = json!(found.actor.name);
        value["strength"] = json!(found.actor.strength.to_string());
        if let Some(url) = &found.url {
            value["url"] = json!(url);
        }
    }
    if let Some(why) = why {
        value["why"] = json!(why);
    }
    Some(value)
}

/// What is missing, and the commands that give it.
fn hint(facts: &Facts<'_>, judged: &[(&EvidenceDemand, Verdict<'_>)]) -> String {
    let commit = facts.release.commit.short(7);
    let line = |demand: &EvidenceDemand| {
        let line = Invocation::new("record").word(&demand.name).word(commit);
        format!("`{}`", line.option("--result", "passed"))
    };
    let of = |wanted: Way| {
        let lines = judged.iter().filter_map(move |(demand, verdict)| match verdict {
            Verdict::Unmet(_, _, way) if *way == wanted => Some(*demand),
            _ => None,
        });
        lines.map(line).collect::<Vec<_>>().join(" and ")
    };
    let (record, prove) = (of(Way::Record), of(Way::Prove));
    match (record.is_empty(), prove.is_empty()) {
        (false, _) => format!("{record} once that is so, in the job that found it"),
        (true, false) => format!("{prove} in a job whose token proves who runs it"),
        (true, true) => format!("`promote show {commit}` names it; a new result counts in its place"),
    }
}
