//! What one process knows of a registry's host: how it is signed in to, and its clock. Asking it is the session's work.

use crate::sign_in::{KnownScheme, Scheme};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;
use tokio::sync::Mutex as Gate;

/// What is known of one host. Where it was not said beforehand how it wants to be signed in to, the gate is held by the
/// first request until the host has said so, so that a dozen requests at once do not get a dozen refusals.
#[derive(Debug, Default)]
pub(crate) struct Host {
    scheme: Mutex<Option<KnownScheme>>,
    /// What was said of it beforehand, and of which repository.
    pub(crate) told: OnceLock<(Scheme, String)>,
    pub(crate) first: Gate<()>,
    clock: Mutex<Option<(DateTime<Utc>, Instant)>>,
}

impl Host {
    pub(crate) fn scheme(&self) -> MutexGuard<'_, Option<KnownScheme>> {
        self.scheme.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has said or shown itself.
    pub(crate) fn learn(&self, scheme: Scheme) {
        *self.scheme() = Some(KnownScheme { scheme, sure: true });
    }

    /// It answered a request that was signed in this way. Its own word goes before that.
    pub(crate) fn content(&self, scheme: Option<Scheme>, signed: bool) {
        let mut known = self.scheme();
        if known.as_ref().is_none_or(|known| !known.sure) {
            let scheme = scheme.unwrap_or(if signed { Scheme::Basic } else { Scheme::Nothing });
            *known = Some(KnownScheme { scheme, sure: true });
        }
    }

    /// Its time by its last answer, if there was one.
    pub(crate) fn time(&self) -> Option<DateTime<Utc>> {
        let (then, at) = (*self.clock.lock().unwrap_or_else(PoisonError::into_inner))?;
        then.checked_add_signed(TimeDelta::from_std(at.elapsed()).ok()?)
    }

    pub(crate) fn hear_time(&self, headers: &HeaderMap) {
        let said =
            headers.get("date").and_then(|value| DateTime::parse_from_rfc2822(value.to_str().ok()?).ok());
        if let Some(said) = said {
            *self.clock.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((said.to_utc(), Instant::now()));
        }
    }
}
