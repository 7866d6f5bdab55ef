//! How often, and after what pauses, a write is sent again that took no effect since the store was busy (a 503, a 429):
//! one policy for all stores. How long an answer is waited for is the same for all, too. Whether a write may be sent
//! again is known to whoever sends it.

use crate::port::ProviderError;
use std::time::Duration;

/// How often one write is sent at most.
pub const TRIES: u32 = 7;
/// The first pause; each next one is twice as long.
pub const FIRST: Duration = Duration::from_millis(250);
/// The longest pause, unless the store names a longer one.
pub const LONGEST: Duration = Duration::from_secs(8);
/// The longest pause that a store can ask for.
pub const ASKED: Duration = Duration::from_secs(30);

/// How long an answer is waited for, before what is granted to the length of what goes along.
pub const ANSWER: Duration = Duration::from_secs(30);

/// How long to wait after a write was sent `sent` times, of which the last ended with this error.
pub fn pause(sent: u32, error: &ProviderError) -> Duration {
    let own = FIRST.saturating_mul(1 << sent.saturating_sub(1).min(16)).min(LONGEST);
    own.max(error.retry_after().unwrap_or_default().min(ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::ErrorKind;

    #[test]
    fn a_store_that_is_busy_for_a_quarter_of_a_minute_ends_no_write() {
        let busy = ProviderError::new(ErrorKind::Unavailable, "s3://acme", "a.zip", "busy");
        let all: Duration = (1..TRIES).map(|sent| pause(sent, &busy)).sum();
        assert_eq!(all, Duration::from_millis(15_750));
        assert_eq!(pause(u32::MAX, &busy), LONGEST);
        let asks = |seconds| busy_for(seconds);
        assert_eq!(pause(1, &asks(12)), Duration::from_secs(12));
        assert_eq!(pause(1, &asks(3600)), ASKED);
    }

    fn busy_for(seconds: u64) -> ProviderError {
        let busy = ProviderError::new(ErrorKind::Unavailable, "s3://acme", "a.zip", "busy");
        busy.throttled(Duration::from_secs(seconds))
    }
}
