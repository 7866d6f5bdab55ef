//! What must pass before the first write of a promotion that takes over from another, or that follows one whose
//! last write had no definite answer: requests of the earlier one must not be able to land any more.

use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::StoreId;
use crate::plan::Plan;
use crate::port::FenceClass;
use crate::snapshot::Snapshot;
use crate::world::World;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// Bytes a store is trusted to copy in a second, for the allowance of a copy it has begun.
const COPY_RATE: u64 = 25_000_000;

/// How often the store is asked whether the time has come. Each round sleeps for all that is left, so a second one
/// is needed only when the two clocks differ in pace.
const ROUNDS: u32 = 200;

/// Waits as long as the weakest target's store needs, by that store's own clock. Says whether it waited.
pub(super) async fn wait(world: &World, plan: &Plan, snapshot: &Snapshot) -> Result<bool, Failure> {
    let state = snapshot.state();
    let unclean = state.unclean.then(|| state.current.as_ref().map(|current| current.since.time())).flatten();
    if plan.supersedes.is_none() && unclean.is_none() {
        return Ok(false);
    }
    let mut waited = false;
    for target in &plan.targets {
        let unmoved = target.shape == crate::ledger::Shape::Unmoved;
        if unmoved || matches!(target.fence, FenceClass::Atomic | FenceClass::Exact) {
            continue;
        }
        let id = &target.target.store;
        let store = world.store(id)?;
        let seconds = snapshot
            .capabilities
            .get(id)
            .map_or(60, |found| found.expiry_s.saturating_add(found.allowance_s));
        let size = target.before.as_ref().map_or(0, |before| before.size).max(target.source.size);
        let span = TimeDelta::seconds(i64::from(seconds) + i64::try_from(size / COPY_RATE).unwrap_or(0));
        let lost = |error| {
            Failure::looking("asking for the store's time", error)
                .state("No target was written; the promotion is open.")
                .hint(format!("`promote resume {}` goes on", plan.environment))
        };
        let begun = store.now().await.map_err(lost).map_err(open)?;
        // No request of the earlier promotion is sent after this moment, whatever a record says of its time.
        let latest = later(begun, span);
        // A record's time can be compared with the store's only where the same store keeps the ledger: a branch, for
        // one, knows no time but that of whoever wrote.
        let one_clock = Arc::ptr_eq(store, world.ledger.bucket());
        let until = match (plan.supersedes, unclean) {
            (None, Some(since)) if one_clock => later(since, span).min(latest),
            _ => latest,
        };
        let mut now = begun;
        if now < until {
            waited = true;
            world.events.hear(&Event::Waiting {
                until,
                why: format!(
                    "requests of the earlier promotion to `{}` may still land until then",
                    target.target
                ),
            });
        }
        for round in 0.. {
            if now >= until {
                break;
            }
            if round == ROUNDS {
                return Err(open(stopped(plan, id)));
            }
            let left = (until - now).to_std().unwrap_or_default().max(std::time::Duration::from_millis(50));
            world.clock.sleep(left).await;
            now = store.now().await.map_err(lost).map_err(open)?;
        }
    }
    Ok(waited)
}

/// `span` after `time`, or the last time there is.
fn later(time: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn stopped(plan: &Plan, store: &StoreId) -> Failure {
    Failure::new(ExitStatus::Unfinished, format!("the clock of `{store}` does not go on"))
        .state("No target was written; the promotion is open.")
        .hint(format!("`promote resume {}` goes on", plan.environment))
}

fn open(failure: Failure) -> Failure {
    Failure { exit: ExitStatus::Unfinished, ..failure }
}
