//! A promotion or its plan as a page: what moved or would move, by which rules, with what steps, and how to undo it.

use super::page::Page;
use super::{LIMIT, Links, Mark, addresses, code, link, pipeline, plain};
use crate::exit::ExitStatus;
use crate::ledger::Action;
use crate::port::StepEnd;
use crate::report::{
    CommitsReport, DecisionReport, OutcomeReport, RuleReport, StatusReport, StepReport, Verb, Write,
};
use crate::rule::Verdict;
use crate::span::Span;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;

/// What is told.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What it came to, in one sentence of our own.
    pub headline: &'a str,
    /// Whether that is good.
    pub good: bool,
    /// What was decided.
    pub decision: &'a DecisionReport,
    /// What came of it; `None` when nothing was moved.
    pub outcome: Option<&'a OutcomeReport>,
    /// What runs where now, where that is known.
    pub status: Option<&'a StatusReport>,
    /// Who asked. Foreign text.
    pub by: &'a str,
    /// The project's time zone.
    pub zone: Tz,
    /// Where commits can be looked at.
    pub links: &'a Links,
}

/// The page.
pub fn promotion(told: &Told<'_>) -> String {
    let (decision, links) = (told.decision, told.links);
    let mut page = Page::new(LIMIT);
    let sign = if told.good { "✓" } else { "✗" };
    page.block("the headline", &format!("## {sign} {}", plain(told.headline)));
    page.block("the release", &facts(told));
    if let Some(status) = told.status {
        let name = decision.environment.as_str();
        let mark = match (told.outcome, decision.decision) {
            (Some(_), _) => Mark::Moved(name),
            (None, Verb::NothingToDo) => Mark::None,
            (None, _) => Mark::Would(name, decision.release.short()),
        };
        page.block("the picture of the environments", &pipeline(status, mark));
    }
    let obstacles: Vec<String> = decision.obstacles.iter().map(|why| format!("- {}", plain(why))).collect();
    page.rows("What keeps it from being done", "", &obstacles, obstacles.len());
    let heading = if told.outcome.is_some() { "What moved" } else { "What would move" };
    let moves: Vec<String> = decision.moves.iter().map(write).collect();
    let head = "| artifact | target | size | digest |\n|---|---|---|---|\n";
    page.rows(heading, head, &moves, moves.len());
    let others: Vec<String> = decision.moves.iter().filter_map(strangers).collect();
    page.rows("What else is removed", "", &others, others.len());
    rules(&mut page, told);
    if let Some(brings) = &decision.commits {
        page.rows("Commits it brings", "", &commits(brings, links), brings.count);
    }
    if let Some(undoes) = &decision.undoes {
        page.rows("Commits it takes away", "", &commits(undoes, links), undoes.count);
    }
    steps(&mut page, told);
    let notes: Vec<String> = decision
        .reason
        .iter()
        .map(|reason| format!("- reason: {}", plain(reason)))
        .chain(decision.notes.iter().map(|(name, text)| format!("- {}: {}", plain(name), plain(text))))
        .collect();
    page.rows("Said", "", &notes, notes.len());
    page.end(&closing(told))
}

/// `project · prod · 77f0d4a → a93be01 · 8 commits · by alice`.
fn facts(told: &Told<'_>) -> String {
    let decision = told.decision;
    let from = decision.from.as_ref().map_or_else(|| "nothing".to_owned(), |from| told.links.sha(&from.sha));
    let mut to = told.links.sha(&decision.release.sha);
    if let Some(version) = &decision.release.version {
        to += &format!(" {}", plain(version));
    }
    if !decision.release.allowed.is_empty() {
        to += &format!(" ({})", plain(&decision.release.allowed.join(", ")));
    }
    let mut words = vec![format!("{}: **{}**", plain(&decision.project), plain(&decision.environment))];
    words.push(if decision.decision == Verb::NothingToDo { to } else { format!("{from} → {to}") });
    if let Some(commits) = &decision.commits {
        words.push(compared(commits, decision, told.links));
    }
    words.push(format!("by {}", plain(told.by)));
    if let Some(outcome) = told.outcome.filter(|outcome| outcome.took_s > 0) {
        words.push(format!("took {}", span(outcome.took_s)));
    }
    let mut out = words.join(" · ");
    if let Some(subject) = &decision.release.subject {
        out += &format!("\n\n> {}", plain(subject));
    }
    out
}

