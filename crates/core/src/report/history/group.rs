//! From records to entries: a promotion's intent, commit and outcome are one.

use super::entry::{Entry, EntryResult};
use crate::digest::Digest;
use crate::ledger::{Action, Head, Kind, OutcomeResult, Record, Restored};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Entries under construction, oldest first.
#[derive(Default)]
struct Grouped {
    /// Each with its beginning and the reason that was given for it.
    entries: Vec<(Entry, DateTime<Utc>, Option<String>)>,
    /// The entry that a record of this id belongs to: intents and commits.
    of: BTreeMap<Digest, usize>,
}

impl Grouped {
    fn begin(&mut self, head: &Head, entry: Entry) {
        self.of.insert(head.id, self.entries.len());
        let reason = entry.why.clone();
        self.entries.push((entry, head.stored_at, reason));
    }

    /// A record goes on with the entry of an earlier record, if that was read.
    fn go_on(
        &mut self,
        head: &Head,
        earlier: &Digest,
        result: impl FnOnce(Option<Action>) -> EntryResult,
        why: Option<String>,
    ) {
        let Some(index) = self.of.get(earlier).copied() else { return };
        self.of.insert(head.id, index);
        if let Some((entry, began, reason)) = self.entries.get_mut(index) {
            entry.result = result(entry.action);
            entry.took_s = Some((head.stored_at - *began).num_seconds().max(0));
            entry.why = why.or_else(|| reason.clone());
        }
    }
}

/// Groups records, newest first, into entries, newest first. Records whose intent is not among them are left out:
/// their entry is older than what was read.
pub(in crate::report) fn entries(heads: &[Head]) -> Vec<Entry> {
    let mut grouped = Grouped::default();
    for head in heads.iter().rev() {
        add(&mut grouped, head);
    }
    grouped.entries.into_iter().rev().map(|(entry, ..)| entry).collect()
}

fn add(grouped: &mut Grouped, head: &Head) {
    let record = &head.record;
    if let Some(intent) = &record.intent {
        if let Some(earlier) = &intent.supersedes {
            grouped.go_on(head, earlier, |_| EntryResult::TakenOver, None);
        }
        let entry = Entry {
            environment: intent.environment.to_string(),
            promotion: Some(intent.promotion.to_string()),
            action: Some(intent.action),
            sha: Some(intent.release.commit.to_string()),
            from: intent.from.as_ref().map(ToString::to_string),
            version: intent.release.version.clone(),
            allowed: intent.allowed.clone(),
            ..plain(head, EntryResult::Unfinished)
        };
        grouped.begin(head, entry);
    } else if let Some(commit) = &record.commit {
        let follows = record.state.current.as_ref().is_some_and(|current| current.follows);
        let result = move |action| if follows { EntryResult::Deploying } else { done(action) };
        grouped.go_on(head, &commit.of, result, None);
    } else if let Some(abort) = &record.abort {
        let undone = abort.restored.is_some();
        let result = move |_| if undone { EntryResult::Undone } else { EntryResult::Aborted };
        let left = abort.restored.iter().flatten().find_map(Restored::told);
        grouped.go_on(head, &abort.of, result, left.or_else(|| Some(abort.reason.clone())));
    } else if record.mark.as_ref().is_some_and(|mark| mark.sign.is_some()) {
        // A deployment's own word that it goes on is nothing that was said about it.
    } else if let Some(outcome) = &record.outcome {
        let bad = outcome.steps.last().filter(|_| outcome.result != OutcomeResult::Succeeded);
        let why = bad.map(|step| format!("{}: {}", step.phase, step.report.summary));
        let overtaken = outcome.result == OutcomeResult::Superseded && outcome.steps.is_empty();
        let why = why.or_else(|| overtaken.then(|| format!("superseded by {}", record.actor.name)));
        grouped.go_on(head, &outcome.of, |action| ended(outcome.result, action), why);
    } else if let Some(result) = said(record.kind) {
        let observed = record.observe.as_ref().and_then(|seen| seen.release.as_ref());
        let entry = Entry {
            sha: observed.map(|release| release.commit.to_string()),
            version: observed.and_then(|release| release.version.clone()),
            allowed: record.observe.as_ref().map(|seen| seen.allowed.clone()).unwrap_or_default(),
            promotion: record.mark.as_ref().map(|mark| mark.of.to_string()),
            // What was written down afterwards is told with the time that it is about.
            at: record.observe.as_ref().and_then(|seen| seen.since).unwrap_or(head.stored_at),
            why: record.mark.as_ref().map(|mark| mark.label.clone()).or(record.why.reason.clone()),
            ..plain(head, result)
        };
        grouped.begin(head, entry);
    }
}

fn plain(head: &Head, result: EntryResult) -> Entry {
    let Record { lane, seq, actor, why, .. } = &head.record;
    Entry {
        environment: lane.to_string(),
        entry: seq.0,
        at: head.stored_at,
        result,
        promotion: None,
        action: None,
        sha: None,
        from: None,
        by: actor.name.clone(),
        overrides: why.overrides.iter().map(|one| one.rule.clone()).collect(),
        took_s: None,
        why: why.reason.clone(),
        version: None,
        allowed: Vec::new(),
    }
}

const fn done(action: Option<Action>) -> EntryResult {
    match action {
        Some(Action::Rollback) => EntryResult::RolledBack,
        Some(Action::Redeploy) => EntryResult::Redeployed,
        _ => EntryResult::Promoted,
    }
}

const fn ended(result: OutcomeResult, action: Option<Action>) -> EntryResult {
    match result {
        OutcomeResult::Succeeded => done(action),
        OutcomeResult::Failed => EntryResult::Failed,
        OutcomeResult::Errored => EntryResult::Errored,
        OutcomeResult::TimedOut => EntryResult::TimedOut,
        OutcomeResult::Superseded => EntryResult::Superseded,
        OutcomeResult::Interrupted => EntryResult::Interrupted,
    }
}

const fn said(kind: Kind) -> Option<EntryResult> {
    match kind {
        Kind::Observe => Some(EntryResult::Adopted),
        Kind::Freeze => Some(EntryResult::Frozen),
        Kind::Unfreeze => Some(EntryResult::Unfrozen),
        Kind::Hold => Some(EntryResult::Held),
        Kind::Unhold => Some(EntryResult::Unheld),
        Kind::Mark => Some(EntryResult::Marked),
        Kind::Intent | Kind::Commit | Kind::Abort | Kind::Outcome => None,
    }
}
