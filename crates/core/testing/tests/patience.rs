//! How long a write that nobody answers is sent again, by a clock that a test controls.

use promote_port::patience::{ANSWER, Attempts, TRIES, granted};
use promote_testing::memory::VirtualClock;

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
