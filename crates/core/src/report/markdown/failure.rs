//! Why something ended without its result, as a page.

use super::page::Page;
use super::{LIMIT, plain};
use crate::report::FailureReport;

/// What went wrong, what state things are in, and what to do next.
pub fn failure(report: &FailureReport) -> String {
    let mut page = Page::new(LIMIT);
    page.block("the headline", &format!("## ✗ {}", plain(&report.message)));
    let state: Vec<String> = report.state.iter().map(|one| format!("- {}", plain(one))).collect();
    page.rows("How things stand", "", &state, state.len());
    let causes: Vec<String> = report.causes.iter().map(|one| format!("- {}", plain(one))).collect();
    page.rows("Causes", "", &causes, causes.len());
    let hints: Vec<String> = report.hints.iter().map(|one| format!("- {}", plain(one))).collect();
    page.rows("What to do", "", &hints, hints.len());
    page.end(&format!("<sub>{}, exit status {}</sub>\n", plain(report.exit.name()), report.code))
}
