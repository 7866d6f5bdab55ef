//! How long an answer may take that comes piece by piece: as long as its sender goes on at a pace that gets somewhere.
//! Only the time that is spent waiting counts, since what is read may have to wait for somebody else.

use std::time::Duration;

/// The waiting for one answer.
#[derive(Debug, Clone)]
pub struct Pace {
    silence: Duration,
    waited: Duration,
    received: u64,
}

impl Pace {
    /// The slowest sender that is borne with, in bytes a second: what a poor line carries.
    pub const SLOWEST: u64 = 64 << 10;

    /// Nothing came yet. `silence` is how long one piece may take, and how long the whole may take on top of what its size
    /// grants.
    pub const fn new(silence: Duration) -> Self {
        Self { silence, waited: Duration::ZERO, received: 0 }
    }

    /// How long all of `size` bytes may take.
    pub const fn whole(silence: Duration, size: u64) -> Duration {
        silence.saturating_add(Duration::from_secs(size / Self::SLOWEST))
    }

    /// How long the next piece may take; nothing when the time is up.
    pub fn next(&self) -> Duration {
        Self::whole(self.silence, self.received).saturating_sub(self.waited).min(self.silence)
    }

    /// A piece came after so long.
    pub const fn came(&mut self, bytes: usize, after: Duration) {
        self.received = self.received.saturating_add(bytes as u64);
        self.waited = self.waited.saturating_add(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_secs(30);

    /// How many seconds somebody is listened to who sends `bytes` every `seconds`, up to a day.
    fn borne_with(bytes: usize, seconds: u64) -> u64 {
        let mut pace = Pace::new(SILENCE);
        let each = Duration::from_secs(seconds);
        let pieces = (0..86_400 / seconds).take_while(|_| {
            let goes_on = pace.next() >= each;
            pace.came(bytes, each);
            goes_on
        });
        pieces.count() as u64 * seconds
    }

    #[test]
    fn who_gets_somewhere_is_listened_to_and_who_trickles_is_not() {
        for (bytes, seconds, listened) in [
            (1, 1, 30),
            (1, 29, 29),
            (0, 31, 0),
            (32 << 10, 1, 59),
            (64 << 10, 1, 86_400),
            (1 << 20, 16, 86_400),
            (1 << 20, 31, 0),
        ] {
            assert_eq!(borne_with(bytes, seconds), listened, "{bytes} every {seconds} s");
        }
        assert_eq!(Pace::whole(SILENCE, 16 << 20), Duration::from_secs(30 + 256));
    }
}
