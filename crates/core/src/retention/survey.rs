//! Reading what retention decides on. What can't be read stops it: a release must not be deleted because the record
//! that needs it could not be read. What decides nothing is not read: of releases that are gone the listing alone, and
//! no manifest at all while everything that is left is needed.

use super::Policy;
use super::roots::roots;
use super::signs::{self, EndedSign};
use crate::commit::CommitId;
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Head, LedgerError, Manifest, ReleaseEntry, State, Word};
use crate::names::LaneName;
use crate::observe::{belongs, genesis};
use crate::ports::ReadPorts;
use chrono::{DateTime, Utc};
use futures_util::future::{try_join, try_join_all};
use std::collections::BTreeMap;

/// How many manifests are asked for at once.
const AT_ONCE: usize = 32;

/// Everything that retention needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The time by the ledger's store.
    pub at: DateTime<Utc>,
    /// The newest record of every lane of the ledger.
    pub heads: BTreeMap<LaneName, Head>,
    /// Every release, as the listing tells.
    pub releases: BTreeMap<CommitId, ReleaseEntry>,
    /// The manifests of those that were published and are not gone, where nothing but their places can tell whether one
    /// of them is needed. Empty while the listing tells that all of them are.
    pub manifests: BTreeMap<CommitId, Manifest>,
    /// Signs of life of what has ended.
    pub signs: Vec<EndedSign>,
}

impl Survey {
    /// The lanes' states.
    pub fn lanes(&self) -> BTreeMap<LaneName, State> {
        self.heads.iter().map(|(lane, head)| (lane.clone(), head.state().clone())).collect()
    }
}

/// Reads it.
///
/// # Errors
/// When anything can't be read or is not of this version, or the ledger is another project's.
pub async fn survey(view: &ReadPorts, config: &Config, policy: &Policy) -> Result<Survey, Failure> {
    let found = survey_knowing(view, config, policy, &BTreeMap::new()).await?;
    let signs = signs::ended(view, &found.heads).await.map_err(LedgerError::read_failure)?;
    Ok(Survey { signs, ..found })
}

/// The same with manifests that were read before: they never change.
pub(super) async fn survey_knowing(
    view: &ReadPorts,
    config: &Config,
    policy: &Policy,
    known: &BTreeMap<CommitId, Manifest>,
) -> Result<Survey, Failure> {
    let begun = genesis(view, config);
    let listed = async {
        let (heads, releases) = try_join(view.ledger.every_head(), view.ledger.every_release())
            .await
            .map_err(LedgerError::read_failure)?;
        Ok((heads, releases))
    };
    let ((genesis, _), (heads, mut releases)) = try_join(begun, listed).await?;
    belongs(&genesis, heads.values())?;
    heed(view, &mut releases).await?;
    let at = now(view).await?;
    let lanes = heads.iter().map(|(lane, head)| (lane.clone(), head.state().clone())).collect();
    let needed = roots(config, &lanes, &releases, policy, at);
    let left = releases.iter().filter(|(_, entry)| entry.published.is_some() && entry.gone.is_none());
    let mut wanted: Vec<&CommitId> = left.map(|(commit, _)| commit).collect();
    if wanted.iter().all(|commit| needed.contains_key(*commit)) {
        wanted.clear();
    }
    let mut manifests = BTreeMap::new();
    let (here, asked): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|commit| known.contains_key(*commit));
    manifests.extend(here.into_iter().filter_map(|it| Some((it.clone(), known.get(it)?.clone()))));
    for batch in asked.chunks(AT_ONCE) {
        let reads = batch.iter().map(|commit| async move {
            let found = view.ledger.manifest(commit).await.map_err(LedgerError::read_failure)?;
            let found = found.ok_or_else(|| {
                let message = format!("the manifest of {} is listed and can't be found", commit.short(12));
                Failure::new(ExitStatus::Failed, message)
            })?;
            Ok::<_, Failure>(((*commit).clone(), found))
        });
        manifests.extend(try_join_all(reads).await?);
    }
    Ok(Survey { at, heads, releases, manifests, signs: Vec::new() })
}

/// Reads what would lift a pin: an entry that can't be read lifts none.
async fn heed(view: &ReadPorts, releases: &mut BTreeMap<CommitId, ReleaseEntry>) -> Result<(), Failure> {
    let there = releases.iter_mut().filter(|(_, entry)| entry.gone.is_none() && entry.pin > 0);
    let mut there: Vec<_> = there.collect();
    for batch in there.chunks_mut(AT_ONCE) {
        let reads = batch.iter_mut().map(|(commit, entry)| view.ledger.heed_one(commit, Word::Pin, entry));
        try_join_all(reads).await.map_err(LedgerError::read_failure)?;
    }
    Ok(())
}

/// The time by the ledger's store.
pub(super) async fn now(view: &ReadPorts) -> Result<DateTime<Utc>, Failure> {
    view.ledger.bucket().now().await.map_err(|error| Failure::from_read("asking for the time", error))
}
