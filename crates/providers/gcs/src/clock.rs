//! The store's own clock, learned from the `Date` of its answers. What is decided by the time is left to the callers.

use chrono::{DateTime, SubsecRound as _, Utc};
use http::HeaderMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What the answers of one store have told so far.
#[derive(Debug, Default)]
pub(crate) struct ServerClock {
    /// The store's time in its last answer, and when that came by a clock that nobody sets.
    told: Mutex<Option<(DateTime<Utc>, Instant)>>,
}

impl ServerClock {
    /// The store's time, at most about a second (the `Date` has whole ones) and one answer's travel behind the
    /// truth, never ahead of it: where the machine slept since the last answer, it is behind by that. What this
    /// machine's clock is set to has no part in it. `None` before the first answer.
    pub(crate) fn now(&self) -> Option<DateTime<Utc>> {
        self.at(Instant::now())
    }

    fn at(&self, moment: Instant) -> Option<DateTime<Utc>> {
        let (told, heard) = (*self.told.lock().unwrap_or_else(PoisonError::into_inner))?;
        let passed = chrono::TimeDelta::from_std(moment.saturating_duration_since(heard)).ok()?;
        Some(told.checked_add_signed(passed)?.trunc_subsecs(3))
    }

    /// Learns from the headers of an answer. What comes from a cache on the way carries the time at which it was
    /// cached, and is no news.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        if headers.contains_key("age") {
            return;
        }
        let Some(date) = headers.get("date").and_then(|date| date.to_str().ok()) else { return };
        let Ok(there) = DateTime::parse_from_rfc2822(date) else { return };
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((there.to_utc(), Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::time::Duration;

    #[test]
    fn the_stores_date_is_followed_and_nonsense_is_not() {
        let clock = ServerClock::default();
        let mut headers = HeaderMap::new();
        for odd in ["yesterday", ""] {
            headers.insert("date", HeaderValue::from_static(odd));
            clock.learn(&headers);
            assert_eq!(clock.now(), None);
        }
        headers.insert("date", HeaderValue::from_static("Tue, 01 Jan 2030 00:00:00 GMT"));
        headers.insert("age", HeaderValue::from_static("7"));
        clock.learn(&headers);
        assert_eq!(clock.now(), None, "an answer out of a cache");
        headers.remove("age");
        clock.learn(&headers);
        let (now, then) = (clock.now().unwrap(), DateTime::from_timestamp(1_893_456_000, 0).unwrap());
        assert!(now >= then && now < then + Duration::from_secs(60), "{now}");
    }
    #[test]
    fn between_two_answers_the_stores_time_goes_on_whatever_this_machines_clock_is_set_to() {
        let clock = ServerClock::default();
        let mut headers = HeaderMap::new();
        headers.insert("date", HeaderValue::from_static("Tue, 01 Jan 2030 00:00:00 GMT"));
        clock.learn(&headers);
        let heard = clock.told.lock().unwrap().unwrap().1;
        let then = DateTime::from_timestamp(1_893_456_000, 0).unwrap();
        for passed in [0, 11, 86_400].map(Duration::from_secs) {
            assert_eq!(clock.at(heard + passed), Some(then + passed));
        }
    }
}
