//! What became of an approval or a rejection.

use crate::{Page, Style, Text};
use promote_core::invocation::Invocation;
use promote_core::names::escape;
use promote_core::report::ApprovalReport;

/// The page.
pub fn page(report: &ApprovalReport) -> Page {
    let mut page = Page::default();
    let short = report.sha.get(..7).unwrap_or(&report.sha);
    let (name, who, word) = (&report.environment, escape(&report.by), report.answer);
    page.line(match (report.changed, report.dry_run) {
        (true, _) => Text::new("✓ ", Style::Good)
            .and(format!("{short} is {word} for {name} by {who}"), Style::Plain)
            .and(format!(" ({})", report.strength), Style::Dim),
        (false, true) => {
            Text::plain(format!("{short} would be {word} for {name} by {who}; nothing was recorded"))
        }
        (false, false) => {
            Text::plain(format!("{short} is {word} for {name} by {who} already; nothing was recorded"))
        }
    });
    let Some(rule) = &report.rule else { return page };
    page.line(format!("  approvals: {}", rule.detail));
    if word != "approved" {
        return page;
    }
    let line = |command: &str| Invocation::new(command).word(name).word(short);
    match (&rule.hint, rule.passes) {
        (_, true) if report.others_met => page.hint(format!("`{}` by somebody else moves it", line("to"))),
        (_, true) => page.hint(format!("`{}` shows what else is missing", line("plan"))),
        (Some(hint), false) => page.hint(hint.clone()),
        (None, false) => {}
    }
    page
}
