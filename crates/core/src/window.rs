//! Time windows of `freeze` and `open`: `Fri 16:00 .. Mon 08:00`, `Mon-Thu 09:00 .. 16:00`, `daily 22:00 .. 06:00`,
//! `2026-12-20 .. 2027-01-03`, in the project's named time zone.
//!
//! A window holds its first moment and ends just before its last one. Where a clock change makes a written time
//! ambiguous or skips it, the window is never cut short: a beginning that happens twice means the first one, an end
//! that happens twice means the second one, and a time that is skipped means the moment of the change. So a nightly
//! freeze until 02:30 is an hour longer in the night when the clock goes back, and a window that lies wholly in the
//! skipped hour does not happen that day. Whole days begin and end at local midnight, however long they are.

mod calendar;
mod form;
mod parse;
mod status;

pub use parse::WindowError;
pub use status::{Opening, opening};

use calendar::Span;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use form::Form;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// One window, as written, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    text: String,
    form: Form,
}

impl Window {
    /// Reads a window.
    ///
    /// # Errors
    /// Names the place of the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, WindowError> {
        Ok(Self { text: text.to_owned(), form: parse::form(text)? })
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `at` lies in the window. Always false before the year 1900 and after 9000.
    pub fn contains(&self, at: DateTime<Utc>, tz: Tz) -> bool {
        self.span_at(at, tz).is_some()
    }

    /// When the window opens next, or, where `at` lies in it, when it ends. `None` when neither ever happens.
    pub fn next_change(&self, at: DateTime<Utc>, tz: Tz) -> Option<DateTime<Utc>> {
        match self.span_at(at, tz) {
            Some(span) => self.end_of(span, tz),
            None => self.next_start(at, tz),
        }
    }

    /// The end of the time without a gap that begins with `span`; `None` when it never ends.
    fn end_of(&self, span: Span, tz: Tz) -> Option<DateTime<Utc>> {
        let mut end = span.end;
        // Neighbours that touch, such as `daily 00:00 .. 24:00`, are one stretch. Ten of them are for ever.
        for _ in 0..10 {
            match self.span_at(end, tz) {
                Some(next) => end = next.end,
                None => return Some(end),
            }
        }
        None
    }

    /// The occurrence that holds `at`; of several, the one that ends last.
    fn span_at(&self, at: DateTime<Utc>, tz: Tz) -> Option<Span> {
        let spans = self.form.spans_near(at, tz);
        spans.into_iter().filter(|span| span.begin <= at && at < span.end).max_by_key(|span| span.end)
    }

    /// The first beginning after `at`.
    fn next_start(&self, at: DateTime<Utc>, tz: Tz) -> Option<DateTime<Utc>> {
        self.form.spans_near(at, tz).into_iter().map(|span| span.begin).filter(|begin| *begin > at).min()
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        Self::parse(text)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
