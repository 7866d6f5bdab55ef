//! This machine's clock and chance, as the core's ports.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use promote_core::port::{Clock, Entropy};
use std::time::Duration;

/// The wall clock, and waiting on the runtime's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn nonce(&self) -> [u8; 16] {
        // Where there are none, time and process differ between any two runs, which is what the names need.
        let mut bytes = [0; 16];
        if getrandom::fill(&mut bytes).is_err() {
            let nanos = Utc::now().timestamp_nanos_opt().unwrap_or_default().unsigned_abs();
            let mixed = (u128::from(nanos) << 64) | u128::from(std::process::id());
            bytes = mixed.to_be_bytes();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_never_meet() {
        let drawn: std::collections::BTreeSet<[u8; 16]> = (0..1000).map(|_| SystemEntropy.nonce()).collect();
        assert_eq!(drawn.len(), 1000);
    }
}
