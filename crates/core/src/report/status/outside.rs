//! What people, jobs and the forge say of what may move.

use super::looked::StatusReads;
use super::next::wanted;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::invocation::others;
use crate::ledger::{LedgerError, State};
use crate::observe::{self, AskedChecks, AskedVotes, checks_for, votes_for};
use crate::ports::ReadPorts;
use futures_util::future::{join_all, try_join_all};
use std::borrow::Cow;

/// Reads what people said to what may move.
pub(super) async fn votes(
    view: &ReadPorts,
    config: &Config,
    shown: &[&Environment],
    looked: &mut StatusReads,
) -> Result<(), Failure> {
    let reads = shown.iter().filter_map(|settings| {
        let moved = along(config, settings);
        let asks = moved.iter().any(|one| one.approvals.count > 0);
        let (release, _) = wanted(settings, looked).filter(|_| asks)?;
        let place = (&looked.genesis.as_ref()?.0.ledger, &settings.lane);
        let there = looked.state(&settings.lane).and_then(State::release);
        Some(async move {
            let found = votes_for(view, place, there, &release.commit, &AskedVotes::of(moved)).await?;
            Ok::<_, Failure>((settings.name.clone(), found))
        })
    });
    let found: Vec<_> = try_join_all(reads).await?;
    looked.votes = found.into_iter().collect();
    Ok(())
}

/// Asks the forge for the checks of what may move.
pub(super) async fn checks(
    view: &ReadPorts,
    config: &Config,
    shown: &[&Environment],
    looked: &mut StatusReads,
) {
    let reads = shown.iter().filter_map(|settings| {
        let (release, _) = wanted(settings, looked)?;
        Some(async move {
            Some((
                settings.name.clone(),
                checks_for(view, AskedChecks::of(along(config, settings)), &release.commit).await?,
            ))
        })
    });
    let found: Vec<_> = join_all(reads).await;
    looked.checks = found.into_iter().flatten().collect();
}

/// What moves where this environment does, which is what is judged: all that read its targets.
fn along<'c>(config: &'c Config, settings: &'c Environment) -> Vec<&'c Environment> {
    config.moved(settings, &others(config, settings))
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
            let entry = match looked_at.releases.get(commit) {
                Some(entry) => Cow::Borrowed(entry),
                // There are more releases than a listing tells.
                None => {
                    let listed = view.ledger.listed_release(commit).await;
                    Cow::Owned(listed.map_err(LedgerError::read_failure)?)
                }
            };
            let found = observe::evidence(view, commit, names, &entry).await?;
            Ok::<_, Failure>((settings.name.clone(), found))
        })
    });
    let found: Vec<_> = try_join_all(reads).await?;
    looked.evidence = found.into_iter().collect();
    Ok(())
}
