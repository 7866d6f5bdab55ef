//! The pure part of an import: whose bytes an old version holds, and which releases followed one another when a
//! release has several artifacts.

use crate::commit::CommitId;
use crate::ledger::TargetState;
use crate::port::Object;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A release's artifact as it lies at its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The release.
    pub commit: CommitId,
    /// The object.
    pub object: Object,
}

/// A target came to hold something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which artifact.
    pub artifact: String,
    /// When; of what nobody tells the time of, when it was looked at.
    pub at: DateTime<Utc>,
    /// Whether the time is told, and not that of the look.
    pub dated: bool,
    /// The release whose bytes it was, when that is known.
    pub commit: Option<CommitId>,
    /// What a person should know of it.
    pub warning: Option<String>,
    /// What the target held from then on.
    pub target: TargetState,
    /// Where that is known from.
    pub told: String,
}

/// A release was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Since when; `None` when nobody tells, and it is only known to be there now.
    pub since: Option<DateTime<Utc>>,
    /// The release; `None` for what came after all releases that are known.
    pub commit: Option<CommitId>,
    /// What each target held.
    pub targets: Vec<TargetState>,
    /// Where that is known from.
    pub told: String,
    /// What a person should know of it.
    pub warning: Option<String>,
}

/// Whether two objects have the same content by the checksums that their stores tell of both: by each that both have.
fn same_checksums(one: &Object, other: &Object) -> bool {
    let mut shared = one.checksums.iter().filter_map(|(name, sum)| Some((sum, other.checksums.get(name)?)));
    let mut some = false;
    shared.all(|(one, other)| {
        some = true;
        one == other
    }) && some
}

/// The candidate whose bytes an object holds. Digests decide where both have one; else the release that the object
/// names itself, or the same length and the same checksums or token, which is a digest of the content in the stores that
/// give no other. Of several releases with the same bytes it is the one that was there last before the object was written.
pub fn holder<'c>(object: &Object, candidates: &'c [Candidate]) -> Option<&'c Candidate> {
    let named = object.metadata.get("promote-commit").and_then(|text| text.parse::<CommitId>().ok());
    let same = |candidate: &&Candidate| match (object.sha256, candidate.object.sha256) {
        _ if object.size != candidate.object.size => false,
        (Some(one), Some(other)) => one == other,
        _ => {
            named.as_ref() == Some(&candidate.commit)
                || object.token == candidate.object.token
                || same_checksums(object, &candidate.object)
        }
    };
    let all: Vec<&Candidate> = candidates.iter().filter(same).collect();
    if let Some(found) = all.iter().find(|candidate| Some(&candidate.commit) == named.as_ref()) {
        return Some(found);
    }
    let before = all.iter().filter(|candidate| candidate.object.stored_at <= object.stored_at);
    before
        .max_by_key(|candidate| candidate.object.stored_at)
        .or_else(|| all.iter().min_by_key(|candidate| candidate.object.stored_at))
        .copied()
}

/// The releases that followed one another, oldest first. A release is there from the moment at which every one of
/// `artifacts` is its own; what is between two releases, or unknown, is none. The same release put in place again
/// goes on, with the target as it was put last. What comes after all of them and is of no release is the last one: what
/// is there now is never the release before it.
pub fn stays(artifacts: &[String], mut events: Vec<Event>) -> Vec<Stay> {
    events.sort_by_key(|event| event.at);
    let mut now: BTreeMap<String, Event> = BTreeMap::new();
    let mut found: Vec<Stay> = Vec::new();
    let mut unknown: Option<Stay> = None;
    let mut broken = true;
    for event in events {
        let (since, told) = (Some(event.at).filter(|_| event.dated), event.told.clone());
        let warning = event.warning.clone();
        now.insert(event.artifact.clone(), event);
        let here: Vec<&Event> = artifacts.iter().filter_map(|name| now.get(name)).collect();
        let first = here.first().and_then(|event| event.commit.clone());
        let whole = here.len() == artifacts.len() && here.iter().all(|event| event.commit == first);
        let targets: Vec<TargetState> = here.iter().map(|event| event.target.clone()).collect();
        let Some(commit) = first.filter(|_| whole) else {
            unknown = Some(Stay { since, commit: None, targets, told, warning });
            broken = true;
            continue;
        };
        unknown = None;
        match found.last_mut() {
            Some(last) if !broken && last.commit.as_ref() == Some(&commit) => {
                last.targets = targets;
                last.warning = last.warning.take().or(warning);
            }
            _ => found.push(Stay { since, commit: Some(commit), targets, told, warning }),
        }
        broken = false;
    }
    if !found.is_empty() {
        found.extend(unknown);
    }
    found
}
