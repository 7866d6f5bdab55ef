//! What moved by itself, as a page.

use super::page::Page;
use super::{LIMIT, Links, code, link, plain};
use crate::report::{AdvanceReport, Moved};

/// Each environment with what became of it, and how to undo what moved.
pub fn advance(report: &AdvanceReport, links: &Links) -> String {
    let mut page = Page::new(LIMIT);
    let moved: Vec<&Moved> = report.environments.iter().filter(|one| one.promotion.is_some()).collect();
    let wrong = report.environments.iter().any(|one| !matches!(one.exit.code(), 0 | 3));
    let names: Vec<&str> = moved.iter().map(|one| one.environment.as_str()).collect();
    let ready = report.environments.iter().filter(|one| one.result == "ready").count();
    let says = match (names.as_slice(), report.environments.len()) {
        (_, 0) => "no environment is automatic".to_owned(),
        ([], _) if ready > 0 => format!("{ready} would move"),
        ([], _) => "nothing moved".to_owned(),
        (names, _) => format!("{} moved", names.join(", ")),
    };
    page.block("the headline", &format!("## {} {}", if wrong { "✗" } else { "✓" }, plain(&says)));
    let rows: Vec<String> = report.environments.iter().map(|one| row(one, links)).collect();
    let head = "| environment | release | | |\n|---|---|---|---|\n";
    page.rows("Environments", head, &rows, rows.len());
    undoing(&mut page, &report.environments);
    page.end("")
}

/// The commands that undo what moved.
pub(super) fn undoing(page: &mut Page, moves: &[Moved]) {
    let lines = moves.iter().filter_map(|one| Some((&one.environment, one.undo.as_deref()?)));
    let undo: Vec<String> =
        lines.map(|(name, line)| format!("- {}: {} undoes it", plain(name), code(line))).collect();
    page.rows("To undo", "", &undo, undo.len());
}

fn row(one: &Moved, links: &Links) -> String {
    let sha = one.sha.as_deref().map(|sha| links.sha(sha)).unwrap_or_default();
    let mut words: Vec<String> = one.why.iter().map(|why| plain(why)).collect();
    words.extend(one.opens_at.map(|at| format!("opens {}", at.format("%Y-%m-%d %H:%M UTC"))));
    let promotion = one.promotion.as_deref().map(|id| format!("promotion {}", plain(id)));
    words.extend(promotion);
    let pages = one.deployments.iter().filter_map(|shown| shown.made.page.as_deref());
    words.extend(pages.map(|page| link("shown there", page)));
    format!("| {} | {sha} | {} | {} |", plain(&one.environment), plain(&one.result), words.join("<br>"))
}
