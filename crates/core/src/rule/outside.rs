//! `evidence`: results that come from systems outside. Nothing records these yet, so where the configuration asks
//! for one, it is not met: a gate fails closed.

use super::{Facts, Finding};

pub(super) fn evidence(facts: &Facts<'_>) -> Option<Finding> {
    let names = &facts.environment.evidence;
    if names.is_empty() {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped("evidence", "a release verified here before may always come back"));
    }
    let shown: Vec<String> = names.iter().map(|name| crate::names::escape(name)).collect();
    Some(
        Finding::unmet(
            "evidence",
            format!("nothing is known of {}; this version of promote reads none", shown.join(", ")),
        )
        .with("need", names.clone())
        .hint("`--override evidence --reason TEXT` is recorded and announced"),
    )
}
