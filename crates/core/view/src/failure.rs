//! Why something ended without its result: what went wrong, what state things are in now, the causes once, and what to do
//! next.

use crate::page::{Page, Sign, Style, Text};
use promote_core::report::FailureReport;

/// The page.
pub fn page(report: &FailureReport) -> Page {
    let mut page = Page::default();
    page.headline(Sign::Error, Text::new(&report.message, Style::Strong));
    page.blank();
    for sentence in &report.state {
        page.line(Text::marked(sentence));
    }
    let mut said = &report.message;
    let mut causes = Vec::new();
    for cause in &report.causes {
        // A cause that the line above already quotes says nothing new.
        if !said.contains(cause.as_str()) {
            causes.push(Text::plain("  ").and(cause, Style::Plain));
            said = cause;
        }
    }
    if !causes.is_empty() {
        page.blank();
        page.line(Text::new("caused by:", Style::Strong));
        causes.into_iter().for_each(|cause| page.line(cause));
    }
    report.hints.iter().for_each(|hint| page.hint(hint));
    page.closing(format!("{}, exit status {}", report.exit.name(), report.code));
    page
}
