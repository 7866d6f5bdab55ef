//! The tags that promotion and people before it gave to images, read from the right: `prod-33242e93-16-04-2021.1618577888`,
//! the same without environment, `d2021-04-09.1`, `master_5ddba2b`, `1.0.50`. Writing one is the work of
//! [`crate::template`]; what to make of old ones is the importer's.

use crate::commit::CommitPrefix;
use crate::names::escape;
use chrono::{DateTime, NaiveDate, Utc};
use std::fmt;

/// The least and the greatest number that is taken for seconds since 1970: the years 2001 to 2100. A smaller one is a
/// counter.
const SECONDS: std::ops::Range<i64> = 1_000_000_000..4_102_444_800;

/// What a tag says, as far as it can be told. A tag that says nothing is a label alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseTag {
    /// What stands before the commit: an environment, or the branch of a build made by hand. For a tag with nothing
    /// else in it, all of it.
    pub label: Option<String>,
    /// The commit, 7 to 40 hexadecimal digits.
    pub commit: Option<CommitPrefix>,
    /// What stands before the commit when that is a version, such as `1.0.50`.
    pub version: Option<String>,
    /// The date.
    pub date: Option<NaiveDate>,
    /// The trailing timestamp. By it tags are ordered.
    pub at: Option<DateTime<Utc>>,
    /// The number after the date that is too small for a timestamp.
    pub counter: Option<u32>,
    /// What a person should know: date and timestamp disagree. Such a tag is read and never written.
    pub warning: Option<String>,
}

/// Why a text is no tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{shown}` is not an image's tag: 1 to 128 letters, digits, `.`, `_` and `-`, with no `.` or `-` at the start"
)]
pub struct TagError {
    shown: String,
}

/// Whether a registry takes the text for a tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`.
pub fn is_tag(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    (1..=128).contains(&text.len()) && letters && !text.starts_with(['.', '-'])
}

impl ReleaseTag {
    /// Reads a tag.
    ///
    /// # Errors
    /// When a registry would not take the text for a tag.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        if !is_tag(text) {
            return Err(TagError { shown: escape(text) });
        }
        let mut found = Self {
            label: None,
            commit: None,
            version: None,
            date: None,
            at: None,
            counter: None,
            warning: None,
        };
        let before = found.take_time(text);
        let (label, commit) = commit_at_end(before);
        found.commit = commit;
        match label {
            "" => {}
            version if is_version(version) => found.version = Some(version.to_owned()),
            label => found.label = Some(label.to_owned()),
        }
        Ok(found)
    }

    /// Reads date and number at the end, and returns what stands before them.
    fn take_time<'a>(&mut self, text: &'a str) -> &'a str {
        let (dated, number) = match text.rsplit_once('.') {
            Some((dated, number)) if is_digits(number) => (dated, number.parse::<i64>().ok()),
            _ => (text, None),
        };
        let Some((before, date)) = date_at_end(dated) else { return text };
        self.date = Some(date);
        match number {
            Some(seconds) if SECONDS.contains(&seconds) => self.at = DateTime::from_timestamp(seconds, 0),
            Some(counter) => self.counter = u32::try_from(counter).ok(),
            None => {}
        }
        if let Some(at) = self.at
            && at.date_naive() != date
        {
            self.warning = Some(format!(
                "the date says {date}, the timestamp {}; the timestamp counts",
                at.format("%Y-%m-%d %H:%M:%S UTC")
            ));
        }
        before
    }

    /// When it was written: the timestamp, else the beginning of the date.
    pub fn when(&self) -> Option<DateTime<Utc>> {
        self.at.or_else(|| Some(self.date?.and_hms_opt(0, 0, 0)?.and_utc()))
    }

    /// What tags are ordered by, oldest first: the time, then the counter. A tag without any comes first.
    pub fn order(&self) -> (Option<DateTime<Utc>>, Option<u32>) {
        (self.when(), self.counter)
    }
}

impl fmt::Display for ReleaseTag {
    /// What it says, for a person: `prod, commit 33242e93, 2021-04-16 12:58:08 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [
            self.label.clone(),
            self.commit.as_ref().map(|commit| format!("commit {}", commit.as_str())),
            self.version.as_ref().map(|version| format!("version {version}")),
            self.at.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()),
            self.date.filter(|_| self.at.is_none()).map(|date| date.to_string()),
            self.counter.map(|counter| format!("no. {counter}")),
        ];
        f.write_str(&said.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether it is two numbers or more with dots between, perhaps after a `v` and before a hyphen and more.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let numbers = text.split_once('-').map_or(text, |(numbers, _)| numbers);
    numbers.contains('.') && numbers.split('.').all(is_digits)
}

/// A date at the end, and what stands before it without the sign that joins them.
fn date_at_end(text: &str) -> Option<(&str, NaiveDate)> {
    let at = text.len().checked_sub(10)?;
    let (before, date) = text.split_at_checked(at)?;
    let day_first = |text: &str| {
        let (day, rest) = text.split_once('-')?;
        let (month, year) = rest.split_once('-')?;
        let right = is_digits(day) && is_digits(month) && is_digits(year);
        let lengths = (day.len(), month.len(), year.len());
        match lengths {
            (2, 2, 4) if right => {
                NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
            }
            (4, 2, 2) if right => {
                NaiveDate::from_ymd_opt(day.parse().ok()?, month.parse().ok()?, year.parse().ok()?)
            }
            _ => None,
        }
    };
    let date = day_first(date)?;
    match before {
        // `d2021-04-09.1`: the letter says that a date follows.
        "" | "d" => Some(("", date)),
        _ => before.strip_suffix(['-', '_', '.']).map(|before| (before, date)),
    }
}

/// A commit at the end, and what stands before it without the sign that joins them. Without one, all is label.
fn commit_at_end(text: &str) -> (&str, Option<CommitPrefix>) {
    let (label, last) = text.rsplit_once(['-', '_']).unwrap_or(("", text));
    let hex = last.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    match last.parse::<CommitPrefix>() {
        Ok(commit) if hex && (7..=40).contains(&last.len()) => (label, Some(commit)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests;
