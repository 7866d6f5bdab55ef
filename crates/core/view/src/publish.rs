//! A publication as a page.

use crate::page::{Page, Style, Text};
use promote_core::exit::ExitStatus;
use promote_core::report::{Moved, PublishReport};

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
    if report.begun {
        page.line(Text::new("✓ ", Style::Good).and("the ledger was begun", Style::Plain));
    }
    let short = report.commit.short(7);
    let said = match (report.dry_run, report.new) {
        (true, true) => Text::plain(format!("{short} would be published; nothing was changed")),
        (true, false) => Text::plain(format!("{short} is published already: nothing to do")),
        (false, true) => Text::new("✓ ", Style::Good).and(format!("{short} is published"), Style::Strong),
        (false, false) => {
            Text::new("✓ ", Style::Good).and(format!("{short} was published before"), Style::Plain)
        }
    };
    page.line(match &report.subject {
        Some(subject) => said.and(format!("  {}", crate::words::cut(subject, 60)), Style::Dim),
        None => said,
    });
    for artifact in &report.artifacts {
        let mut text = Text::plain(format!("  {}", artifact.location));
        if let (Some(digest), Some(size)) = (&artifact.digest, artifact.size) {
            let files = artifact.files.map_or_else(String::new, |count| {
                format!("  {}", crate::words::count(usize::try_from(count).unwrap_or(usize::MAX), "file"))
            });
            text = text.and(
                format!("{files}  {}  {}", crate::words::size(size), crate::words::digest(digest)),
                Style::Dim,
            );
        }
        page.line(text);
    }
    for said in &report.allowed.said {
        page.line(Text::new("! ", Style::Warn).and(said, Style::Plain));
    }
    for warning in &report.warnings {
        page.line(Text::new("! ", Style::Warn).and(warning, Style::Plain));
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
    for moved in &report.moves {
        line(page, moved, report.commit.short(7));
    }
}

fn line(page: &mut Page, moved: &Moved, short: &str) {
    let name = &moved.environment;
    page.line(match moved.result.as_str() {
        "promoted" => Text::new("✓ ", Style::Good).and(format!("{name} runs {short}"), Style::Plain),
        "unchanged" if moved.exit == ExitStatus::Ok => {
            Text::new("✓ ", Style::Good).and(format!("{name} runs {short} already"), Style::Plain)
        }
        "unchanged" => Text::new("✗ ", Style::Bad).and(format!("{name} has {short} already"), Style::Plain),
        "blocked" => Text::new("! ", Style::Warn).and(format!("{name} does not take {short}"), Style::Plain),
        "busy" | "overtaken" => {
            Text::new("! ", Style::Warn).and(format!("{name}: somebody else moves it"), Style::Plain)
        }
        _ => Text::new("✗ ", Style::Bad)
            .and(format!("{name}: the deployment of {short} {}", moved.ended()), Style::Plain),
    });
    for why in &moved.why {
        page.line(format!("    {why}"));
    }
    match moved.exit {
        ExitStatus::Ok | ExitStatus::RolledBack => {}
        // Why says what there is to do.
        _ if moved.result == "unchanged" => {}
        _ if moved.promotion.is_some() => {
            moved.undo.iter().for_each(|undo| page.hint(format!("`{undo}` undoes it")));
        }
        _ if moved.result == "blocked" => {
            page.hint(format!("`promote plan {name} {short}` shows when it may move, and on what terms"));
        }
        _ => {}
    }
}
