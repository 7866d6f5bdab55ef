//! `needs`: what the release needs without moving it exists.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let needs = &facts.snapshot.needs;
    if needs.is_empty() {
        return None;
    }
    let unmet = || needs.iter().filter_map(|(location, fault)| Some((location, fault.as_ref()?)));
    let told: Vec<String> = unmet().map(|(location, fault)| format!("`{location}` {fault}")).collect();
    if told.is_empty() {
        return Some(Finding::met("needs", "everything it needs is there"));
    }
    let missing: Vec<String> = unmet().map(|(location, _)| format!("`{location}`")).collect();
    Some(Finding::unmet("needs", told.join("; ")).with("missing", missing))
}
