//! The store's own clock, learned from the `Date` of its answers. What is decided by the time is left to the callers.

use chrono::{DateTime, SubsecRound as _, Utc};
use http::HeaderMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// What the answers of one store have told so far.
#[derive(Debug, Default)]
pub(crate) struct ServerClock {
    /// Milliseconds that the store is ahead of this machine.
    ahead: Mutex<Option<i64>>,
}

impl ServerClock {
    /// The store's time, at most about a second (the `Date` has whole ones) and one answer's travel behind the
    /// truth, never ahead of it. `None` before the first answer.
    pub(crate) fn now(&self) -> Option<DateTime<Utc>> {
        let ahead = (*self.ahead.lock().unwrap_or_else(PoisonError::into_inner))?;
        let span = Duration::from_millis(ahead.unsigned_abs());
        let here = SystemTime::now();
        let there = if ahead < 0 { here.checked_sub(span) } else { here.checked_add(span) };
        Some(DateTime::from(there?).trunc_subsecs(3))
    }

    /// Learns from the headers of an answer. What comes from a cache on the way carries the time at which it was
    /// cached, and is no news.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        if headers.contains_key("age") {
            return;
        }
        let Some(date) = headers.get("date").and_then(|date| date.to_str().ok()) else { return };
        let Ok(there) = DateTime::parse_from_rfc2822(date) else { return };
        let Ok(here) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else { return };
        let Ok(here) = i64::try_from(here.as_millis()) else { return };
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(there.timestamp_millis().saturating_sub(here));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

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
}
