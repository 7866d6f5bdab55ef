//! Pinning a release: retention keeps it. A doom that is on it is lifted, if it is not too late.

use super::write::say;
use crate::commit::CommitId;
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Actor, Block, LedgerError, Manifest, ReleaseEntry, Word};
use crate::location::Location;
use crate::observe::genesis_to_write;
use crate::ports::Ports;
use crate::reason;
use futures_util::future::try_join_all;

/// How often somebody else may be faster.
const ROUNDS: usize = 16;

/// What became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pinned {
    /// Whether it was said now, and not before.
    pub changed: bool,
    /// Whether a doom was lifted.
    pub lifted: bool,
    /// Whether deleting had been announced before. Whoever announced it may be at it, and looks no more.
    pub late: bool,
}

/// Keeps a release from retention, and lifts the doom that is on it.
///
/// # Errors
/// `Usage` without a reason; `Missing` when it was never published, or its artifacts are gone; else what the ledger answers.
pub async fn pin(
    ports: &Ports,
    config: &Config,
    commit: &CommitId,
    reason: Option<&str>,
    actor: &Actor,
) -> Result<Pinned, Failure> {
    let reason = &reason::needed(reason, "a pin")?;
    genesis_to_write(&ports.view(), config).await?;
    let said =
        |reason: &str| Block { reason: reason.to_owned(), by: actor.name.clone(), at: ports.clock.now() };
    let mut pinned = Pinned::default();
    // Each round looks again after it wrote: whoever deletes writes first and looks afterwards, too.
    for _ in 0..ROUNDS {
        let entry = published(ports, commit).await?;
        pinned.late |= entry.erase > 0 && entry.erase + u32::from(!entry.doomed()) >= entry.doom;
        if entry.gone.is_some() {
            return Err(gone(commit));
        }
        if pinned.late {
            complete(ports, commit).await?;
        }
        let pinned_now = entry.pinned() && !entry.unread.contains(&Word::Pin);
        if pinned_now && !entry.doomed() {
            return Ok(pinned);
        }
        if !pinned_now {
            pinned.changed |= say(ports, commit, Word::Pin, entry.pin + 1, &said(reason)).await?;
        }
        if entry.doomed() {
            let lifted = format!("pinned: {reason}");
            pinned.lifted |= say(ports, commit, Word::Doom, entry.doom + 1, &said(&lifted)).await?;
        }
    }
    Err(Failure::new(ExitStatus::Conflict, "others pin and unpin this release all the time"))
}

/// Leaves a release to retention again. `false` when it was not pinned.
///
/// # Errors
/// `Missing` when it was never published; else what the ledger answers.
pub async fn unpin(
    ports: &Ports,
    config: &Config,
    commit: &CommitId,
    reason: Option<&str>,
    actor: &Actor,
) -> Result<bool, Failure> {
    let reason = reason::allowed(reason)?.unwrap_or_default();
    genesis_to_write(&ports.view(), config).await?;
    for _ in 0..ROUNDS {
        let entry = published(ports, commit).await?;
        if !entry.pinned() {
            return Ok(false);
        }
        let said = Block { reason: reason.clone(), by: actor.name.clone(), at: ports.clock.now() };
        // Where the last entry could not be read, the first one after it pins, and the next one lifts that.
        if say(ports, commit, Word::Pin, entry.pin + 1, &said).await? && entry.pin % 2 == 1 {
            return Ok(true);
        }
    }
    Err(Failure::new(ExitStatus::Conflict, "others pin and unpin this release all the time"))
}

async fn published(ports: &Ports, commit: &CommitId) -> Result<ReleaseEntry, Failure> {
    let entry = ports.ledger.reader().release(commit).await.map_err(LedgerError::read_failure)?;
    match entry.published {
        Some(_) => Ok(entry),
        None => Err(Failure::new(
            ExitStatus::Missing,
            format!("release `{}` was never published", commit.short(12)),
        )),
    }
}

fn gone(commit: &CommitId) -> Failure {
    Failure::new(ExitStatus::Missing, format!("the artifacts of {} were deleted", commit.short(12)))
        .hint("a new commit of the same content can be published")
}

/// Refuses when an artifact is missing: deleting was begun, and what is left of the release is of no use.
async fn complete(ports: &Ports, commit: &CommitId) -> Result<(), Failure> {
    let manifest: Option<Manifest> =
        ports.ledger.reader().manifest(commit).await.map_err(LedgerError::read_failure)?;
    let looks = manifest.iter().flat_map(|manifest| manifest.artifacts.values()).map(|built| async move {
        let location: &Location = &built.location;
        let found = ports.store(&location.store)?.head(&location.key).await;
        let found = found.map_err(|error| Failure::of_place(&format!("looking at `{location}`"), error))?;
        Ok::<_, Failure>(found.is_none().then_some(location))
    });
    let missing: Vec<&Location> = try_join_all(looks).await?.into_iter().flatten().collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(missing
            .into_iter()
            .fold(gone(commit), |failure, location| failure.state(format!("`{location}` is not there.")))),
    }
}
