//! `loosened`: since the last promotion no gate was loosened and no place changed. A file on a branch can drop what the
//! last promotion was held to; what it dropped is shown, and where customers are it needs a reason.

use super::{Facts, Finding};
use crate::config::Tier;
use crate::gates::{Before, OtherLane, Shared, in_force, loosened};
use crate::ledger::GateList;
use chrono::{DateTime, Utc};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let before = &facts.snapshot.gates;
    if facts.rolling_back() {
        return match before {
            Before::Same => None,
            _ => Some(Finding::skipped("loosened", "a release verified here before may always come back")),
        };
    }
    let lane = &facts.environment.lane;
    let now = || in_force(facts.config, lane).list;
    let told =
        |before: &GateList| loosened(before, &now()).iter().map(ToString::to_string).collect::<Vec<_>>();
    let frozen_at = facts.snapshot.taken_at;
    let around = |other: &OtherLane, told: &dyn Fn(&GateList) -> Vec<String>| {
        let gates = other.list.iter().flat_map(told);
        elsewhere(other, frozen_at).into_iter().chain(gates).collect::<Vec<_>>()
    };
    let what = match before {
        Before::Same => return None,
        Before::List(list, joined) => {
            let each = |other: &OtherLane| around(other, &told);
            told(list).into_iter().chain(joined.iter().flat_map(each)).collect()
        }
        Before::Lost(why) => vec![format!("the gates at the last promotion are not known: {why}")],
        Before::Lanes(others) => others.iter().flat_map(|other| around(other, &told)).collect(),
        Before::Stranger { target, promotion } => vec![format!(
            "`{target}` was put there by promotion {promotion}, which this ledger does not know"
        )],
    };
    if what.is_empty() {
        return None;
    }
    let was = |keys: &std::collections::BTreeMap<String, Vec<String>>| {
        keys.get("tier").is_some_and(|tier| tier.iter().any(|one| one == "production"))
    };
    let members = facts.config.lanes.iter().filter(|one| one.name == *lane).flat_map(|one| &one.environments);
    let mut members = members.filter_map(|name| facts.config.environments.get(name));
    // What was production stays it, whatever the file calls it now.
    let production = facts.environment.tier == Tier::Production
        || members.any(|member| member.tier == Tier::Production)
        || lists(before).any(|list| list.values().any(was));
    let detail = what.join("; ");
    Some(
        match production {
            true => Finding::unmet("loosened", detail).hint(
                "put it back as it was, or say why: `--override loosened --reason TEXT`, once; what is in the file then is what later ones are compared with",
            ),
            false => Finding::met("loosened", detail),
        }
        .with("loosened", what),
    )
}

/// The lists that were in force.
fn lists(before: &Before) -> impl Iterator<Item = &GateList> {
    let (own, others) = match before {
        Before::List(list, joined) => (Some(list), joined.as_slice()),
        Before::Lanes(others) => (None, others.as_slice()),
        Before::Same | Before::Lost(_) | Before::Stranger { .. } => (None, [].as_slice()),
    };
    // Which one this is of what is gone from the file nobody knows.
    let others = others.iter().filter(|other| other.shared != Shared::Unknown);
    own.into_iter().chain(others.filter_map(|other| other.list.as_ref()))
}

/// What holds in another lane, in words, beside its gates.
fn elsewhere(other: &OtherLane, at: DateTime<Utc>) -> Vec<String> {
    let lane = &other.lane;
    let was = match &other.shared {
        Shared::Target(target) => format!("`{target}` was last moved as the lane {lane}"),
        Shared::Environments(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            match other.list {
                Some(_) => format!("{} was last moved with the lane {lane}", names.join(", ")),
                None => format!("{} was in the lane {lane}", names.join(", ")),
            }
        }
        Shared::Unknown => {
            format!(
                "the file has no environment of the lane {lane} any more, which this one may be by another name"
            )
        }
    };
    let frozen = other.frozen.iter().filter(|frozen| frozen.until.is_none_or(|until| at < until));
    let frozen = frozen.map(|frozen| format!("{lane} is frozen by {}: {}", frozen.by, frozen.reason));
    std::iter::once(was).chain(frozen).collect()
}
