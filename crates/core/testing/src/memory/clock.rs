//! A clock that moves only when it is told to, or when somebody sleeps on it.

use crate::decorator::next_turn;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use promote_port::port::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Virtual time. Clones show the same time, so that one clock can serve a machine and its stores.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<Mutex<ClockFace>>);

/// What the clock shows, and how long it has gone on, which nobody can set.
#[derive(Debug, Clone, Copy)]
struct ClockFace {
    time: DateTime<Utc>,
    steady: Duration,
}

impl VirtualClock {
    /// A clock that shows `start`.
    pub fn new(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(ClockFace { time: start, steady: Duration::ZERO })))
    }

    /// Moves the time on.
    pub fn advance(&self, span: Duration) {
        let mut shown = self.lock();
        *shown = ClockFace { time: later(shown.time, span), steady: shown.steady.saturating_add(span) };
    }

    /// Shows `time` from now on; it may lie in the past, to play a clock that was put back.
    pub fn set(&self, time: DateTime<Utc>) {
        self.lock().time = time;
    }

    fn lock(&self) -> MutexGuard<'_, ClockFace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.lock().time
    }

    fn steady(&self) -> Duration {
        self.lock().steady
    }

    /// Lets everybody else have a turn and then moves the time on. Two that sleep together wake at their own times:
    /// the spans don't add up.
    async fn sleep(&self, span: Duration) {
        let wake = self.steady().saturating_add(span);
        next_turn().await;
        let left = wake.saturating_sub(self.steady());
        self.advance(left);
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

    #[test]
    fn setting_it_does_not_change_how_long_it_has_gone_on() {
        let clock = VirtualClock::default();
        clock.advance(Duration::from_secs(7));
        clock.set(clock.now() - TimeDelta::days(2));
        assert_eq!(clock.steady(), Duration::from_secs(7));
        block_on(clock.sleep(Duration::from_secs(3)));
        assert_eq!(clock.steady(), Duration::from_secs(10));
    }
}
