//! The store's own clock, learned from the `Date` of its answers, and the name of the key that requests were signed
//! with. What is decided by the time is left to the callers.

use aws_sdk_s3::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_smithy_async::time::TimeSource;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

/// What the answers of one store have told so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerClock(Arc<Heard>);

#[derive(Debug, Default)]
struct Heard {
    /// Milliseconds that the store is ahead of this machine.
    ahead: Mutex<Option<i64>>,
    access_key: OnceLock<String>,
}

impl ServerClock {
    /// The store's time, at most about a second (the `Date` has whole ones) and one answer's travel behind the
    /// truth, never ahead of it. `None` before the first answer.
    pub(crate) fn now(&self) -> Option<SystemTime> {
        let ahead = (*self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner))?;
        let span = Duration::from_millis(ahead.unsigned_abs());
        let here = SystemTime::now();
        if ahead < 0 { here.checked_sub(span) } else { here.checked_add(span) }
    }

    /// The id (not the secret) of the key that requests are signed with.
    pub(crate) fn access_key(&self) -> Option<&str> {
        self.0.access_key.get().map(String::as_str)
    }

    fn learn(&self, date: &str) {
        let Ok(date) = DateTime::from_str(date, DateTimeFormat::HttpDate) else { return };
        let Ok(here) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else { return };
        let (Ok(there), Ok(here)) = (date.to_millis(), i64::try_from(here.as_millis())) else { return };
        *self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(there.saturating_sub(here));
    }
}

impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
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
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        // What comes from a cache on the way carries the time at which it was cached.
        if headers.get("age").is_none()
            && let Some(date) = headers.get("date")
        {
            self.learn(date);
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
        clock.learn("yesterday");
        assert_eq!(clock.now(), None);
        clock.learn("Thu, 01 Jan 2026 00:00:00 GMT");
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        assert!(clock.now().unwrap() >= then);
        assert!(clock.now().unwrap() < then + Duration::from_secs(60));
        let aged = SigningTime { clock, age: Duration::from_secs(100) };
        assert!(aged.now() < then);
    }
}
