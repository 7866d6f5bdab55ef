//! What became of the automatic environments, as a page.

use crate::moved::moved;
use crate::page::{Page, Sign};
use promote_core::report::AdvanceReport;

/// The page.
pub fn page(report: &AdvanceReport) -> Page {
    let mut page = Page::default();
    page.full(|page| headline(page, report));
    report.environments.iter().for_each(|one| moved(&mut page, one));
    if report.environments.is_empty() {
        page.line("no environment is automatic: nothing to do");
        page.hint("`auto = true` below `[env.ENV]` lets `promote advance` move it");
    }
    page
}

fn headline(page: &mut Page, report: &AdvanceReport) {
    let wrong = report.environments.iter().any(|one| !matches!(one.exit.code(), 0 | 3));
    let names = report.environments.iter().filter(|one| one.promotion.is_some());
    let names: Vec<&str> = names.map(|one| one.environment.as_str()).collect();
    let ready = report.environments.iter().filter(|one| one.result == "ready").count();
    let says = match (names.as_slice(), ready) {
        ([], 0) => "nothing moved".to_owned(),
        ([], ready) => format!("{ready} would move"),
        (names, _) => format!("{} moved", names.join(", ")),
    };
    page.headline(if wrong { Sign::Bad } else { Sign::Good }, says);
}
