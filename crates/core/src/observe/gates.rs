//! What the ledger tells of the gates that were in force at the last promotion. A lane whose gates are the same costs no
//! request; where they are others, the list is read; only of a lane that was never promoted to the other lanes are looked at.

use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::gates::{Before, OtherLane, Shared, in_force};
use crate::ledger::{GateList, Head, InForce, Kind, LedgerError, LedgerReader, State};
use crate::names::{EnvironmentName, LaneName};
use crate::ports::ReadPorts;
use crate::snapshot::Seen;
use crate::template::Values;
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
    Ok(match list(&view.ledger, lane, known).await? {
        Some(list) => Before::List(list),
        None => Before::Lost(format!("record {} of {lane} does not have it", known.seq)),
    })
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
    let others = others(view, config, environment).await?;
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

/// The other lanes of the ledger that hold, or were last given, a target of this environment, or were last promoted to with
/// one that is in its lane now.
async fn others(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
) -> Result<Vec<OtherLane>, Failure> {
    let values = Values {
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        ..Values::default()
    };
    let mine: BTreeSet<String> = environment
        .artifacts
        .iter()
        .filter_map(|artifact| artifact.target.as_ref())
        .map(|target| crate::gates::filled(target, &values))
        .collect();
    let members = config.lanes.iter().filter(|lane| lane.name == environment.lane);
    let members: Vec<&EnvironmentName> = members.flat_map(|lane| &lane.environments).collect();
    let heads = view.ledger.every_head().await.map_err(LedgerError::read_failure)?;
    let mut found = Vec::new();
    for (lane, head) in heads.into_iter().filter(|(lane, _)| *lane != environment.lane) {
        let mut known = match head.state().gates {
            Some(known) => list(&view.ledger, &lane, known).await?,
            None => None,
        };
        let shared = match shared(&mine, &head, known.as_ref()) {
            Some(target) => Shared::Target(target),
            None => {
                // Those that stay there are no concern of the ones that left.
                let left = known.iter_mut().flat_map(|list| {
                    list.retain(|name, _| members.contains(&name));
                    list.keys().cloned()
                });
                Shared::Environments(left.collect())
            }
        };
        if shared != Shared::Environments(Vec::new()) {
            let frozen = head.state().frozen.clone();
            found.push(OtherLane { lane, shared, list: known, frozen });
        }
    }
    Ok(found)
}

/// A target of `mine` that a lane holds or was last given.
fn shared(mine: &BTreeSet<String>, head: &Head, list: Option<&GateList>) -> Option<String> {
    let held = head.state().current.iter().flat_map(|there| &there.targets).map(|one| one.target.to_string());
    let named = list.into_iter().flatten().flat_map(|(_, keys)| keys).filter(|(key, _)| {
        key.as_str() == "target" || key.starts_with("artifact.") && key.ends_with(".target")
    });
    held.chain(named.flat_map(|(_, values)| values.iter().cloned())).find(|target| mine.contains(target))
}
