//! Time and chance, which the core never takes by itself.

use crate::span::Span;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Debug;
use std::time::Duration;

/// The largest difference in seconds between a machine's clock and a store's that does no harm.
const LIMIT_S: i64 = 300;

/// This machine's clock. Advisory: what is decided by time is decided by the store's clock.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// Now, as this machine shows it. Somebody may set it: a span of time is measured by [`Clock::steady`].
    fn now(&self) -> DateTime<Utc>;
    /// How long it is since a moment in the past that is the same as long as the process lives. It only goes on,
    /// whatever the machine's clock is set to, and while the machine sleeps as well.
    fn steady(&self) -> Duration;
    /// Waits for a span of [`Clock::steady`].
    async fn sleep(&self, span: Duration);
}

/// Randomness, for names that must never meet.
pub trait Entropy: Debug + Send + Sync {
    /// 128 random bits.
    fn nonce(&self) -> [u8; 16];
}

/// By how much a machine's clock that is so far ahead of a store's is off, in words; `None` while that does no harm.
pub fn clock_is_off(ahead: TimeDelta) -> Option<String> {
    let far = ahead.num_seconds().abs() > LIMIT_S;
    far.then(|| {
        let way = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
        format!("this machine's clock is {} {way} the store's", Span(ahead.abs()))
    })
}
