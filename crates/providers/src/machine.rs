//! This machine's clock and chance, as the core's ports.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use promote_core::port::{Clock, Entropy};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The wall clock, and waiting by one that nobody can set and that goes on while the machine sleeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The longest time after which a wait looks how long it has been: the runtime's timer stands still while the machine
/// sleeps.
const LOOK: Duration = Duration::from_secs(1);

/// On Linux the plain monotonic clock leaves out the time in which the machine sleeps.
#[cfg(target_os = "linux")]
const STEADY: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const STEADY: ClockId = ClockId::Monotonic;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn steady(&self) -> Duration {
        Duration::try_from(clock_gettime(STEADY)).unwrap_or_default()
    }

    async fn sleep(&self, span: Duration) {
        let until = self.steady().saturating_add(span);
        loop {
            let left = until.saturating_sub(self.steady());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK)).await;
        }
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

    #[tokio::test]
    async fn a_wait_lasts_as_long_as_was_asked() {
        let begun = SystemClock.steady();
        SystemClock.sleep(Duration::from_millis(20)).await;
        assert!(SystemClock.steady().saturating_sub(begun) >= Duration::from_millis(20));
        assert!(begun > Duration::ZERO, "the machine has been on for a while");
    }

    #[test]
    fn nonces_never_meet() {
        let drawn: std::collections::BTreeSet<[u8; 16]> = (0..1000).map(|_| SystemEntropy.nonce()).collect();
        assert_eq!(drawn.len(), 1000);
    }
}
