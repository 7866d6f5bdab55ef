//! When an address is asked: first soon, then ever less often, and once more when the time is over. No clock is read here;
//! whoever asks says how much time has passed.

use std::time::Duration;

/// The longest wait between two requests.
const LONGEST: Duration = Duration::from_secs(10);
/// How long the answer to the last request is waited for, which is sent when the time is over.
const LAST: Duration = Duration::from_secs(5);

/// The waits between the requests of one step.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
    timeout: Duration,
}

impl Pauses {
    /// Those within `timeout`, of which `first` is the first.
    pub(super) const fn new(first: Duration, timeout: Duration) -> Self {
        Self { next: first, timeout }
    }

    /// How long to wait before the next request; `None` when the time is over and the last one was made.
    pub(super) fn next(&mut self, passed: Duration) -> Option<Duration> {
        let left = self.timeout.checked_sub(passed).filter(|left| !left.is_zero())?;
        let wait = self.next.min(left);
        self.next = self.next.saturating_mul(2).min(LONGEST);
        Some(wait)
    }

    /// How long the answer to a request may take that is sent now.
    pub(super) fn answer(&self, passed: Duration) -> Duration {
        match self.timeout.checked_sub(passed) {
            Some(left) if !left.is_zero() => left,
            _ => LAST.min(self.timeout),
        }
    }
}

/// The time that passed, as it is told: in whole seconds.
pub(super) fn told(passed: Duration) -> String {
    promote_core::duration::written(Duration::from_secs(
        passed.saturating_add(Duration::from_millis(500)).as_secs(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When requests are sent, in seconds, where each answer takes `each`, or is cut off.
    fn sent(timeout: u64, each: Duration) -> (Vec<u64>, Duration) {
        let mut pauses = Pauses::new(Duration::from_secs(1), Duration::from_secs(timeout));
        let (mut passed, mut all) = (Duration::ZERO, Vec::new());
        loop {
            all.push(passed.as_secs());
            passed += each.min(pauses.answer(passed));
            match pauses.next(passed) {
                Some(wait) => passed += wait,
                None => return (all, passed),
            }
        }
    }

    #[test]
    fn it_is_asked_until_the_time_is_over_and_once_then() {
        let at_once = Duration::ZERO;
        assert_eq!(sent(3, at_once), (vec![0, 1, 3], Duration::from_secs(3)));
        assert_eq!(sent(30, at_once).0, [0, 1, 3, 7, 15, 25, 30]);
        assert_eq!(sent(1, at_once).0, [0, 1]);
        assert_eq!(sent(40, at_once).0, [0, 1, 3, 7, 15, 25, 35, 40]);
    }

    #[test]
    fn an_answer_that_takes_long_is_cut_off_when_the_time_is_over() {
        let never = Duration::from_secs(3600);
        assert_eq!(sent(3, never), (vec![0], Duration::from_secs(3)));
        // The last one is given a little.
        assert_eq!(sent(10, Duration::from_secs(4)), (vec![0, 5, 10], Duration::from_secs(14)));
        assert_eq!(sent(10, Duration::from_secs(9)), (vec![0, 10], Duration::from_secs(15)));
    }

    #[test]
    fn the_time_that_passed_is_told_in_seconds() {
        assert_eq!(told(Duration::from_millis(3049)), "3s");
        assert_eq!(told(Duration::from_millis(25_600)), "26s");
        assert_eq!(told(Duration::from_secs(63)), "1m3s");
    }
}
