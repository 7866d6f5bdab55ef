//! `shared-target`: who moves a target that several environments read, says so.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let lane = facts.config.lanes.iter().find(|lane| lane.name == facts.environment.lane)?;
    let stray = facts.request.include.iter().find(|name| !lane.environments.contains(name));
    if let Some(name) = stray {
        return Some(Finding::unmet(
            "shared-target",
            format!("{name} does not read this target, so it can't move along"),
        ));
    }
    if lane.environments.len() < 2 {
        return None;
    }
    let others: Vec<&str> = lane
        .environments
        .iter()
        .filter(|name| **name != facts.environment.name)
        .map(|name| name.as_str())
        .collect();
    let missing: Vec<&str> = others
        .iter()
        .copied()
        .filter(|name| !facts.request.include.iter().any(|included| included.as_str() == *name))
        .collect();
    if missing.is_empty() {
        let verb = if others.len() == 1 { "moves" } else { "move" };
        return Some(Finding::met("shared-target", format!("{} {verb} along", others.join(", "))));
    }
    let flags: Vec<String> = missing.iter().map(|name| format!("--include {name}")).collect();
    let verb = if missing.len() == 1 { "reads" } else { "read" };
    Some(
        Finding::unmet(
            "shared-target",
            format!("{} {verb} the same target and would move along", missing.join(", ")),
        )
        .with("environments", missing.clone())
        .hint(format!("say so with `{}`", flags.join(" "))),
    )
}
