//! A history as a page.

use crate::page::{Page, Style, Text};
use crate::words::{beginning, moment, span, when};
use chrono_tz::Tz;
use promote_core::report::{AllFrozenEntry, Entry, EntryResult, HistoryReport};

/// The page. `one`: whether it is of one environment, which then needs no column.
pub fn page(report: &HistoryReport, one: bool, zone: Tz) -> Page {
    let mut page = Page::default();
    for freeze in &report.freezes {
        page.line(of_all(freeze, zone));
    }
    if !report.freezes.is_empty() {
        page.blank();
    }
    if report.entries.is_empty() {
        page.line("Nothing is recorded yet.");
        return page;
    }
    let rows = report.entries.iter().map(|entry| row(entry, one, zone)).collect();
    let head = ["WHEN", "ENVIRONMENT", "RELEASE", "RESULT", "BY", "TOOK", "WHY"];
    let shown: Vec<&'static str> = head.into_iter().filter(|name| !one || *name != "ENVIRONMENT").collect();
    page.table(&shown, rows);
    if report.more {
        match (one, report.entries.last()) {
            (true, Some(last)) => page.hint(format!(
                "there are older ones: `promote history {} --before {}`",
                last.environment, last.entry
            )),
            _ => page.hint("there are older ones: `-n` shows more, and one environment's can be paged"),
        }
    }
    page
}

/// What was said about all environments, in a sentence.
fn of_all(entry: &AllFrozenEntry, zone: Tz) -> String {
    let until = match (entry.frozen, entry.until) {
        (true, Some(until)) => format!(" until {}", moment(until, zone)),
        _ => String::new(),
    };
    let done = if entry.frozen { "was frozen" } else { "was no longer frozen" };
    let by = if entry.by.is_empty() { String::new() } else { format!(" by {}", entry.by) };
    let why = entry.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    let link = entry.link.as_ref().map_or_else(String::new, |link| format!(" ({link})"));
    format!("{}  everything {done}{until}{by}{why}{link}", when(entry.at, zone))
}

fn row(entry: &Entry, one: bool, zone: Tz) -> Vec<Text> {
    let mut cells = vec![Text::plain(when(entry.at, zone))];
    if !one {
        cells.push(Text::new(&entry.environment, Style::Strong));
    }
    let overrides = match entry.overrides.as_slice() {
        [] => String::new(),
        some => format!("overrides {}; ", some.join(", ")),
    };
    let allowed = match entry.allowed.as_slice() {
        [] => String::new(),
        some => format!("{}; ", some.join(", ")),
    };
    let why = format!("{allowed}{overrides}{}", entry.why.as_deref().unwrap_or_default());
    cells.extend([
        entry.sha.as_deref().map_or_else(|| Text::new("-", Style::Accent), Text::commit),
        result(entry.result),
        beginning(&entry.by, 24, Style::Plain),
        Text::plain(entry.took_s.map_or_else(|| "-".to_owned(), span)),
        beginning(why.trim_end_matches("; "), 60, Style::Plain),
    ]);
    cells
}

/// A sign and a word.
pub fn result(result: EntryResult) -> Text {
    let (text, style) = match result {
        EntryResult::Promoted => ("✓ promoted", Style::Good),
        EntryResult::Redeployed => ("✓ redeployed", Style::Good),
        EntryResult::RolledBack => ("↩ rolled back", Style::Warn),
        EntryResult::Deploying => ("… deploying", Style::Warn),
        EntryResult::Failed => ("✗ failed", Style::Bad),
        EntryResult::Errored => ("? not verified", Style::Warn),
        EntryResult::TimedOut => ("? timed out", Style::Warn),
        EntryResult::Superseded => ("? superseded", Style::Warn),
        EntryResult::Interrupted => ("? interrupted", Style::Warn),
        EntryResult::Aborted => ("- withdrawn", Style::Dim),
        EntryResult::Undone => ("↩ undone", Style::Warn),
        EntryResult::TakenOver => ("- taken over", Style::Dim),
        EntryResult::Unfinished => ("! unfinished", Style::Warn),
        EntryResult::Adopted => ("+ adopted", Style::Good),
        EntryResult::Frozen => ("+ frozen", Style::Accent),
        EntryResult::Unfrozen => ("- unfrozen", Style::Dim),
        EntryResult::Held => ("+ held", Style::Accent),
        EntryResult::Unheld => ("- hold lifted", Style::Dim),
        EntryResult::Marked => ("+ marked", Style::Accent),
    };
    Text::new(text, style)
}
