//! `notes`: the texts that the environment asks for are given, and say something.

use super::{Facts, Finding};
use crate::reason::blank;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let asked = &facts.environment.notes;
    if asked.is_empty() {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped("notes", "a release verified here before may always come back"));
    }
    let given = |name: &&String| facts.request.notes.get(*name).is_some_and(|text| !blank(text));
    let missing: Vec<&String> = asked.iter().filter(|name| !given(name)).collect();
    if missing.is_empty() {
        return Some(Finding::met("notes", format!("{} given", asked.join(", "))));
    }
    let names: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
    let flags: Vec<String> = names.iter().map(|name| format!("--note \"{name}=…\"")).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    Some(
        Finding::unmet("notes", format!("{} {verb} not given", names.join(", ")))
            .with("missing", names)
            .hint(format!("give it with `{}`", flags.join(" "))),
    )
}
