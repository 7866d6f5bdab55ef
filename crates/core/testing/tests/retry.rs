//! How long a write that nobody answers is sent again, by a clock that a test controls.

use futures_executor::block_on;
use promote_port::port::{Clock as _, ErrorKind, ProviderError};
use promote_port::retry::{ANSWER, ASKED, Attempts, DEADLINE, TRIES, granted};
use promote_testing::memory::VirtualClock;
use std::time::Duration;

#[test]
fn what_is_never_answered_is_not_sent_for_ever() {
    let clock = VirtualClock::default();
    let sends = |size: u64| {
        let mut attempts = Attempts::new(&clock, size);
        while attempts.another() {
            clock.advance(ANSWER + granted(size));
        }
        attempts.sent()
    };
    assert_eq!(sends(0), 2);
    assert_eq!(sends(1 << 30), 2, "what is large has more time");
    let mut attempts = Attempts::new(&clock, 0);
    while attempts.another() {}
    assert_eq!(attempts.sent(), TRIES);
}

fn busy(seconds: u64) -> ProviderError {
    let busy = ProviderError::new(ErrorKind::Unavailable, "s3://acme", "a.zip", "busy");
    busy.throttled(Duration::from_secs(seconds))
}

/// Whoever is told at the end that a write failed does not wait for that.
#[test]
fn no_pause_is_made_that_no_attempt_follows() {
    // The store asks for nothing, for little, and for so much that the deadline is over first.
    for (asks, sent) in [(0, TRIES), (3, TRIES), (25, 3), (3600, 2)] {
        let clock = VirtualClock::default();
        let begun = clock.steady();
        let mut attempts = Attempts::new(&clock, 0);
        let mut last = begun;
        while attempts.another() {
            last = clock.steady();
            block_on(attempts.pause(&busy(asks)));
        }
        assert_eq!(attempts.sent(), sent, "{asks}");
        assert_eq!(clock.steady(), last, "{asks}: it ends with the last attempt");
        assert!(last.saturating_sub(begun) < DEADLINE, "{asks}");
    }
    assert!(ASKED < DEADLINE);
}

#[test]
fn what_got_further_has_its_time_anew() {
    let clock = VirtualClock::default();
    let mut attempts = Attempts::new(&clock, 0);
    for _ in 1..TRIES {
        assert!(attempts.another());
        clock.advance(DEADLINE);
        attempts.went_on();
    }
    assert!(attempts.another());
    attempts.went_on();
    assert!(!attempts.another(), "it is not sent more often");
}
