//! What people and the forge say of what may move.

use super::looked::StatusReads;
use super::next::wanted;
use crate::config::Environment;
use crate::failure::Failure;
use crate::ledger::State;
use crate::observe::{AskedChecks, AskedVotes, checks_for, votes_for};
use crate::ports::ReadPorts;
use futures_util::future::{join_all, try_join_all};

/// Reads what people said to what may move.
pub(super) async fn votes(
    view: &ReadPorts,
    shown: &[&Environment],
    looked: &mut StatusReads,
) -> Result<(), Failure> {
    let asking = shown.iter().filter(|settings| settings.approvals.count > 0);
    let reads = asking.filter_map(|settings| {
        let (release, _) = wanted(settings, looked)?;
        let there = looked.state(&settings.lane).and_then(State::release);
        Some(async move {
            let found =
                votes_for(view, &settings.lane, there, &release.commit, &AskedVotes::of([*settings])).await?;
            Ok::<_, Failure>((settings.name.clone(), found))
        })
    });
    let found: Vec<_> = try_join_all(reads).await?;
    looked.votes = found.into_iter().collect();
    Ok(())
}

/// Asks the forge for the checks of what may move.
pub(super) async fn checks(view: &ReadPorts, shown: &[&Environment], looked: &mut StatusReads) {
    let reads = shown.iter().filter_map(|settings| {
        let (release, _) = wanted(settings, looked)?;
        Some(async move {
            Some((
                settings.name.clone(),
                checks_for(view, AskedChecks::of([*settings]), &release.commit).await?,
            ))
        })
    });
    let found: Vec<_> = join_all(reads).await;
    looked.checks = found.into_iter().flatten().collect();
}