fn compared(commits: &CommitsReport, decision: &DecisionReport, links: &Links) -> String {
    let words = if commits.count == 1 { "1 commit".to_owned() } else { format!("{} commits", commits.count) };
    match (&links.compare, &decision.from) {
        (Some(base), Some(from)) => link(&words, &format!("{base}{}...{}", from.sha, decision.release.sha)),
        _ => words,
    }
}

fn write(write: &Write) -> String {
    let digest = write.sha256.get(..19).unwrap_or(&write.sha256);
    let kind = if write.shape == "object" { String::new() } else { format!(" ({})", write.shape) };
    let size = match &write.change {
        Some(change) => plain(&change.to_string()),
        None => format!("{} bytes", write.size),
    };
    format!(
        "| {}{kind} | {} | {size} | {} |",
        plain(&write.artifact),
        code(&write.target),
        code(&format!("{digest}…"))
    )
}

/// What is removed from a folder although the release before has not put it there.
fn strangers(write: &Write) -> Option<String> {
    let all = write.change.as_ref()?.strangers.as_ref()?;
    let files = if all.count == 1 { "1 file".to_owned() } else { format!("{} files", all.count) };
    let mut names: Vec<String> = all.named.iter().map(|name| code(name)).collect();
    match all.count.saturating_sub(names.len()) {
        0 => {}
        more => names.push(format!("{more} more")),
    }
    let target = code(&write.target);
    Some(format!(
        "- {files} in {target} that neither this release nor the one before has: {}",
        names.join(", ")
    ))
}

fn rules(page: &mut Page, told: &Told<'_>) {
    let rules = &told.decision.rules;
    let evidence = rules.iter().any(|rule| !rule.evidence.is_empty());
    let rows: Vec<String> = rules.iter().map(|one| rule(one, told.zone, evidence)).collect();
    let head = match evidence {
        true => "| | rule | found | evidence |\n|---|---|---|---|\n",
        false => "| | rule | found |\n|---|---|---|\n",
    };
    page.rows("Rules", head, &rows, rows.len());
}

fn rule(rule: &RuleReport, zone: Tz, with_evidence: bool) -> String {
    let verdict = match rule.verdict {
        // No line breaks inside of a verdict.
        Verdict::Met => "✓\u{a0}met",
        Verdict::Unmet => "✗\u{a0}**not\u{a0}met**",
        Verdict::Overridden => "!\u{a0}**overridden**",
        Verdict::Skipped => "–\u{a0}not\u{a0}asked",
    };
    let mut found = plain(&rule.detail);
    if let Some(at) = rule.opens_at.filter(|_| !rule.met) {
        found += &format!("<br>may open at {}", moment(at, zone));
    }
    if let Some(hint) = rule.hint.as_ref().filter(|_| !rule.met) {
        found += &format!("<br>{}", plain(hint));
    }
    let evidence: Vec<String> = rule.evidence.iter().take(8).map(|(name, value)| fact(name, value)).collect();
    let evidence = if with_evidence { format!(" {} |", evidence.join("<br>")) } else { String::new() };
    format!("| {verdict} | {} | {found} |{evidence}", plain(&rule.rule))
}

/// A piece of evidence: spans as people say them, lists without brackets.
fn fact(name: &str, value: &Value) -> String {
    let (name, value) = match (name.strip_suffix("_s"), value) {
        (Some(name), Value::Number(seconds)) => (name, span(seconds.as_i64().unwrap_or_default())),
        (_, Value::Array(all)) if all.is_empty() => (name, "none".to_owned()),
        (_, Value::Array(all)) => {
            let words: Vec<String> =
                all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
            (name, words.join(", "))
        }
        (_, Value::String(text)) if name == "override-reason" => ("because", text.clone()),
        (_, Value::String(text)) => (name, text.clone()),
        (_, other) => (name, other.to_string()),
    };
    let cut: String = value.chars().take(100).collect();
    format!("{}: {}", plain(name), plain(&cut))
}

fn commits(commits: &CommitsReport, links: &Links) -> Vec<String> {
    commits
        .newest
        .iter()
        .map(|commit| {
            format!("- {} {} — {}", links.sha(&commit.sha), plain(&commit.subject), plain(&commit.author))
        })
        .collect()
}

fn steps(page: &mut Page, told: &Told<'_>) {
    let Some(outcome) = told.outcome else {
        let planned: Vec<String> = told
            .decision
            .steps
            .iter()
            .map(|step| {
                let limit = span(i64::try_from(step.timeout_s).unwrap_or(i64::MAX / 1000));
                format!("| {} | {} | {limit} |", step.phase, code(&step.name))
            })
            .collect();
        let head = "| phase | step | may take |\n|---|---|---|\n";
        return page.rows("Steps that would follow", head, &planned, planned.len());
    };
    let head = "| | phase | step | took | |\n|---|---|---|---|---|\n";
    let ran: Vec<String> = outcome.steps.iter().map(step).collect();
    page.rows("Steps", head, &ran, ran.len());
    if let Some(back) = &outcome.undone {
        let ran: Vec<String> = back.steps.iter().map(step).collect();
        page.rows("Steps of the rollback", head, &ran, ran.len());
    }
}

