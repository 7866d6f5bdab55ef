//! `checks` and `evidence`: what comes from systems outside. Nothing records these yet, so where the configuration asks
//! for one, it is not met: a gate fails closed.

use super::{Facts, Finding};

pub(super) fn checks(facts: &Facts<'_>) -> Option<Finding> {
    outside("checks", &facts.environment.checks, facts)
}

pub(super) fn evidence(facts: &Facts<'_>) -> Option<Finding> {
    outside("evidence", &facts.environment.evidence, facts)
}

fn outside(rule: &str, names: &[String], facts: &Facts<'_>) -> Option<Finding> {
    if names.is_empty() {
        return None;
    }
    if facts.rolling_back() {
        return Some(Finding::skipped(rule, "a release verified here before may always come back"));
    }
    let shown: Vec<String> = names.iter().map(|name| crate::names::escape(name)).collect();
    Some(
        Finding::unmet(
            rule,
            format!("nothing is known of {}; this version of promote reads none", shown.join(", ")),
        )
        .with("need", names.to_vec())
        .hint(format!("`--override {rule} --reason TEXT` is recorded and announced")),
    )
}
