//! The store's own clock, learned from the `Date` of its answers, and the name of the key that requests were signed
//! with. What is decided by the time is left to the callers.

use aws_sdk_s3::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_smithy_async::time::TimeSource;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use chrono::NaiveDateTime;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Says of an answer how many seconds the time that its request was signed with lay before the store's.
pub(crate) const SIGNED_BEHIND: &str = "x-promote-signed-behind";

/// What the answers of one store have told so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerClock(Arc<ClockState>);

#[derive(Debug, Default)]
struct ClockState {
    /// The store's time in its last answer, and when that came by a clock that nobody sets.
    told: Mutex<Option<(SystemTime, Instant)>>,
    access_key: OnceLock<String>,
}

/// The time that a request was signed with, in seconds of the epoch.
#[derive(Debug, Clone, Copy)]
struct Signed(i64);

impl Storable for Signed {
    type Storer = StoreReplace<Self>;
}

impl ServerClock {
    /// The store's time, at most about a second (the `Date` has whole ones) and one answer's travel behind the
    /// truth, never ahead of it: where the machine slept since the last answer, it is behind by that. What this
    /// machine's clock is set to has no part in it. `None` before the first answer.
    pub(crate) fn now(&self) -> Option<SystemTime> {
        self.at(Instant::now())
    }

    fn at(&self, moment: Instant) -> Option<SystemTime> {
        let (told, heard) = (*self.0.told.lock().unwrap_or_else(PoisonError::into_inner))?;
        told.checked_add(moment.saturating_duration_since(heard))
    }

    /// The id (not the secret) of the key that requests are signed with.
    pub(crate) fn access_key(&self) -> Option<&str> {
        self.0.access_key.get().map(String::as_str)
    }

    /// Learns from an answer that came at this moment; gives the time that it told, in seconds of the epoch.
    fn learn(&self, date: &str, heard: Instant) -> Option<i64> {
        let date = DateTime::from_str(date, DateTimeFormat::HttpDate).ok()?;
        let told = SystemTime::try_from(date).ok()?;
        *self.0.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((told, heard));
        Some(date.secs())
    }
}

/// When a request was signed, by what it says itself.
fn signed(context: &BeforeTransmitInterceptorContextRef<'_>) -> Option<Signed> {
    let request = context.request();
    let query = || request.uri().split_once("X-Amz-Date=").and_then(|(_, rest)| rest.split('&').next());
    let text = request.headers().get("x-amz-date").or_else(query)?;
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?;
    Some(Signed(time.and_utc().timestamp()))
}

impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let named = request
            .headers()
            .get("authorization")
            .and_then(|text| text.split_once("Credential="))
            .or_else(|| request.uri().split_once("X-Amz-Credential="))
            .and_then(|(_, rest)| rest.split(['/', '%', ',', '&']).next());
        if let Some(id) = named {
            self.0.access_key.get_or_init(|| id.to_owned());
        }
        if let Some(signed) = signed(context) {
            bag.interceptor_state().store_put(signed);
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response_mut().headers_mut();
        headers.remove(SIGNED_BEHIND);
        // What comes from a cache on the way carries the time at which it was cached.
        if headers.get("age").is_none()
            && let Some(date) = headers.get("date")
            && let Some(told) = self.learn(date, Instant::now())
            && let Some(Signed(signed)) = bag.load::<Signed>()
        {
            headers.insert(SIGNED_BEHIND, told.saturating_sub(*signed).to_string());
        }
        Ok(())
    }
}

/// The store's clock as the time at which effects are signed, moved into the past by `age`.
#[derive(Debug)]
pub(crate) struct SigningTime {
    pub(crate) clock: ServerClock,
    pub(crate) age: Duration,
}

impl TimeSource for SigningTime {
    fn now(&self) -> SystemTime {
        let now = self.clock.now().unwrap_or_else(SystemTime::now);
        now.checked_sub(self.age).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stores_date_is_followed_and_nonsense_is_not() {
        let clock = ServerClock::default();
        assert_eq!(clock.now(), None);
        assert_eq!(clock.learn("yesterday", Instant::now()), None);
        assert_eq!(clock.now(), None);
        assert_eq!(clock.learn("Thu, 01 Jan 2026 00:00:00 GMT", Instant::now()), Some(1_767_225_600));
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        assert!(clock.now().unwrap() >= then);
        assert!(clock.now().unwrap() < then + Duration::from_secs(60));
        let aged = SigningTime { clock, age: Duration::from_secs(100) };
        assert!(aged.now() < then);
    }

    #[test]
    fn between_two_answers_the_stores_time_goes_on_whatever_this_machines_clock_is_set_to() {
        let clock = ServerClock::default();
        let heard = Instant::now();
        clock.learn("Thu, 01 Jan 2026 00:00:00 GMT", heard);
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        for passed in [0, 11, 86_400].map(Duration::from_secs) {
            assert_eq!(clock.at(heard + passed), Some(then + passed));
        }
    }
}
