//! What the ledger tells of the gates that were in force at the last promotion. A lane whose gates are the same costs no
//! request; where they are others, the list is read; the other lanes are looked at only for a lane that was never promoted
//! to, and for environments that are new in one.

use super::targets::standing;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::gates::{Before, OtherLane, Shared, in_force};
use crate::ledger::{GateList, Head, InForce, Kind, LedgerError, LedgerReader, State};
use crate::names::{EnvironmentName, LaneName};
use crate::ports::ReadPorts;
use crate::snapshot::Seen;
use std::collections::{BTreeMap, BTreeSet};

/// How many records of a lane without a promotion are looked through; one that has more has seen much.
const MOST: usize = 200;

/// The gates that those of the configuration are to be compared with, for a lane in this state. `resuming`: an open
/// promotion is finished, whose own gates were judged when it began.
///
/// # Errors
/// What the store answered.
pub async fn gates_before(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    state: &State,
    targets: &BTreeMap<String, Seen>,
    resuming: bool,
) -> Result<Before, Failure> {
    let lane = &environment.lane;
    let begun = state.open.as_ref().filter(|_| resuming);
    let begun = begun.and_then(|open| Some(InForce { digest: open.gates?, seq: open.since.seq }));
    let Some(known) = begun.or(state.gates) else {
        return first(view, environment, state, targets, config).await;
    };
    if known.digest == in_force(config, lane).digest {
        return Ok(Before::Same);
    }
    let Some(list) = list(&view.ledger, lane, known).await? else {
        return Ok(Before::Lost(format!("record {} of {lane} does not have it", known.seq)));
    };
    let new = members(config, lane).filter(|name| !list.contains_key(*name)).collect::<Vec<_>>();
    let joined = match new.is_empty() {
        true => Vec::new(),
        false => {
            let heads = view.ledger.every_head().await.map_err(LedgerError::read_failure)?;
            others(view, config, (lane, &heads), (&new, &BTreeSet::new())).await?
        }
    };
    Ok(Before::List(list, joined))
}

/// The environments that the file has in a lane.
fn members<'c>(config: &'c Config, lane: &LaneName) -> impl Iterator<Item = &'c EnvironmentName> {
    let lane = config.lanes.iter().find(|one| one.name == *lane);
    lane.into_iter().flat_map(|lane| &lane.environments)
}

/// The list that a state names.
async fn list(ledger: &LedgerReader, lane: &LaneName, known: InForce) -> Result<Option<GateList>, Failure> {
    let head = ledger.record(lane, known.seq).await.map_err(LedgerError::read_failure)?;
    let gates = head.and_then(|head| head.record.intent).and_then(|intent| intent.gates);
    Ok(gates.filter(|gates| gates.digest == known.digest).map(|gates| gates.list))
}

/// For a lane whose gates were never kept: one that was promoted to before they were kept has none to compare with; one
/// that was never promoted to may be another lane's under a new name, or have left another.
async fn first(
    view: &ReadPorts,
    environment: &Environment,
    state: &State,
    targets: &BTreeMap<String, Seen>,
    config: &Config,
) -> Result<Before, Failure> {
    let promoted =
        state.open.is_some() || state.current.as_ref().is_some_and(|there| there.promotion.is_some());
    if promoted {
        return Ok(Before::Same);
    }
    let records = view.ledger.page(&environment.lane, None, MOST).await.map_err(LedgerError::read_failure)?;
    if records.len() == MOST || records.iter().any(|head| head.record.kind == Kind::Commit) {
        return Ok(Before::Same);
    }
    let here: Vec<&EnvironmentName> = members(config, &environment.lane).collect();
    let heads = view.ledger.every_head().await.map_err(LedgerError::read_failure)?;
    let places = places(config, environment);
    let mut others = others(view, config, (&environment.lane, &heads), (&here, &places)).await?;
    if others.is_empty() {
        others = gone(view, config, &heads).await?;
    }
    if !others.is_empty() {
        return Ok(Before::Lanes(others));
    }
    let there = targets.values().find_map(|seen| Some((seen, seen.object.as_ref()?)));
    let mark = there.and_then(|(seen, object)| Some((seen, object.metadata.get("promote-id")?)));
    Ok(match mark {
        Some((seen, id)) => {
            Before::Stranger { target: seen.location.to_string(), promotion: crate::names::escape(id) }
        }
        None => Before::Same,
    })
}

