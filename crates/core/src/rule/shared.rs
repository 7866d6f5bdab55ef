//! `shared-target`: who moves a target that several environments read, says so.

use super::{Facts, Finding};
use crate::config::{Config, Environment};
use crate::names::EnvironmentName;
use crate::request::Request;

/// An environment that is asked to move along and does not read the target. Asked of a release that is in place already as well:
/// a name that was mistyped is told whatever there is to do.
pub(crate) fn stray<'r>(
    config: &Config,
    environment: &Environment,
    request: &'r Request,
) -> Option<&'r EnvironmentName> {
    let lane = config.lanes.iter().find(|lane| lane.name == environment.lane)?;
    request.include.iter().find(|name| !lane.environments.contains(name))
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let lane = facts.config.lanes.iter().find(|lane| lane.name == facts.environment.lane)?;
    if let Some(name) = stray(facts.config, facts.environment, facts.request) {
        let known = facts.config.environments.contains_key(name);
        return Some(Finding::unmet(
            "shared-target",
            match known {
                true => format!("{name} does not read this target, so it can't move along"),
                false => format!("there is no environment `{name}` to move along"),
            },
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
