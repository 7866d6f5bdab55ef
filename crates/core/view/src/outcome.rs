//! What a promotion came to, as a page.

use crate::page::{Link, Page, Sign, Style, Text};
use crate::told::{Told, head, parts};
use crate::words::span;
use promote_core::exit::ExitStatus;
use promote_core::ledger::{Action, Restored, RestoredEnd};
use promote_core::port::StepEnd;
use promote_core::report::OutcomeReport;

/// What became of a promotion: an error where it failed, or was interrupted.
pub fn page(told: &Told<'_>, report: &OutcomeReport) -> Page {
    let mut page = Page::default();
    match report.exit {
        ExitStatus::Ok => {
            page.full(|page| page.headline(Sign::Good, report.headline()));
            page.full(|page| head(page, told, Some(report)));
            page.blank();
            good(&mut page, report);
        }
        _ => {
            page.headline(Sign::Error, Text::new(report.headline(), Style::Strong));
            page.full(|page| head(page, told, Some(report)));
            page.blank();
            failed(&mut page, report);
        }
    }
    page.full(|page| parts(page, told, Some(report)));
    let named = Text::plain("promotion ").and(&report.promotion, Style::Literal);
    let named = named.and(format!(" · record {} · plan ", report.entry), Style::Plain);
    page.closing(named.and(&report.plan, Style::Literal));
    page
}

fn good(page: &mut Page, report: &OutcomeReport) {
    let (name, sha) = (&report.environment, report.release.short());
    let entry = format!("Promotion {}, ledger entry {}.", report.promotion, report.entry);
    page.brief(|page| {
        page.line(match (report.action, report.result) {
            (Action::Undo, _) => Text::new(format!("{}. {entry}", report.headline()), Style::Strong),
            (_, None) => Text::new(format!("{name} is on {sha}. {entry}"), Style::Strong),
            _ => Text::new(format!("{} ({}). ", report.headline(), span(report.took_s)), Style::Strong)
                .and(entry, Style::Plain),
        });
    });
    if report.result.is_none() && report.action != Action::Undo {
        page.line(format!(
            "The steps that follow have not run yet, and {name} takes nothing else until they have."
        ));
        page.hint(format!("`promote resume {name}` runs them and records how they end"));
    }
    shown(page, report);
    match report.action {
        Action::Undo => {}
        _ if report.result.is_none() => page.full(|page| to_undo(page, report)),
        Action::Rollback => {
            if let Some(bad) = report.from.as_ref().filter(|from| from.sha != report.release.sha) {
                page.line(Text::marked(format!(
                    "{} is marked rolled back; promoting it to {name} again needs `--override rolled-back`.",
                    bad.short()
                )));
            }
        }
        _ => to_undo(page, report),
    }
}

/// How it is undone, and in full what that comes to.
fn to_undo(page: &mut Page, report: &OutcomeReport) {
    let Some(undo) = &report.undo else {
        if report.from.is_none() {
            page.full(|page| page.line("No release was there before, so there is nothing to go back to."));
        }
        return;
    };
    page.line(Text::marked(format!("To undo: `{undo}`")));
    let from = report.from.as_ref().filter(|from| from.sha != report.release.sha);
    page.full(|page| match from {
        Some(from) => {
            let before = report.undo_to.as_deref().unwrap_or(&from.sha);
            page.line(Text::plain("It puts ").then(Text::commit(before)).and(" back.", Style::Plain));
        }
        None if report.stays.is_empty() => page.line("Nothing was there before."),
        None => page.line(format!(
            "No release was there before, and undoing it leaves something: {}.",
            report.stays.join("; ")
        )),
    });
}

/// Where people can look at it.
fn shown(page: &mut Page, report: &OutcomeReport) {
    for one in report.deployments.iter().filter_map(|one| one.made.page.as_ref()) {
        page.line(Text::new("Shown at ", Style::Dim).and(one, Style::Dim).to(Link::Page(one.clone())));
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

/// What a promotion left whose deployment failed or has no known end.
fn failed(page: &mut Page, report: &OutcomeReport) {
    let (name, sha) = (&report.environment, report.release.short());
    if report.action == Action::Undo {
        untaken(page, report);
        page.blank();
        return left(page, report);
    }
    page.brief(|page| steps(page, report));
    page.blank();
    match (&report.undone, &report.not_undone) {
        (Some(back), _) if back.action == Action::Undo => {
            match report.exit {
                ExitStatus::RolledBack => {
                    page.line(format!("{name} is as it was before {sha}, as `on-failure` asks."));
                }
                _ => {
                    page.line("It was undone, as `on-failure` asks, but not all of it could be taken back:");
                    untaken(page, back);
                }
            }
            left(page, back);
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
}

/// The steps that did not succeed, with the end of what they put out.
fn steps(page: &mut Page, report: &OutcomeReport) {
    for step in report.steps.iter().filter(|step| step.end != StepEnd::Succeeded) {
        page.line(Text::plain(format!("  {} {}: {}", step.phase, step.name, step.summary)));
        for line in step.tail.lines().rev().take(10).collect::<Vec<_>>().into_iter().rev() {
            page.line(Text::new(format!("  | {line}"), Style::Dim));
        }
    }
}
