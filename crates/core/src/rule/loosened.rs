//! `loosened`: since the last promotion no gate was loosened and no place changed. A file on a branch can drop what the
//! last promotion was held to; what it dropped is shown, and where customers are it needs a reason.

use super::{Facts, Finding};
use crate::config::Tier;
use crate::gates::{Before, in_force, loosened};
use crate::ledger::GateList;

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
    let (what, list) = match before {
        Before::Same => return None,
        Before::List(list) => (told(list), Some(list)),
        Before::Lost(why) => (vec![format!("the gates at the last promotion are not known: {why}")], None),
        Before::Lane(other) => {
            let mut what = vec![format!("`{}` was last moved as the lane {}", other.target, other.lane)];
            what.extend(
                other
                    .frozen
                    .iter()
                    .filter(|frozen| frozen.until.is_none_or(|until| facts.snapshot.taken_at < until))
                    .map(|frozen| format!("{} is frozen by {}: {}", other.lane, frozen.by, frozen.reason)),
            );
            what.extend(other.list.iter().flat_map(told));
            (what, other.list.as_ref())
        }
        Before::Stranger { target, promotion } => (
            vec![format!(
                "`{target}` was put there by promotion {promotion}, which this ledger does not know"
            )],
            None,
        ),
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
        || list.is_some_and(|list| list.values().any(was));
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
