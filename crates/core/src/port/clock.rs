//! Time and chance, which the core never takes by itself.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::fmt::Debug;
use std::time::Duration;

/// This machine's clock. Advisory: what is decided by time is decided by the store's clock.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
    /// Waits.
    async fn sleep(&self, span: Duration);
}

/// Randomness, for names that must never meet.
pub trait Entropy: Debug + Send + Sync {
    /// 128 random bits.
    fn nonce(&self) -> [u8; 16];
}
