//! What became of the automatic environments, as a page.

use crate::page::{Page, Style, Text};
use promote_core::exit::ExitStatus;
use promote_core::report::{AdvanceReport, Moved};

/// The page.
pub fn page(report: &AdvanceReport) -> Page {
    let mut page = Page::default();
    for moved in &report.environments {
        line(&mut page, moved);
    }
    if report.environments.is_empty() {
        page.line("no environment is automatic: nothing to do");
        page.hint("`auto = true` below `[env.ENV]` lets `promote advance` move it");
    }
    page
}

fn line(page: &mut Page, moved: &Moved) {
    let name = &moved.environment;
    let short = moved.sha.as_deref().map_or("it", |sha| sha.get(..7).unwrap_or(sha));
    page.line(match moved.result.as_str() {
        "promoted" | "succeeded" => {
            Text::new("✓ ", Style::Good).and(format!("{name} runs {short}"), Style::Strong)
        }
        "ready" => Text::new("→ ", Style::Good).and(format!("{name} would take {short}"), Style::Strong),
        "unchanged" if moved.exit == ExitStatus::Ok => {
            Text::new("✓ ", Style::Good).and(format!("{name}: nothing to do"), Style::Plain)
        }
        "unchanged" => Text::new("✗ ", Style::Bad).and(format!("{name}: nothing to move"), Style::Plain),
        "blocked" => {
            Text::new("! ", Style::Warn).and(format!("{name} does not take {short} now"), Style::Plain)
        }
        "busy" => Text::new("! ", Style::Warn).and(format!("{name}: left alone"), Style::Plain),
        "overtaken" => Text::new("! ", Style::Warn).and(format!("{name}: somebody was faster"), Style::Plain),
        "error" => Text::new("✗ ", Style::Bad).and(format!("{name} could not be advanced"), Style::Plain),
        _ => Text::new("✗ ", Style::Bad)
            .and(format!("{name}: the deployment of {short} {}", moved.ended()), Style::Plain),
    });
    for why in &moved.why {
        page.line(Text::plain("    ").and(why, Style::Plain));
    }
    if let Some(at) = moved.opens_at {
        page.line(format!("    opens {}", at.format("%Y-%m-%d %H:%M UTC")));
    }
    if let Some(undo) =
        moved.undo.as_ref().filter(|_| !matches!(moved.result.as_str(), "promoted" | "succeeded"))
    {
        page.hint(format!("`{undo}` undoes it"));
    }
}
