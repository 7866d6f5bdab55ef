//! What must pass before the first write of a promotion that takes over from another, or that follows one whose
//! last write had no definite answer; and what must pass after a write that brings back what a request of an earlier
//! promotion waits for. Which requests these are is `earlier`'s.

use super::earlier::{Earlier, StoreTime, Until, is_fenced_by_time, otherwise};
use crate::context::PromotionContext;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::TargetMove;
use crate::lookout::Lookout;
use crate::observe::there;
use crate::plan::Plan;
use crate::port::{Bucket, FenceClass, ProviderError};
use crate::ports::Ports;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// How often the store is asked whether the time has come. Each round sleeps for all that is left, so another one
/// is needed only where the store tells whole seconds, the two clocks differ in pace, or the store's was set.
const ROUNDS: u32 = 10;

/// The shortest round: all of them together are longer than the second that a store may be behind in what it tells.
const LEAST: Duration = Duration::from_millis(250);

/// Waits as long as the weakest target's store needs, by that store's own clock. Says for each target until when it
/// may be undone once it is written, and whether anything was waited for.
pub(super) async fn before_writing(
    context: PromotionContext<'_>,
    earlier: &Earlier<'_>,
    lookout: &Lookout<'_>,
) -> Result<(Vec<Option<DateTime<Utc>>>, bool), Failure> {
    let PromotionContext { ports, plan, .. } = context;
    let mut undone = Vec::with_capacity(plan.targets.len());
    let mut waited = false;
    for target in &plan.targets {
        if !is_fenced_by_time(target) {
            undone.push(None);
            continue;
        }
        let store = ports.store(&target.target.store)?;
        let now = store.now().await.map_err(|error| open(plan, "No target was written", lost(error)))?;
        let time = StoreTime { now, keeps_ledger: Arc::ptr_eq(store, ports.ledger.bucket()) };
        let Until { write, settle } = earlier.until(target, time, otherwise(context, target)?);
        undone.push(settle);
        if let Some(until) = write {
            waited = true;
            let why =
                format!("requests of the earlier promotion to `{}` may still land until then", target.target);
            pass(lookout, ports, &**store, target, (now, until), why)
                .await
                .map_err(|failure| open(plan, "No target was written", failure))?;
        }
    }
    Ok((undone, waited))
}

/// Waits until nothing can undo any more what was written. Says whether it waited.
pub(super) async fn after_writing(
    context: PromotionContext<'_>,
    target: &TargetMove,
    until: DateTime<Utc>,
    lookout: &Lookout<'_>,
) -> Result<(), Failure> {
    let PromotionContext { ports, plan, .. } = context;
    let written = "The targets were written";
    let store = ports.store(&target.target.store)?;
    let now = store.now().await.map_err(|error| open(plan, written, lost(error)))?;
    let why = format!(
        "`{}` contains it; a request of an earlier promotion, sent once more on its way, could undo that until then",
        target.target
    );
    pass(lookout, ports, &**store, target, (now, until), why)
        .await
        .map_err(|failure| open(plan, written, failure))
}

/// Lets the time pass between two moments of a store's clock. It is measured by a clock that nobody sets, and the
/// store is asked anew: what it told before, and this machine's own time, decide nothing.
async fn pass(
    lookout: &Lookout<'_>,
    ports: &Ports,
    store: &dyn Bucket,
    target: &TargetMove,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
    why: String,
) -> Result<(), Failure> {
    let span = (until - now).to_std().unwrap_or_default();
    if span.is_zero() {
        return Ok(());
    }
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    ports.events.hear(&Event::Waiting { until, seconds, why });
    let begun = ports.clock.steady();
    let mut left = span;
    for _ in 0..ROUNDS {
        lookout.living(ports.clock.sleep(left.max(LEAST))).await;
        there(store, &target.target.key).await.map_err(lost)?;
        let now = store.now().await.map_err(lost)?;
        // Where the store refuses nothing by its clock, only how long we waited counts.
        let passed = ports.clock.steady().saturating_sub(begun) >= span;
        if now >= until || passed && target.fence == FenceClass::Advisory {
            return Ok(());
        }
        left = (until - now).to_std().unwrap_or_default().min(span);
    }
    Err(Failure::new(ExitStatus::Unfinished, format!("the clock of `{store}` does not go on")))
}

fn lost(error: ProviderError) -> Failure {
    Failure::from_read("asking for the store's time", error)
}

fn open(plan: &Plan, state: &str, failure: Failure) -> Failure {
    let failure = failure
        .state(format!("{state}; the promotion is open."))
        .hint(format!("`promote resume {}` goes on", plan.environment));
    Failure { exit: ExitStatus::Unfinished, ..failure }
}
