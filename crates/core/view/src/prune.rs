//! What retention does, as a page: what goes, then why the rest stays.

use crate::page::{Page, Sign, Style, Text};
use crate::words::{count, cut, short, size, span, when};
use chrono_tz::Tz;
use promote_core::report::{FateWord, PruneReport, PrunedRelease};
use promote_core::retention::Policy;

/// How many kept releases are shown one by one.
const SHOWN: usize = 40;

/// What is, or would be, swept up of what has ended.
fn signs(page: &mut Page, report: &PruneReport) {
    if report.signs > 0 {
        let deleted = if report.done { "Deleted" } else { "To be deleted now" };
        page.line(format!("{deleted}: {} of life of what has ended.", count(report.signs, "sign")));
    }
    if let Some(why) = &report.signs_left {
        let text = format!("signs of life of what has ended are left: {why}");
        page.line(Text::new("  ! ", Style::Warn).and(text, Style::Plain));
    }
}

/// The page.
pub fn page(report: &PruneReport, policy: &Policy, zone: Tz) -> Page {
    let mut page = Page::default();
    let of = |fate: FateWord| report.releases.iter().filter(move |one| one.fate == fate);
    let kept = |one: &&PrunedRelease| one.fate == FateWord::Keep;
    let title = format!(
        "{}: {}, {} kept",
        report.project,
        count(report.releases.iter().filter(|one| one.fate != FateWord::Gone).count(), "release"),
        report.releases.iter().filter(kept).count()
    );
    page.headline(Sign::None, Text::new(title, Style::Strong));
    page.blank();
    let rows: Vec<Vec<Text>> = report
        .releases
        .iter()
        .filter(|one| one.fate != FateWord::Gone)
        .take(SHOWN)
        .map(|one| row(report, one, zone))
        .collect();
    let more = report.releases.iter().filter(|one| one.fate != FateWord::Gone).count().saturating_sub(SHOWN);
    if rows.is_empty() {
        page.line("  There is no release whose artifacts could be deleted.");
    } else {
        page.table(&["RELEASE", "PUBLISHED", "SIZE", "WHAT", "WHY"], rows);
    }
    if more > 0 {
        page.line(format!("  … {more} more; `--json` has them all"));
    }
    page.blank();
    sums(&mut page, report);
    for one in report.releases.iter().flat_map(|one| &one.erased) {
        for left in &one.left {
            page.line(Text::new("  ! ", Style::Warn).and(format!("left: {left}"), Style::Plain));
        }
        if one.stray_count > 0 {
            let first: Vec<&str> = one.strays.iter().take(3).map(String::as_str).collect();
            let more = if one.stray_count > first.len() { ", …" } else { "" };
            let text = format!(
                "{} in `{}` not the release's, left alone: {}{more}",
                if one.stray_count == 1 {
                    "1 file is".to_owned()
                } else {
                    format!("{} files are", one.stray_count)
                },
                one.location,
                first.join(", ")
            );
            page.line(Text::new("  ! ", Style::Warn).and(text, Style::Plain));
        }
    }
    if !report.done
        && (report.signs > 0
            || of(FateWord::Doom).chain(of(FateWord::Delete)).chain(of(FateWord::Lift)).next().is_some())
    {
        page.hint(format!("`{}` does it; `promote pin RELEASE --reason TEXT` keeps one", policy.command()));
    } else if of(FateWord::Doom).any(|one| one.done) {
        page.hint(format!(
            "the doomed ones are deleted by `{}` after {}",
            policy.command(),
            span(report.grace_s)
        ));
    }
    page
}

fn row(report: &PruneReport, one: &PrunedRelease, zone: Tz) -> Vec<Text> {
    let (word, style) = match (one.fate, report.done && one.done) {
        (FateWord::Keep, _) => ("stays", Style::Good),
        (FateWord::Wait, _) => ("doomed", Style::Warn),
        (FateWord::Doom, false) => ("doom", Style::Warn),
        (FateWord::Doom, true) => ("✓ doomed", Style::Warn),
        (FateWord::Lift, false) => ("lift the doom", Style::Good),
        (FateWord::Lift, true) => ("✓ doom lifted", Style::Good),
        (FateWord::Delete, false) => ("delete", Style::Bad),
        (FateWord::Delete, true) => ("✓ deleted", Style::Bad),
        (FateWord::Gone, _) => ("gone", Style::Dim),
    };
    let roots: Vec<String> = one.roots.iter().map(ToString::to_string).collect();
    let why = match (roots.is_empty(), one.deleted_from) {
        (false, _) => cut(&roots.join(", "), 70),
        (true, Some(from)) => format!("nothing needs it; deleted from {} on", when(from, zone)),
        (true, None) => "nothing needs it".to_owned(),
    };
    vec![
        Text::new(short(&one.sha), Style::Strong),
        Text::plain(one.published_at.map_or_else(|| "-".to_owned(), |at| when(at, zone))),
        Text::plain(one.bytes.map_or_else(|| "-".to_owned(), size)),
        Text::new(word, style),
        Text::plain(why),
    ]
}

fn sums(page: &mut Page, report: &PruneReport) {
    let number = |fate: FateWord| {
        report.releases.iter().filter(|one| one.fate == fate && (!report.done || one.done)).count()
    };
    let (doom, delete) = (number(FateWord::Doom), number(FateWord::Delete));
    if doom + delete + number(FateWord::Lift) + report.signs == 0 {
        page.line("Nothing to do.");
        signs(page, report);
        return;
    }
    let (doomed, deleted) = match report.done {
        true => ("Doomed", "Deleted"),
        false => ("To be doomed", "To be deleted now"),
    };
    let line = |what: &str, number: usize, bytes: u64| {
        format!("{what}: {}, {}.", count(number, "release"), size(bytes))
    };
    if doom > 0 {
        page.line(line(doomed, doom, report.doom_bytes));
    }
    if delete > 0 {
        page.line(line(deleted, delete, report.delete_bytes));
    }
    signs(page, report);
    if !report.done {
        page.line("Nothing was changed.");
    }
}
