//! From a record of the ledger to what others are told of it. One function for all paths: whoever wrote the record, it is
//! told in the same words.

use super::notice::{Notice, NoticeKind};
use super::receivers::teller;
use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::finding::Verdict;
use crate::invocation::{Invocation, others};
use crate::ledger::{Action, Head, Intent, Kind, OutcomeResult, Record, ReleaseRef, RestoredEnd};
use crate::standing;

/// What a record may be told as, the weightiest first; of these the first is sent that the environment wants to be told.
/// Empty where a record is nothing that others are told, or where its lane tells nobody.
pub fn recorded(config: &Config, head: &Head) -> Vec<Notice> {
    let record = &head.record;
    let asked = record.intent.as_ref().map(|intent| &intent.environment);
    let Some(environment) = teller(config, &record.lane, asked) else { return Vec::new() };
    let place = (config, environment);
    match record.kind {
        Kind::Intent => record.intent.as_ref().map(|it| begun(place, head, it)).unwrap_or_default(),
        Kind::Commit => committed(place, head).into_iter().collect(),
        Kind::Outcome => ended(place, head).into_iter().collect(),
        Kind::Abort => withdrawn(place, head).into_iter().collect(),
        Kind::Observe => adopted(place, head).into_iter().collect(),
        Kind::Freeze | Kind::Unfreeze | Kind::Hold | Kind::Unhold | Kind::Mark => Vec::new(),
    }
}

type Place<'c> = (&'c Config, &'c Environment);

fn begun(place: Place<'_>, head: &Head, intent: &Intent) -> Vec<Notice> {
    let name = &intent.environment;
    let short = shown(&intent.release);
    let of = |event| {
        let notice = Notice::of_record(event, place, head).about(&intent.release);
        Notice {
            from: intent.from.as_ref().map(ToString::to_string),
            promotion: Some(intent.promotion.to_string()),
            ..notice
        }
    };
    let passed: Vec<_> = intent.findings.iter().filter(|one| one.verdict == Verdict::Overridden).collect();
    let mut all = Vec::new();
    if !passed.is_empty() {
        let rules: Vec<String> = passed.iter().map(|one| format!("`{}`", one.rule)).collect();
        let why = head.record.why.overrides.iter().map(|one| one.reason.clone()).next();
        let notice = of(NoticeKind::Overridden);
        let text = format!("{short} goes to {name} past {}", rules.join(" and "));
        all.push(Notice { reason: why.or(notice.reason.clone()), ..notice.saying(text) });
    }
    let verb = match intent.action {
        Action::Promote => "is being moved to",
        Action::Redeploy => "is being deployed again in",
        Action::Rollback => "is coming back to",
        Action::Undo => "is being taken back from",
    };
    all.push(of(NoticeKind::Started).saying(format!("{short} {verb} {name}")));
    all
}

/// A move that no step follows has ended with its commit.
fn committed(place: Place<'_>, head: &Head) -> Option<Notice> {
    let current = head.state().current.as_ref().filter(|current| !current.follows)?;
    Some(landed(place, head, current.action, ExitStatus::Ok))
}

fn ended(place: Place<'_>, head: &Head) -> Option<Notice> {
    let result = head.record.outcome.as_ref()?.result;
    let exit = standing::ended(result);
    let name = &place.1.name;
    match result {
        OutcomeResult::Superseded => None,
        OutcomeResult::Succeeded => {
            let action = head.state().current.as_ref().and_then(|current| current.action);
            Some(landed(place, head, action, exit))
        }
        _ => {
            let there = head.state().release();
            let what = there.map_or_else(|| "the release".to_owned(), shown);
            let text = format!("{what} was moved to {name}, and {}", standing::word(Some(result)));
            let steps = &head.record.outcome.as_ref()?.steps;
            let last =
                steps.last().map(|step| format!("{} {}: {}", step.phase, step.name, step.report.summary));
            let notice = of_current(place, head, NoticeKind::Failed).saying(text);
            Some(Notice {
                reason: last.or(notice.reason.clone()),
                exit: Some(exit.code()),
                next: Some(format!("promote status {name}")),
                ..notice
            })
        }
    }
}

