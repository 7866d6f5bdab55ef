//! How long somebody must not have been heard of before another one takes over, and what may be done until then. Times and
//! words alone; who was heard of when is read by `hearing`.

use crate::config::{Config, Environment};
use crate::invocation::Invocation;
use crate::ledger::Action;
use crate::request::TakeOver;
use crate::span::Span;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How long nothing must have been heard of an unfinished promotion, by the store's time, before it is taken over by
/// whoever was not told of that.
pub const HINT: TimeDelta = TimeDelta::seconds(60);

/// How often a process looks, while a step of its runs, whether it was taken over.
pub const LOOK: Duration = Duration::from_secs(5);

/// How often at least a process says that it lives while it runs something, where it writes no records: two signs may fail
/// before anybody takes it for gone.
pub const SIGN: Duration = Duration::from_secs(20);

/// After what time a step is looked after: one that is done by then needs no record and no look.
pub const SHORT: Duration = Duration::from_secs(2);

/// How long a step that was told to stop may take to end by itself before it is let go.
pub const STOP: Duration = Duration::from_secs(7);

/// How long who takes over waits before steps run: a look, the step's end, and a slow store.
pub const HEARD: Duration = Duration::from_secs(15);

/// Whether a promotion that was heard of last at `last` may be taken over at `now`.
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

/// Whether whoever was heard of last at `last` may still be at work for all that is known.
pub fn is_fresh(last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    judge(TakeOver::WhenStale, last, now).is_err()
}

/// How long ago that is, as a lower-case fragment.
pub(crate) fn words(last: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("its last sign of life is {} old", Span::between(last, now))
}

/// What a person can do who may not take over yet.
pub(crate) fn ways_on(verb: &str, config: &Config, environment: &Environment) -> String {
    let line = match verb {
        // It names those that move along by itself.
        "resume" => Invocation::new("resume").word(&environment.name),
        other => Invocation::along(other, config, environment),
    };
    format!(
        "its process may still be at work: `{}` if it is not, or wait until it has given no sign of life for {} s",
        line.word("--take-over"),
        HINT.num_seconds()
    )
}

/// What going back from an open promotion comes to, in plain words that follow the command line.
pub fn going_back(action: Action) -> &'static str {
    match action {
        Action::Rollback => "puts back what was there before the rollback",
        Action::Promote | Action::Redeploy | Action::Undo => "undoes it",
    }
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
