//! The results that environments ask for, of one release: the newest of each name, as the listing of the release told of them.
//! Of those that nobody asks for, nothing is read.

use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{EvidenceResult, LedgerError, ReleaseEntry, StoredEvidence};
use crate::names::{EvidenceName, LaneName};
use crate::ports::ReadPorts;
use crate::snapshot::Snapshot;
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

/// What was found, by name.
pub(crate) type Evidences = BTreeMap<EvidenceName, Vec<StoredEvidence>>;

/// The results that any environment of a lane asks for: those that move along ask as well.
pub(crate) fn asked<'c>(config: &'c Config, lane: &LaneName) -> BTreeSet<&'c EvidenceName> {
    let of_lane = config.environments.values().filter(|one: &&Environment| one.lane == *lane);
    of_lane.flat_map(|one| &one.evidence).map(|demand| &demand.name).collect()
}

/// Reads them side by side.
///
/// # Errors
/// What the ledger's store answered. What is there and can't be read is no error: the rule closes for it.
pub(crate) async fn evidence(
    view: &ReadPorts,
    commit: &CommitId,
    names: impl IntoIterator<Item = &EvidenceName>,
    entry: &ReleaseEntry,
) -> Result<Evidences, Failure> {
    let reads = names.into_iter().map(|name| async move {
        let found = view.ledger.newest_evidence(commit, name, entry).await;
        Ok::<_, Failure>((name.clone(), found.map_err(LedgerError::read_failure)?))
    });
    Ok(try_join_all(reads).await?.into_iter().filter(|(_, found)| !found.is_empty()).collect())
}

/// Fails with `Blocked` when a result that is asked for failed after the plan was made, or one came that can't be read.
///
/// # Errors
/// Also what the ledger's store answered.
pub(crate) async fn unfailed(
    view: &ReadPorts,
    config: &Config,
    snapshot: &Snapshot,
    (lane, commit): (&LaneName, &CommitId),
) -> Result<(), Failure> {
    let entry = view.ledger.listed_release(commit).await.map_err(LedgerError::read_failure)?;
    let found = evidence(view, commit, asked(config, lane), &entry).await?;
    for (name, found) in found {
        let known = snapshot.candidate.evidence.get(&name);
        for stored in found.iter().filter(|one| known.is_none_or(|known| !known.contains(one))) {
            let failed = stored.content.as_ref().map(|it| it.result == EvidenceResult::Failed);
            if failed.unwrap_or(true) {
                let what = if failed.is_ok() { "failed" } else { "came with a result that can't be read" };
                let short = commit.short(7);
                return Err(Failure::new(
                    ExitStatus::Blocked,
                    format!("`{name}` of {short} {what} after it was checked"),
                )
                .hint(format!("`promote show {short}` shows what was recorded")));
            }
        }
    }
    Ok(())
}