fn landed(place: Place<'_>, head: &Head, action: Option<Action>, exit: ExitStatus) -> Notice {
    let name = &place.1.name;
    let back = action == Some(Action::Rollback);
    let what = head.state().release().map_or_else(|| "the release".to_owned(), shown);
    let (kind, text) = match back {
        true => (NoticeKind::RolledBack, format!("{name} is back at {what}")),
        false => (NoticeKind::Succeeded, format!("{what} is in {name}")),
    };
    // Of the first release there may be nothing to go back to.
    let undone = !back && !head.state().trail.is_empty();
    let next = undone.then(|| Invocation::back(name, &others(place.0, place.1)).to_string());
    Notice { exit: Some(exit.code()), next, ..of_current(place, head, kind).saying(text) }
}

/// The end of an intent without a move: nothing was written, or it was taken back.
fn withdrawn(place: Place<'_>, head: &Head) -> Option<Notice> {
    let abort = head.record.abort.as_ref()?;
    let name = &place.1.name;
    let (kind, text, exit) = match &abort.restored {
        None => {
            // Which status its command had depends on why.
            (NoticeKind::Failed, format!("nothing was moved to {name}"), None)
        }
        Some(restored) if restored.iter().any(|one| one.end == RestoredEnd::Stays) => {
            let text = format!("what was begun in {name} is undone, but for what could not be taken back");
            (NoticeKind::RolledBack, text, Some(ExitStatus::DeployFailed.code()))
        }
        Some(_) => (
            NoticeKind::RolledBack,
            format!("what was begun in {name} is undone"),
            Some(ExitStatus::Ok.code()),
        ),
    };
    let notice = Notice::of_record(kind, place, head).saying(text);
    let next = Some(format!("promote status {name}"));
    Some(Notice { reason: Some(abort.reason.clone()), exit, next, ..notice })
}

/// What is there was taken as it is. Beginning to use the program, and writing down what was long ago, is no drift.
fn adopted(place: Place<'_>, head: &Head) -> Option<Notice> {
    let observe = head.record.observe.as_ref().filter(|observe| observe.since.is_none())?;
    let state = head.state();
    if state.trail.is_empty() && state.committed_seq.is_none() {
        return None;
    }
    let name = &place.1.name;
    let what = match &observe.release {
        Some(release) => shown(release),
        None => "something that no release is known for".to_owned(),
    };
    let notice = Notice::of_record(NoticeKind::Drift, place, head);
    let notice = match &observe.release {
        Some(release) => notice.about(release),
        None => notice,
    };
    let text = format!("{name} has {what}, which no promotion put there; it was recorded as it is");
    Some(Notice { next: Some(format!("promote history {name}")), ..notice.saying(text) })
}

/// About what is there now.
fn of_current(place: Place<'_>, head: &Head, kind: NoticeKind) -> Notice {
    let notice = Notice::of_record(kind, place, head);
    let Some(current) = &head.state().current else { return notice };
    let notice = match &current.release {
        Some(release) => notice.about(release),
        None => notice,
    };
    let before = head.state().trail.first().map(|past| past.release.commit.to_string());
    let from = before.filter(|before| notice.release.as_ref().is_none_or(|release| release.sha != *before));
    Notice { promotion: current.promotion.as_ref().map(ToString::to_string), from, ..notice }
}

fn shown(release: &ReleaseRef) -> String {
    let short = release.commit.short(7);
    match &release.version {
        Some(version) => format!("{short} ({version})"),
        None => short.to_owned(),
    }
}

/// Whether a record may be told as anything, without looking at who is told.
pub(super) fn is_silent(record: &Record) -> bool {
    match record.kind {
        Kind::Commit => record.state.current.as_ref().is_none_or(|current| current.follows),
        Kind::Intent | Kind::Outcome | Kind::Abort | Kind::Observe => false,
        Kind::Freeze | Kind::Unfreeze | Kind::Hold | Kind::Unhold | Kind::Mark => true,
    }
}
