//! How many requests may be under way, and when the next may be sent, for all buckets together.

use super::retrying::jittered;
use crate::port::{Clock, Entropy, ProviderError};
use async_lock::{Semaphore, SemaphoreGuard};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many calls are under way unless told otherwise.
const IN_FLIGHT: usize = 4;
/// The mean of the first wait when the store names none.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait, whatever the store says: a wrong clock or a hostile answer must not stop everything.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Throttle {
    /// By [`Clock::steady`].
    quiet_until: Duration,
    strikes: u32,
}

/// One limit of calls under way, and one back-off after a store has asked to slow down. Shared by all the buckets
/// that are behind the same network or account.
#[derive(Debug)]
pub struct Limit {
    permits: Semaphore,
    throttle: Mutex<Throttle>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Limit {
    /// A limit of four calls.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self::of(IN_FLIGHT, clock, entropy)
    }

    /// A limit of `calls`, at least one.
    pub fn of(calls: usize, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { permits: Semaphore::new(calls.max(1)), throttle: Mutex::default(), clock, entropy }
    }

    /// Waits for a place, and until the store wants to hear again.
    pub(super) async fn enter(&self) -> SemaphoreGuard<'_> {
        let place = self.permits.acquire().await;
        // Others may be throttled while this one waits, so look again; but never for ever.
        for _ in 0..3 {
            let wait = self.throttle().quiet_until.saturating_sub(self.clock.steady());
            if wait.is_zero() {
                break;
            }
            self.clock.sleep(wait.min(LONGEST)).await;
        }
        place
    }

    /// Learns from an answer.
    pub(super) fn learn<T>(&self, answer: &Result<T, ProviderError>) {
        let asked = match answer {
            Ok(_) => None,
            Err(error) => match error.retry_after() {
                Some(asked) => Some(asked),
                // Any other error says nothing about how busy the store is.
                None => return,
            },
        };
        let mut throttle = self.throttle();
        let Some(asked) = asked else {
            throttle.strikes = 0;
            return;
        };
        let own = jittered(FIRST.saturating_mul(1 << throttle.strikes.min(7)), &*self.entropy);
        throttle.strikes = throttle.strikes.saturating_add(1);
        let until = self.clock.steady().saturating_add(asked.max(own).min(LONGEST));
        throttle.quiet_until = throttle.quiet_until.max(until);
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