fn step(step: &StepReport) -> String {
    let sign = if step.end == StepEnd::Succeeded { "✓" } else { "✗" };
    let links: Vec<String> = step
        .outputs
        .iter()
        .filter(|(_, value)| value.starts_with("https://"))
        .map(|(name, value)| link(&plain(name), value))
        .collect();
    let took = span(i64::try_from(step.took_s).unwrap_or(i64::MAX / 1000));
    // Where the one who has to mend it goes on reading.
    let failed = if step.end == StepEnd::Succeeded { "" } else { step.tail.as_str() };
    let more = addresses(failed).take(3).map(|address| link(&plain(&address), &address));
    let words = [plain(&step.summary)].into_iter().chain(links).chain(more).collect::<Vec<_>>().join(" · ");
    format!("| {sign} | {} | {} | {took} | {words} |", plain(&step.phase), code(&step.name))
}

/// How to undo it, and what names it.
fn closing(told: &Told<'_>) -> String {
    let decision = told.decision;
    let mut out = String::new();
    if let Some(outcome) = told.outcome {
        match (&outcome.undone, &outcome.not_undone) {
            (Some(back), _) if back.action == Action::Undo => {
                let how = match back.exit {
                    ExitStatus::Ok => "It was undone: nothing was there before",
                    _ => "It was undone, as far as it could be taken back",
                };
                out += &format!("{how}.\n\n");
            }
            (Some(back), _) => {
                let how = match back.exit {
                    ExitStatus::Ok => "",
                    _ => ", but its own deployment did not succeed",
                };
                out += &format!("{} was put back{how}.\n\n", told.links.sha(&back.release.sha));
            }
            (None, Some(why)) => out += &format!("It could not be put back: {}.\n\n", plain(why)),
            (None, None)
                if outcome.exit != ExitStatus::Ok
                    || matches!(outcome.action, Action::Rollback | Action::Undo) => {}
            (None, None) => match (&outcome.from, &outcome.undo) {
                (_, Some(undo)) if from_nothing(outcome) && !outcome.stays.is_empty() => {
                    let stays: Vec<String> = outcome.stays.iter().map(|one| plain(one)).collect();
                    out += &format!(
                        "No release was there before. Undoing it ({}) leaves something: {}.\n\n",
                        code(undo),
                        stays.join("; ")
                    );
                }
                (_, Some(undo)) if from_nothing(outcome) => {
                    out += &format!("Nothing was there before. To undo: {}.\n\n", code(undo));
                }
                (Some(from), Some(undo)) => {
                    let before = told.links.sha(outcome.undo_to.as_deref().unwrap_or(&from.sha));
                    out += &format!("To undo: {}: it puts {before} back.\n\n", code(undo));
                }
                (Some(_), None) => {}
                (None, _) => out += "No release was there before, so there is nothing to go back to.\n\n",
            },
        }
        let ways: Vec<String> = outcome.ways().iter().map(|way| format!("- {}\n", plain(way))).collect();
        if !ways.is_empty() {
            out += &format!("What to do next:\n\n{}\n", ways.concat());
        }
        out += &format!(
            "<sub>promotion {} · record {} · plan {}</sub>\n",
            code(&outcome.promotion),
            outcome.entry,
            code(&outcome.plan)
        );
    } else {
        out += &format!(
            "<sub>Nothing was changed. Plan {} · as of {}</sub>\n",
            code(&decision.plan),
            moment(decision.at, told.zone)
        );
    }
    out
}

/// Whether what would be undone is the first release, moved once or again.
fn from_nothing(outcome: &OutcomeReport) -> bool {
    outcome.from.as_ref().is_none_or(|from| from.sha == outcome.release.sha)
}

/// Whole seconds as people say them.
pub(super) fn span(seconds: i64) -> String {
    Span(TimeDelta::try_seconds(seconds).unwrap_or(TimeDelta::MAX)).to_string()
}

/// A moment to the minute, in the project's time zone, with that zone's name.
pub(super) fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    plain(&format!("{} {zone}", at.with_timezone(&zone).format("%Y-%m-%d %H:%M")))
}
