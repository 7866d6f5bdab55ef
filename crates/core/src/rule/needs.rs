//! `needs`: what the release needs without moving it exists.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let needs = &facts.snapshot.needs;
    let missing: Vec<String> =
        needs.iter().filter(|(_, there)| !there).map(|(location, _)| format!("`{location}`")).collect();
    let verb = if missing.len() == 1 { "is" } else { "are" };
    match (needs.is_empty(), missing.is_empty()) {
        (true, _) => None,
        (_, true) => Some(Finding::met("needs", "everything it needs is there")),
        _ => Some(
            Finding::unmet("needs", format!("{} {verb} not there", missing.join(", ")))
                .with("missing", missing.clone()),
        ),
    }
}