/// Where an environment's targets are, as lists and records name them.
fn places(config: &Config, environment: &Environment) -> BTreeSet<String> {
    let values = standing(config, environment);
    let targets = environment.artifacts.iter().filter_map(|artifact| artifact.target.as_ref());
    targets.map(|target| crate::gates::filled(target, &values)).collect()
}

/// The other lanes of the ledger that hold, or were last given, one of these targets, or in which one of these environments
/// was, with what held there.
async fn others(
    view: &ReadPorts,
    config: &Config,
    (lane, heads): (&LaneName, &BTreeMap<LaneName, Head>),
    (members, mine): (&[&EnvironmentName], &BTreeSet<String>),
) -> Result<Vec<OtherLane>, Failure> {
    let mut found = Vec::new();
    for (lane, head) in heads.iter().filter(|(other, _)| *other != lane) {
        let mut known = known(view, lane, head).await?;
        let frozen = head.state().frozen.clone();
        let shared = match shared(mine, head, known.as_ref()) {
            Some(target) => Shared::Target(target),
            None => {
                let mut there = frozen_with(view, lane, head).await?;
                // Before it was ever promoted to; afterwards its list tells who is in it.
                let own = known.is_none().then(|| lane.as_str().parse().ok()).flatten();
                there.extend(own.into_iter().chain(known.iter().flat_map(|list| list.keys().cloned())));
                there.retain(|name| members.contains(&name) && config.environments.contains_key(name));
                // Those that stay there are no concern of the ones that left.
                known.iter_mut().for_each(|list| list.retain(|name, _| there.contains(name)));
                known = known.filter(|list| !list.is_empty());
                Shared::Environments(there.into_iter().collect())
            }
        };
        let concerned = shared != Shared::Environments(Vec::new()) && (known.is_some() || frozen.is_some());
        if concerned || matches!(shared, Shared::Target(_)) {
            found.push(OtherLane { lane: lane.clone(), shared, list: known, frozen });
        }
    }
    Ok(found)
}

/// The lanes of the ledger of which no environment is in the file any more, and that were production or are frozen: one that
/// is new may be one of them, renamed and moved at once, which nothing tells.
async fn gone(
    view: &ReadPorts,
    config: &Config,
    heads: &BTreeMap<LaneName, Head>,
) -> Result<Vec<OtherLane>, Failure> {
    let mut found = Vec::new();
    for (lane, head) in heads {
        let list = known(view, lane, head).await?;
        let mut names = frozen_with(view, lane, head).await?;
        names.extend(lane.as_str().parse::<EnvironmentName>());
        names.extend(list.iter().flat_map(|list| list.keys().cloned()));
        if config.lanes.iter().any(|one| one.name == *lane)
            || names.iter().any(|name| config.environments.contains_key(name))
        {
            continue;
        }
        let was_production = list
            .iter()
            .flat_map(|list| list.values())
            .any(|keys| keys.get("tier").is_some_and(|tier| tier.iter().any(|one| one == "production")));
        let frozen = head.state().frozen.clone();
        if was_production || frozen.is_some() {
            found.push(OtherLane { lane: lane.clone(), shared: Shared::Unknown, list, frozen });
        }
    }
    Ok(found)
}

/// The list of a lane's last promotion.
async fn known(view: &ReadPorts, lane: &LaneName, head: &Head) -> Result<Option<GateList>, Failure> {
    match head.state().gates {
        Some(known) => list(&view.ledger, lane, known).await,
        None => Ok(None),
    }
}

/// The environments that were in a lane when it was frozen, where it is frozen and had several.
async fn frozen_with(
    view: &ReadPorts,
    lane: &LaneName,
    head: &Head,
) -> Result<BTreeSet<EnvironmentName>, Failure> {
    let Some(frozen) = &head.state().frozen else { return Ok(BTreeSet::new()) };
    let record = view.ledger.record(lane, frozen.since.seq).await.map_err(LedgerError::read_failure)?;
    let freeze = record.and_then(|head| head.record.freeze);
    Ok(freeze.into_iter().flat_map(|freeze| freeze.environments).collect())
}

/// A target of `mine` that a lane holds or was last given.
fn shared(mine: &BTreeSet<String>, head: &Head, list: Option<&GateList>) -> Option<String> {
    let held = head.state().current.iter().flat_map(|there| &there.targets).map(|one| one.target.to_string());
    let named = list.into_iter().flatten().flat_map(|(_, keys)| keys).filter(|(key, _)| {
        key.as_str() == "target" || key.starts_with("artifact.") && key.ends_with(".target")
    });
    held.chain(named.flat_map(|(_, values)| values.iter().cloned())).find(|target| mine.contains(target))
}
