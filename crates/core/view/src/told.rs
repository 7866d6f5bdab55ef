//! What is told of a promotion, whatever became of it: what it is, what it moves, by which rules and why. A terminal was told
//! most of it before; a full page begins with it.

use crate::moves;
use crate::page::{Link, Mark, Page, Sign, Style, Text};
use crate::status;
use crate::words::{moment, rules, span};
use chrono_tz::Tz;
use promote_core::exit::ExitStatus;
use promote_core::ledger::Action;
use promote_core::report::{DecisionReport, OutcomeReport, ReleaseReport, StatusReport, Verb};
use promote_core::rule::Verdict;

/// What is told.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What was decided.
    pub decision: &'a DecisionReport,
    /// With what the command ends.
    pub exit: ExitStatus,
    /// What runs where now, where that is known.
    pub status: Option<&'a StatusReport>,
    /// Who asked. Foreign text.
    pub by: &'a str,
    /// The project's time zone.
    pub zone: Tz,
}

/// What a full page begins with.
pub(crate) fn head(page: &mut Page, told: &Told<'_>, outcome: Option<&OutcomeReport>) {
    let report = told.decision;
    page.line(title(report));
    let mut words: Vec<Text> = report.release.subject.iter().map(Text::plain).collect();
    words.extend(report.commits.as_ref().map(|commits| moves::number(commits, report)));
    words.push(Text::plain(format!("by {}", told.by)));
    words.extend(
        outcome.filter(|it| it.took_s > 0).map(|it| Text::plain(format!("took {}", span(it.took_s)))),
    );
    let words = words.into_iter().reduce(|all, word| all.and(" · ", Style::Plain).then(word));
    words.into_iter().for_each(|words| page.line(words));
    if outcome.is_none() {
        page.line(verdict(report, told.zone));
    }
    let Some(found) = told.status else { return };
    page.picture(status::picture(found, |name| match (outcome, report.decision) {
        _ if name != report.environment => Mark::None,
        (Some(_), _) => Mark::Moved,
        (None, Verb::NothingToDo) => Mark::None,
        (None, _) => Mark::Coming(format!("{} would come", report.release.short())),
    }));
}

/// What it moves, by which rules, with what steps, and why.
pub(crate) fn parts(page: &mut Page, told: &Told<'_>, outcome: Option<&OutcomeReport>) {
    let report = told.decision;
    moves::commits(page, report);
    page.blank();
    page.items("Move", report.moves.iter().map(|write| moves::write(write, report)).collect());
    page.field("Stays", report.stays.iter().map(Text::plain).collect());
    page.blank();
    page.listing("Rules", vec![], rules(&report.rules, told.zone));
    page.blank();
    match outcome {
        None => page.listing("Then", vec![], moves::planned(&report.steps)),
        Some(outcome) => {
            page.listing("Steps", vec![], moves::steps(&outcome.steps));
            let back = outcome.undone.iter().map(|back| moves::steps(&back.steps));
            back.for_each(|steps| page.listing("Steps of the rollback", vec![], steps));
        }
    }
    page.blank();
    page.field("Reason", report.reason.iter().map(Text::plain).collect());
    page.field(
        "Notes",
        report.notes.iter().map(|(name, text)| Text::plain(format!("{name}: {text}"))).collect(),
    );
}

/// The sign that a decision is told with.
pub(crate) fn sign(told: &Told<'_>) -> Sign {
    match (told.decision.decision, told.exit) {
        (Verb::Refused, _) => Sign::Bad,
        (Verb::NothingToDo, exit) if exit != ExitStatus::Ok => Sign::Bad,
        _ => Sign::Good,
    }
}

/// What the decision comes to, in a sentence.
pub(crate) fn verdict(report: &DecisionReport, zone: Tz) -> Text {
    let (name, sha) = (&report.environment, report.release.short());
    match report.decision {
        Verb::NothingToDo if report.pending => {
            Text::new(format!("{name} is on {sha} already; {}.", unended(report)), Style::Warn)
        }
        Verb::NothingToDo => Text::plain(format!("Nothing to do: {name} is on {sha} already.")),
        Verb::Allowed if report.rules.iter().any(|rule| rule.verdict == Verdict::Overridden) => {
            Text::new("Allowed, past the rules that are overridden.", Style::Warn)
        }
        Verb::Allowed => Text::new("Allowed: all rules are met.", Style::Good),
        Verb::Refused if report.unmet().next().is_none() => {
            Text::new(format!("Not possible: {}.", report.obstacles.join("; ")), Style::Bad)
        }
        Verb::Refused => {
            let opens: Option<Vec<_>> = report.unmet().map(|rule| rule.opens_at).collect();
            let later = opens.and_then(|opens| opens.into_iter().max());
            let later = later.map(|at| format!(" It may open at {}.", moment(at, zone))).unwrap_or_default();
            Text::new(format!("Blocked: {}.{later}", report.unmet_told()), Style::Bad)
        }
    }
}

/// Why the deployment of what is there counts as not done.
pub(crate) fn unended(report: &DecisionReport) -> &'static str {
    match is_unrun(report) {
        true => "the steps that follow have not run yet",
        false => report.standing.unwrap_or("its deployment has not succeeded"),
    }
}

/// Whether the steps of what is there were left for later.
pub(crate) fn is_unrun(report: &DecisionReport) -> bool {
    report.rules.iter().any(|rule| rule.rule == "deploying" && rule.evidence.contains_key("left"))
}

/// `billing-api: prod 77f0d4a → a93be01`.
pub(crate) fn title(report: &DecisionReport) -> Text {
    let strong = |text: &str| Text::new(text, Style::Strong);
    let named = |release: &ReleaseReport| strong(release.short()).to(Link::Commit(release.sha.clone()));
    let moved = |from: Text, to: Text| from.and(" → ", Style::Strong).then(to);
    // What is there without a release that is known is not nothing.
    let none = match report.moves.iter().any(|write| write.before_size.is_some()) {
        true => "(unknown)",
        false => "(nothing)",
    };
    let from = report.from.as_ref().map_or_else(|| strong(none), named);
    let to = named(&report.release);
    let back = report.from.as_ref().is_some_and(|from| from.sha == report.release.sha);
    let words = match report.decision {
        _ if report.action == Action::Undo && !report.stays.is_empty() => {
            moved(to, strong("(nothing recorded)"))
        }
        _ if report.action == Action::Undo => moved(to, strong("(nothing)")),
        Verb::NothingToDo => from,
        // What is open is left, and the release that is recorded comes back.
        _ if report.action == Action::Rollback && back => strong("back to ").then(from),
        _ => moved(from, to),
    };
    let mut text = strong(&format!("{}: {} ", report.project, report.environment)).then(words);
    if let Some(version) = &report.release.version {
        text = text.and(format!(" ({version})"), Style::Plain);
    }
    match report.release.allowed.as_slice() {
        [] => text,
        some => text.and(format!(" [{}]", some.join(", ")), Style::Warn),
    }
}
