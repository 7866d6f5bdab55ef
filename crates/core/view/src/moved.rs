//! An environment that a release moved to by itself, or did not, whatever that followed from.

use crate::page::{Link, Page, Style, Text};
use promote_core::exit::ExitStatus;
use promote_core::report::Moved;

/// What became of it, why, and what is to be done.
pub(crate) fn moved(page: &mut Page, moved: &Moved) {
    page.line(line(moved));
    for why in &moved.why {
        page.line(Text::plain("    ").and(why, Style::Plain));
    }
    if let Some(at) = moved.opens_at {
        page.line(format!("    opens {}", at.format("%Y-%m-%d %H:%M UTC")));
    }
    let is_there = matches!(moved.result.as_str(), "promoted" | "succeeded");
    page.full(|page| {
        if let Some(promotion) = &moved.promotion {
            page.line(Text::plain("    promotion ").and(promotion, Style::Literal));
        }
        for address in moved.deployments.iter().filter_map(|one| one.made.page.as_ref()) {
            page.line(Text::plain("    ").and("shown there", Style::Plain).to(Link::Page(address.clone())));
        }
        for undo in moved.undo.iter().filter(|_| is_there) {
            page.line(format!("    `{undo}` undoes it"));
        }
    });
    for undo in moved.undo.iter().filter(|_| !is_there) {
        page.hint(format!("`{undo}` undoes it"));
    }
}

fn line(moved: &Moved) -> Text {
    let name = &moved.environment;
    let said = |sign: &str, style, text: &str, look| {
        let sign = Text::new(sign, style).and(format!("{name}{text}"), look);
        match &moved.sha {
            Some(sha) => sign.and(sha.get(..7).unwrap_or(sha), look).to(Link::Commit(sha.clone())),
            None => sign.and("it", look),
        }
    };
    let alone =
        |sign: &str, style, text: &str| Text::new(sign, style).and(format!("{name}{text}"), Style::Plain);
    match (moved.result.as_str(), &moved.sha) {
        ("promoted" | "succeeded", _) => said("✓ ", Style::Good, " runs ", Style::Strong),
        ("ready", _) => said("→ ", Style::Good, " would take ", Style::Strong),
        ("unchanged", None) if moved.exit == ExitStatus::Ok => alone("✓ ", Style::Good, ": nothing to do"),
        ("unchanged", None) => alone("✗ ", Style::Bad, ": nothing to move"),
        ("unchanged", _) if moved.exit == ExitStatus::Ok => {
            said("✓ ", Style::Good, " runs ", Style::Plain).and(" already", Style::Plain)
        }
        ("unchanged", _) => said("✗ ", Style::Bad, " has ", Style::Plain).and(" already", Style::Plain),
        ("blocked", _) => said("! ", Style::Warn, " does not take ", Style::Plain).and(" now", Style::Plain),
        ("busy", _) => alone("! ", Style::Warn, ": left alone"),
        ("overtaken", _) => alone("! ", Style::Warn, ": somebody was faster"),
        ("error", _) => alone("✗ ", Style::Bad, " could not be advanced"),
        _ => said("✗ ", Style::Bad, ": the deployment of ", Style::Plain)
            .and(format!(" {}", moved.ended()), Style::Plain),
    }
}
