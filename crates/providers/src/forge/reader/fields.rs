//! What answers hold, read with care: a field that is missing or of another kind makes the answer one that can't be read.

use super::super::session::Session;
use chrono::{DateTime, Utc};
use promote_core::commit::CommitId;
use promote_core::port::ProviderError;
use serde_json::Value;

/// An object of an answer.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) value: &'a Value,
    pub(super) session: &'a Session,
}

impl<'a> Fields<'a> {
    pub(super) const fn of(value: &'a Value, session: &'a Session) -> Self {
        Self { value, session }
    }

    /// A text that must be there.
    pub(super) fn text(&self, path: &str) -> Result<&'a str, ProviderError> {
        self.maybe(path).ok_or_else(|| self.session.odd())
    }

    /// A text that may be missing or `null`.
    pub(super) fn maybe(&self, path: &str) -> Option<&'a str> {
        self.value.pointer(path)?.as_str()
    }

    /// The same to keep.
    pub(super) fn owned(&self, path: &str) -> Option<String> {
        self.maybe(path).map(str::to_owned)
    }

    /// A number that must be there, as text.
    pub(super) fn number(&self, path: &str) -> Result<String, ProviderError> {
        let number = self.value.pointer(path).and_then(Value::as_u64);
        number.map(|number| number.to_string()).ok_or_else(|| self.session.odd())
    }

    /// Whether a flag is set.
    pub(super) fn is(&self, path: &str) -> bool {
        self.value.pointer(path).and_then(Value::as_bool) == Some(true)
    }

    /// A flag that must be there.
    pub(super) fn flag(&self, path: &str) -> Result<bool, ProviderError> {
        self.value.pointer(path).and_then(Value::as_bool).ok_or_else(|| self.session.odd())
    }

    /// A part that must be there, and may be `null`.
    pub(super) fn part(&self, path: &str) -> Result<Option<Fields<'a>>, ProviderError> {
        let value = self.value.pointer(path).ok_or_else(|| self.session.odd())?;
        Ok((!value.is_null()).then_some(Fields { value, session: self.session }))
    }

    /// A commit that must be there.
    pub(super) fn commit(&self, path: &str) -> Result<CommitId, ProviderError> {
        self.text(path)?.parse().map_err(|_| self.session.odd())
    }

    /// A commit that may be missing.
    pub(super) fn maybe_commit(&self, path: &str) -> Option<CommitId> {
        self.maybe(path)?.parse().ok()
    }

    /// A time that must be there.
    pub(super) fn time(&self, path: &str) -> Result<DateTime<Utc>, ProviderError> {
        let time = DateTime::parse_from_rfc3339(self.text(path)?);
        time.map(|time| time.with_timezone(&Utc)).map_err(|_| self.session.odd())
    }

    /// A list that must be there.
    pub(super) fn list(
        &self,
        path: &str,
    ) -> Result<impl Iterator<Item = Fields<'a>> + use<'a>, ProviderError> {
        let session = self.session;
        let list = self.value.pointer(path).and_then(Value::as_array).ok_or_else(|| session.odd())?;
        Ok(list.iter().map(move |value| Fields { value, session }))
    }
}
