//! What people, jobs and the forge say of what may move.

use super::looked::StatusReads;
use super::next::wanted;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::ledger::{LedgerError, State};
use crate::observe::{self, AskedChecks, AskedVotes, checks_for, votes_for};
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
        let place = (&looked.genesis.as_ref()?.0.ledger, &settings.lane);
        let there = looked.state(&settings.lane).and_then(State::release);
        Some(async move {
            let found = votes_for(view, place, there, &release.commit, &AskedVotes::of([*settings])).await?;
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

/// Reads the results that are asked for of what may move: nothing where none was recorded.
pub(super) async fn evidence(
    view: &ReadPorts,
    config: &Config,
    shown: &[&Environment],
    looked: &mut StatusReads,
) -> Result<(), Failure> {
    let looked_at = &*looked;
    let reads = shown.iter().filter_map(|settings| {
        let names = observe::asked(config, &settings.lane);
        let (release, _) = wanted(settings, looked_at).filter(|_| !names.is_empty())?;
        Some(async move {
            let commit = &release.commit;
            let listed = match looked_at.releases.get(commit) {
                Some(_) => None,
                // There are more releases than a listing tells.
                None => Some(view.ledger.listed_release(commit).await.map_err(LedgerError::read_failure)?),
            };
            let entry = looked_at.releases.get(commit).or(listed.as_ref());
            let found = observe::evidence(view, commit, names, entry.unwrap_or(&Default::default())).await?;
            Ok::<_, Failure>((settings.name.clone(), found))
        })
    });
    let found: Vec<_> = try_join_all(reads).await?;
    looked.evidence = found.into_iter().collect();
    Ok(())
}
