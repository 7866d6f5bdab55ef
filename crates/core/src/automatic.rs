//! What follows a publication by itself: the first environments that are automatic take the release, by the same
//! rules and in the same way as when a person asks.

use crate::advance::{Watch, attempt, choice, failed, request};
use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::ledger::Actor;
use crate::ports::Ports;
use crate::report::Moved;

/// The environments that take a new release by themselves, one of each lane, in order.
pub fn environments(config: &Config) -> Vec<&Environment> {
    let mut found = choice::automatic(config);
    found.retain(|settings| settings.from.is_empty());
    found
}

/// Moves a release to all of them. A refusal is an answer here: what was published stays published. What goes wrong in
/// one environment is in its answer, and the others are still tried.
///
/// # Errors
/// When the world can't be read, or a move could not be committed.
pub async fn promote(
    ports: &Ports,
    config: &Config,
    actor: &Actor,
    commit: &CommitId,
    watch: &dyn Watch,
) -> Result<Vec<Moved>, Failure> {
    let mut all = Vec::new();
    for settings in environments(config) {
        let request = request(config, settings, commit, actor)?;
        let moved = attempt(ports, config, &request, false, watch).await;
        all.push(moved.unwrap_or_else(|failure| failed(settings, &failure)));
    }
    Ok(all)
}
