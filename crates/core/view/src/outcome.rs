//! What a promotion came to, as a page.

use crate::page::{Page, Style, Text};
use crate::words::span;
use promote_core::exit::ExitStatus;
use promote_core::ledger::{Action, OutcomeResult, Restored, RestoredEnd};
use promote_core::port::StepEnd;
use promote_core::report::OutcomeReport;

/// A promotion that ended well, or was not waited for.
pub fn page(report: &OutcomeReport) -> Page {
    let mut page = Page::default();
    let (name, sha) = (&report.environment, report.release.short());
    let entry = format!("Promotion {}, ledger entry {}.", report.promotion, report.entry);
    page.blank();
    if report.action == Action::Undo {
        page.line(Text::new(format!("{name} is as it was before {sha}. {entry}"), Style::Strong));
        shown(&mut page, report);
        return page;
    }
    if report.result.is_none() {
        page.line(Text::new(format!("{name} is on {sha}. {entry}"), Style::Strong));
        page.line(format!(
            "The steps that follow have not run yet, and {name} takes nothing else until they have."
        ));
        shown(&mut page, report);
        page.hint(format!("`promote resume {name}` runs them and records how they end"));
        return page;
    }
    let verb = match (report.action, report.steps.is_empty()) {
        (Action::Rollback, false) => format!("{name} runs {sha} again"),
        (Action::Rollback, true) => format!("{name} is back on {sha}"),
        (_, false) => format!("{name} runs {sha}"),
        (_, true) => format!("{name} is on {sha}"),
    };
    page.line(
        Text::new(format!("{verb} ({}). ", span(report.took_s)), Style::Strong).and(entry, Style::Plain),
    );
    shown(&mut page, report);
    if report.action == Action::Rollback {
        if let Some(bad) = report.from.as_ref().filter(|from| from.sha != report.release.sha) {
            page.line(Text::marked(format!(
                "{} is marked rolled back; promoting it to {name} again needs `--override rolled-back`.",
                bad.short()
            )));
        }
    } else if let Some(undo) = &report.undo {
        page.line(Text::marked(format!("To undo: `{undo}`")));
    }
    page
}

/// Where people can look at it.
fn shown(page: &mut Page, report: &OutcomeReport) {
    for one in report.deployments.iter().filter_map(|one| one.made.page.as_ref()) {
        page.line(Text::new(format!("Shown at {one}"), Style::Dim));
    }
}

/// What could not be taken back, and why.
fn untaken(page: &mut Page, report: &OutcomeReport) {
    for told in report.restored.iter().filter_map(Restored::told) {
        page.line(Text::plain(format!("  {told}")));
    }
}

/// What an undoing leaves: a lane without a release, and what stays in its targets.
fn left(page: &mut Page, report: &OutcomeReport) {
    let name = &report.environment;
    let stay = || report.restored.iter().filter(|one| one.end == RestoredEnd::Stays);
    if stay().next().is_none() {
        page.line(format!("Nothing is recorded as being in {name}; other releases may go there."));
        return;
    }
    let folders = stay().filter(|one| one.target.folder().is_some()).count();
    page.line(match folders {
        0 => format!(
            "Nothing is recorded as being in {name}. An object that stays there counts as drift: the next promotion \
             is refused, and names the ways past it."
        ),
        _ => format!(
            "Nothing is recorded as being in {name}. An object or a folder with its manifest that stays there counts \
             as drift: the next promotion is refused, and names the ways past it. A folder without its manifest does \
             not: the next promotion writes over it."
        ),
    });
    match folders {
        0 => page.hint(format!("`promote verify {name}` shows what is there, and how it may be recorded")),
        _ => page.hint(format!("`promote verify {name}` shows what is there, and what to do next")),
    }
}

/// A promotion whose deployment failed or has no known end, as an error.
pub fn failed(report: &OutcomeReport) -> Page {
    let mut page = Page::default();
    let (name, sha) = (&report.environment, report.release.short());
    if report.action == Action::Undo {
        let message =
            format!("the promotion of {sha} to {name} is closed, but not all of it could be taken back");
        page.line(Text::new("error: ", Style::Bad).and(message, Style::Strong));
        page.blank();
        untaken(&mut page, report);
        page.blank();
        left(&mut page, report);
        return page;
    }
    let how = match report.result {
        _ if report.superseded_by.is_some() => "was superseded",
        Some(OutcomeResult::Failed) => "failed",
        Some(OutcomeResult::TimedOut) => "timed out",
        Some(OutcomeResult::Superseded) => "was replaced by a newer one",
        Some(OutcomeResult::Interrupted) => "was interrupted",
        Some(OutcomeResult::Errored | OutcomeResult::Succeeded) | None => "ended",
    };
    let unknown = report.superseded_by.is_none() && report.result == Some(OutcomeResult::Errored);
    let message = match report.action {
        Action::Rollback if unknown => format!("could not tell whether {name} was rolled back to {sha}"),
        _ if unknown => format!("could not tell whether {sha} was deployed to {name}"),
        Action::Rollback => format!("the rollback of {name} to {sha} {how}"),
        _ => format!("the deployment of {sha} to {name} {how}"),
    };
    page.line(Text::new("error: ", Style::Bad).and(message, Style::Strong));
    page.blank();
    for step in report.steps.iter().filter(|step| step.end != StepEnd::Succeeded) {
        page.line(Text::plain(format!("  {} {}: {}", step.phase, step.name, step.summary)));
        for line in step.tail.lines().rev().take(10).collect::<Vec<_>>().into_iter().rev() {
            page.line(Text::new(format!("  | {line}"), Style::Dim));
        }
    }
    page.blank();
    match (&report.undone, &report.not_undone) {
        (Some(back), _) if back.action == Action::Undo => {
            match report.exit {
                ExitStatus::RolledBack => {
                    page.line(format!("{name} is as it was before {sha}, as `on-failure` asks."));
                }
                _ => {
                    page.line("It was undone, as `on-failure` asks, but not all of it could be taken back:");
                    untaken(&mut page, back);
                }
            }
            left(&mut page, back);
        }
        (Some(back), _) if report.exit == ExitStatus::RolledBack => {
            page.line(format!("{name} is back at {}, as `on-failure` asks.", back.release.short()));
        }
        (Some(back), _) => {
            page.line(format!(
                "{name} is back on {}, but that deployment failed too. What is running is unknown.",
                back.release.short()
            ));
        }
        (None, _) if report.superseded_by.is_some() => {
            let by = report.superseded_by.as_deref().unwrap_or_default();
            page.line(format!(
                "{name} was moved to {sha}; then it was {by}. What of it was still running was stopped."
            ));
            page.hint(format!("`promote status {name}` shows its state"));
        }
        (None, why) => {
            page.line(format!("{name} is on {sha}. What is running is unknown."));
            if let Some(why) = why {
                page.line(format!("It was not put back: {why}."));
            }
        }
    }
    report.ways().iter().for_each(|way| page.hint(way));
    page.hint(format!("`promote show {}` has every step", report.promotion));
    page
}
