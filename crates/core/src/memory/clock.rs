//! A clock that moves only when it is told to, or when somebody sleeps on it.

use crate::decorator::next_turn;
use crate::port::Clock;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Virtual time. Clones show the same time, so that one clock can serve a machine and its stores.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<Mutex<DateTime<Utc>>>);

impl VirtualClock {
    /// A clock that shows `start`.
    pub fn new(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// Moves the time on.
    pub fn advance(&self, span: Duration) {
        let then = later(self.now(), span);
        self.set(then);
    }

    /// Shows `time` from now on; it may lie in the past, to play a clock that was put back.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Default for VirtualClock {
    /// Starts at 2026-01-05 09:00 UTC, a Monday.
    fn default() -> Self {
        Self::new(DateTime::from_timestamp(1_767_603_600, 0).unwrap_or_default())
    }
}

/// `span` after `time`, or the last representable time.
fn later(time: DateTime<Utc>, span: Duration) -> DateTime<Utc> {
    let delta = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
    time.checked_add_signed(delta).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everybody else have a turn and then moves the time on. Two that sleep together wake at their own times:
    /// the spans don't add up.
    async fn sleep(&self, span: Duration) {
        let wake = later(self.now(), span);
        next_turn().await;
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = wake.max(*now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;

    #[test]
    fn the_default_is_a_monday_morning() {
        assert_eq!(VirtualClock::default().now().to_rfc3339(), "2026-01-05T09:00:00+00:00");
    }

    #[test]
    fn sleeping_together_takes_as_long_as_the_longest() {
        let clock = VirtualClock::default();
        let start = clock.now();
        block_on(futures_util::future::join(
            clock.sleep(Duration::from_secs(5)),
            clock.sleep(Duration::from_secs(3)),
        ));
        assert_eq!(clock.now() - start, TimeDelta::seconds(5));
    }
}
