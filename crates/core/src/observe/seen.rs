//! The targets of an environment as they are, for whoever compares them with the ledger.

use super::newest::newer;
use super::targets::{Depth, look, moves, place_of, standing, targeted};
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::ledger::{LedgerError, State};
use crate::location::Location;
use crate::place::locate;
use crate::ports::ReadPorts;
use crate::rule::unended;
use crate::snapshot::Seen;
use std::collections::BTreeMap;

/// How many requests a look may take to find the newest name of a target.
const REQUESTS: usize = 5;

/// The targets of an environment as they are. One whose name depends on the release or the moment is looked at where
/// `state` says that it was put last, or at the newest name where somebody put it there afterwards; at the name that an open
/// promotion gives it where that one wrote it already, or nothing is recorded.
///
/// # Errors
/// When a store does not answer.
pub async fn seen(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    state: Option<&State>,
) -> Result<BTreeMap<String, Seen>, Failure> {
    let values = standing(config, environment);
    let mut found = BTreeMap::new();
    for (artifact, target) in targeted(environment) {
        let name = artifact.name();
        if !moves(target) {
            found.insert(name.to_owned(), locate(target, &values)?);
        } else if let Some(target) = state.and_then(|state| place_of(state, name)) {
            found.insert(name.to_owned(), target.target.clone());
        }
    }
    if let Some(state) = state {
        found.extend(newer(view, config, environment, state, REQUESTS).await?);
    }
    let mut seen = look(view, &found, Depth::Object).await?;
    if let Some(state) = state {
        let places = begun(view, environment, state).await?;
        for (name, begun) in look(view, &places, Depth::Object).await? {
            if !seen.contains_key(&name) || unended(state, &name, &begun).is_some() {
                seen.insert(name, begun);
            }
        }
    }
    Ok(seen)
}

/// The names that the open promotion gives to targets whose name depends on the release or the moment.
async fn begun(
    view: &ReadPorts,
    environment: &Environment,
    state: &State,
) -> Result<BTreeMap<String, Location>, Failure> {
    let renamed: Vec<&str> = targeted(environment)
        .filter(|(_, target)| moves(target))
        .map(|(artifact, _)| artifact.name())
        .collect();
    let Some(open) = state.open.as_ref().filter(|_| !renamed.is_empty()) else { return Ok(BTreeMap::new()) };
    let head =
        view.ledger.record(&environment.lane, open.since.seq).await.map_err(LedgerError::read_failure)?;
    let intent = head.and_then(|head| head.record.intent);
    let targets = intent.into_iter().flat_map(|intent| intent.targets);
    Ok(targets
        .filter(|target| renamed.contains(&target.name()))
        .map(|target| (target.name().to_owned(), target.target))
        .collect())
}
