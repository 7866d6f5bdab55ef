//! Where a status leads: back to what was there, or on with what is. Neither to a release that may not move.

use super::looked::StatusReads;
use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::invocation::others;
use crate::ledger::State;
use crate::observe::{barred, is_barred};
use crate::ports::ReadPorts;
use crate::undo::{Way, way};
use futures_util::future::try_join_all;
use std::collections::BTreeSet;

/// Finds out which releases may not move, of those that the way back and a `resume` lead to.
pub(super) async fn bars(
    view: &ReadPorts,
    config: &Config,
    shown: &[&Environment],
    looked: &mut StatusReads,
) -> Result<(), Failure> {
    let reads = shown.iter().filter_map(|settings| Some((settings, looked.state(&settings.lane)?)));
    let (ledger, known) = (&view.ledger, &looked.releases);
    let reads = reads.map(|(settings, state)| {
        let way = way_back(config, settings, state, looked);
        async move {
            let mut found = barred(ledger, known, |barred| way(barred)?.to).await?;
            if let Some(again) = resumed(state)
                && is_barred(ledger, again, known).await?
            {
                found.insert(again.clone());
            }
            Ok::<_, Failure>((settings.lane.clone(), found))
        }
    });
    looked.barred = try_join_all(reads).await?.into_iter().collect();
    Ok(())
}

/// What leads back from what a lane holds, passing by releases that may not move.
pub(super) fn way_back<'l>(
    config: &'l Config,
    settings: &'l Environment,
    state: &'l State,
    looked: &'l StatusReads,
) -> impl Fn(&BTreeSet<CommitId>) -> Option<Way> + 'l {
    let others = others(config, settings);
    let first = state.open.is_none() && looked.stays.contains_key(&settings.lane);
    let adopted = looked.adopted.get(&settings.lane);
    move |barred| {
        let any = state.current.is_some() || state.open.is_some();
        any.then(|| way(state, &settings.name, &others, adopted, first, barred)).flatten()
    }
}

/// The release that a `resume` goes on with.
pub(super) fn resumed(state: &State) -> Option<&CommitId> {
    let there =
        || state.current.as_ref().filter(|there| there.promotion.is_some() && there.verified.is_none());
    let open = state.open.as_ref().map(|open| &open.release);
    open.or_else(|| there()?.release.as_ref()).map(|release| &release.commit)
}
