//! The targets of an environment as they are, for whoever compares them with the ledger.

use super::newest::newer;
use super::targets::{Depth, look, moves, place_of, standing, targeted};
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::ledger::State;
use crate::place::locate;
use crate::snapshot::Seen;
use crate::world::View;
use std::collections::BTreeMap;

/// How many requests a look may take to find the newest name of a target.
const REQUESTS: usize = 5;

/// The targets of an environment as they are. One whose name depends on the release or the moment is looked at where
/// `state` says that it was put last, or at the newest name where somebody put it there afterwards.
///
/// # Errors
/// When a store does not answer.
pub async fn seen(
    view: &View,
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
    look(view, &found, Depth::Object).await
}
