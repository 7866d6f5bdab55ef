//! How often, until when and after what pauses a write is sent again that took no effect since the store was busy (a
//! 503, a 429), or whose answer was lost: one policy for all stores. How long an answer is waited for is the same for
//! all, too. Whether a write may be sent again is known to whoever sends it.

use crate::port::{Clock, ProviderError};
use std::time::Duration;

/// How often one write is sent at most.
pub const TRIES: u32 = 7;
/// The first pause; each next one is twice as long.
pub const FIRST: Duration = Duration::from_millis(250);
/// The longest pause, unless the store names a longer one.
pub const LONGEST: Duration = Duration::from_secs(8);
/// The longest pause that a store can ask for.
pub const ASKED: Duration = Duration::from_secs(30);

/// No write is sent again once so long has passed since it was first sent, before what is granted to its length: a store
/// that takes everything and answers nothing is not waited for much longer.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How long an answer is waited for, before what is granted to the length of what goes along.
pub const ANSWER: Duration = Duration::from_secs(30);

/// The attempts at one write.
#[derive(Debug)]
pub struct Attempts<'c> {
    clock: &'c dyn Clock,
    span: Duration,
    begun: Option<Duration>,
    sent: u32,
    over: bool,
}

impl<'c> Attempts<'c> {
    /// None yet, at a write of `size` bytes.
    pub const fn new(clock: &'c dyn Clock, size: u64) -> Self {
        Self { clock, span: DEADLINE.saturating_add(granted(size)), begun: None, sent: 0, over: false }
    }

    /// Whether the write may be sent, for the first time or again. Counts it.
    pub fn another(&mut self) -> bool {
        let now = self.clock.steady();
        let begun = *self.begun.get_or_insert(now);
        let may = !self.over && self.sent < TRIES && now.saturating_sub(begun) < self.span;
        self.sent += u32::from(may);
        may
    }

    /// How often it was sent.
    pub const fn sent(&self) -> u32 {
        self.sent
    }

    /// Gives the store time after an attempt that ended with this error. Where no other one would follow the pause, none is
    /// made, and this was the last one.
    pub async fn pause(&mut self, error: &ProviderError) {
        let span = pause(self.sent, error);
        let passed = self.begun.map_or(Duration::ZERO, |begun| self.clock.steady().saturating_sub(begun));
        if self.sent >= TRIES || passed.saturating_add(span) >= self.span {
            self.over = true;
            return;
        }
        self.clock.sleep(span).await;
    }

    /// The write got further than before: the time that it has begins anew.
    pub fn went_on(&mut self) {
        self.begun = None;
    }
}

/// What is granted to `size` bytes that go along or are copied: a second for each 2 MiB.
pub const fn granted(size: u64) -> Duration {
    Duration::from_secs(size >> 21)
}

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
