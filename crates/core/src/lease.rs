//! When somebody else's unfinished promotion may be taken over. Nothing proves that a process is gone; how old the
//! lane's newest record is hints at it. Who takes over makes sure that what the earlier process runs has heard of it
//! before anything of the kind runs again.

use crate::config::{Config, Environment};
use crate::event::Event;
use crate::invocation::Invocation;
use crate::plan::{Decision, Refusal};
use crate::request::{Request, TakeOver};
use crate::rule::Finding;
use crate::world::World;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How old the lane's newest record must be, by the store's time, before an unfinished promotion is taken over by
/// whoever was not told of its age.
pub const HINT: TimeDelta = TimeDelta::seconds(60);

/// How often a process looks, while a step of its runs, whether it was taken over.
pub const LOOK: Duration = Duration::from_secs(5);

/// After what time a step is looked after: one that is done by then needs no record and no look.
pub const SHORT: Duration = Duration::from_secs(2);

/// How long a step that was told to stop may take to end by itself before it is let go.
pub const STOP: Duration = Duration::from_secs(7);

/// How long who takes over waits before steps run: a look, the step's end, and a slow store.
pub const HEARD: Duration = Duration::from_secs(15);

/// Whether a promotion whose lane's newest record is of `last` may be taken over at `now`.
///
/// # Errors
/// From when on it may be; `None` when that is not asked for.
pub fn judge(
    take_over: TakeOver,
    last: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Option<DateTime<Utc>>> {
    let opens = last.checked_add_signed(HINT).unwrap_or(DateTime::<Utc>::MAX_UTC);
    match take_over {
        TakeOver::Confirmed => Ok(()),
        TakeOver::WhenStale if now >= opens => Ok(()),
        TakeOver::WhenStale => Err(Some(opens)),
        TakeOver::No => Err(None),
    }
}

/// What a person can do who may not take over yet.
pub(crate) fn ways_on(verb: &str, config: &Config, environment: &Environment) -> String {
    let line = match verb {
        // It names those that move along by itself.
        "resume" => Invocation::new("resume").word(&environment.name),
        other => Invocation::along(other, config, environment),
    };
    format!(
        "its process may still be at work: `{}` if it is not, or wait until its last record is {} s old",
        line.word("--take-over"),
        HINT.num_seconds()
    )
}

/// A take-over that only has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooEarly {
    /// What is open or being deployed, by whom, and how old its last record is. A lower-case fragment.
    pub what: String,
    /// From when on it may be taken over, by the ledger's store.
    pub opens: DateTime<Utc>,
    /// How long that is from the moment of looking.
    pub left: Duration,
}

/// Whether nothing but its age keeps a promotion from being taken over.
pub fn too_early(decision: &Decision, request: &Request) -> Option<TooEarly> {
    let Decision::Refused(refusal) = decision else { return None };
    let Refusal { plan, obstacles, .. } = &**refusal;
    let mut unmet = plan.findings.iter().filter(|finding| !finding.passes());
    let (Some(only), None) = (unmet.next(), unmet.next()) else { return None };
    if request.take_over != TakeOver::WhenStale || !obstacles.is_empty() || !is_of_age(only) {
        return None;
    }
    let opens = only.opens_at?;
    let left = (opens - plan.taken_at).to_std().unwrap_or_default();
    Some(TooEarly { what: only.detail.clone(), opens, left: left.max(Duration::from_millis(50)) })
}

fn is_of_age(finding: &Finding) -> bool {
    matches!(finding.rule.as_str(), "unfinished" | "deploying")
}

/// Waits until what an earlier process may still run has heard that it was taken over.
pub(crate) async fn until_heard(world: &World, why: &str) {
    let until = world.clock.now() + HEARD;
    world.events.hear(&Event::Waiting { until, seconds: HEARD.as_secs(), why: why.to_owned() });
    world.clock.sleep(HEARD).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_counts_unless_somebody_was_told_of_it() {
        let last = DateTime::from_timestamp(1_000, 0).unwrap();
        let at = |seconds| last + TimeDelta::seconds(seconds);
        assert_eq!(judge(TakeOver::No, last, at(10_000)), Err(None));
        assert_eq!(judge(TakeOver::WhenStale, last, at(1)), Err(Some(at(60))));
        assert_eq!(judge(TakeOver::WhenStale, last, at(59)), Err(Some(at(60))));
        assert_eq!(judge(TakeOver::WhenStale, last, at(60)), Ok(()));
        assert_eq!(judge(TakeOver::Confirmed, last, at(1)), Ok(()));
        assert_eq!(judge(TakeOver::WhenStale, at(5), at(0)), Err(Some(at(65))), "clocks differ");
    }
}
