//! Time and chance, which the core never takes by itself.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::fmt::Debug;
use std::time::Duration;

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
