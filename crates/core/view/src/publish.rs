//! A publication as a page.

use crate::moved;
use crate::page::{Link, Page, Sign, Style, Text};
use crate::words::{self, beginning};
use promote_core::exit::ExitStatus;
use promote_core::report::PublishReport;

/// The whole page.
pub fn page(report: &PublishReport) -> Page {
    let mut page = published(report);
    moves(&mut page, report);
    if report.moves.is_empty() && !report.dry_run {
        page.hint("`promote status` shows what runs where");
    }
    page
}

/// What is in place.
pub fn published(report: &PublishReport) -> Page {
    let mut page = Page::default();
    let begun = |page: &mut Page| {
        if report.begun {
            page.line(Text::new("✓ ", Style::Good).and("the ledger was begun", Style::Plain));
        }
    };
    page.brief(begun);
    let release =
        |style| Text::new(report.commit.short(7), style).to(Link::Commit(report.commit.to_string()));
    let good = || Text::new("✓ ", Style::Good);
    let said = match (report.dry_run, report.new) {
        (true, true) => release(Style::Plain).and(" would be published; nothing was changed", Style::Plain),
        (true, false) => release(Style::Plain).and(" is published already: nothing to do", Style::Plain),
        (false, true) => good().then(release(Style::Strong)).and(" is published", Style::Strong),
        (false, false) => good().then(release(Style::Plain)).and(" was published before", Style::Plain),
    };
    let said = report
        .version
        .iter()
        .fold(said, |said, version| said.and("", Style::Plain).in_full(format!(" as {version}")));
    let subject = report
        .subject
        .iter()
        .map(|subject| Text::new("  ", Style::Dim).then(beginning(subject, 60, Style::Dim)));
    page.headline(Sign::None, subject.fold(said, Text::then));
    page.full(begun);
    for artifact in &report.artifacts {
        let mut text = Text::plain("  ").and("", Style::Plain).in_full(format!("{}: ", artifact.name));
        text = text.then(Text::plain(&artifact.location));
        if let (Some(digest), Some(size)) = (&artifact.digest, artifact.size) {
            let files = artifact.files.map_or_else(String::new, |count| {
                format!("  {}", words::count(usize::try_from(count).unwrap_or(usize::MAX), "file"))
            });
            text = text
                .and(format!("{files}  "), Style::Dim)
                .and(words::size(size), Style::Dim)
                .in_full(format!("{size} bytes"));
            text = text.and("  ", Style::Dim).and(words::digest(digest), Style::Dim).in_full(digest);
        }
        page.line(text);
    }
    for said in report.allowed.said.iter().chain(&report.warnings) {
        page.line(Text::new("! ", Style::Warn).and(said, Style::Plain));
    }
    page
}

/// Where it went by itself.
pub fn moved(report: &PublishReport) -> Page {
    let mut page = Page::default();
    moves(&mut page, report);
    page
}

fn moves(page: &mut Page, report: &PublishReport) {
    for one in &report.moves {
        moved::moved(page, one);
        if one.result == "blocked" && !matches!(one.exit, ExitStatus::Ok | ExitStatus::RolledBack) {
            let (name, short) = (&one.environment, report.commit.short(7));
            page.hint(format!("`promote plan {name} {short}` shows when it may move, and on what terms"));
        }
    }
}
