//! Placeholders in locations and names: `{sha}`, `{sha:8}`, `{version}`, `{env}`, `{project}`,
//! `{date:%d-%m-%Y}`, `{timestamp}`; `{{` and `}}` are literal braces. All times are UTC, from one clock reading.
//!
//! A value that is filled in can't hold `/` or `..`, so a template's folders are those that its writer gave it.
//! Variables such as `${NAME}` are replaced before a template is read; that is the work of `promote-core`.

mod parse;
mod reading;
mod store;

use crate::commit::CommitId;
use crate::names::{EnvironmentName, ProjectName, escape};
use chrono::format::StrftimeItems;
use chrono::{DateTime, Utc};
use parse::Part;
pub use parse::TemplateError;
pub use reading::Reading;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Write};
use std::str::FromStr;

/// What the placeholders stand for. What is `None` can't be filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// `{sha}`, `{sha:N}`.
    pub sha: Option<CommitId>,
    /// `{version}`.
    pub version: Option<String>,
    /// `{env}`.
    pub env: Option<EnvironmentName>,
    /// `{project}`.
    pub project: Option<ProjectName>,
    /// `{date:FORMAT}` and `{timestamp}`.
    pub at: Option<DateTime<Utc>>,
}

/// A text with placeholders, checked when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// Why a template can't be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The release or the moment has no such value.
    #[error("`{{{placeholder}}}` in `{template}` has no value here")]
    Missing {
        /// The placeholder, without braces.
        placeholder: &'static str,
        /// The template's text, made fit to show.
        template: String,
    },
    /// A value holds characters that could lead elsewhere.
    #[error("`{value}` can't stand for `{{{placeholder}}}`: {why}")]
    Unfit {
        /// The placeholder, without braces.
        placeholder: &'static str,
        /// The value, made fit to show.
        value: String,
        /// What a value must be like.
        why: &'static str,
    },
}

/// Whether `text` can stand for `{version}`: 1 to 128 of `A-Z a-z 0-9 . _ + -`, no dot at its start, no `..`.
pub fn is_version(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
        && !text.starts_with('.')
        && !text.contains("..")
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Names the place of the first thing that is wrong: an unknown placeholder, a lone brace, a date format that
    /// does not exist.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { text: text.to_owned(), parts: parse::parts(text)? })
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text with every placeholder filled in.
    ///
    /// # Errors
    /// When a value is missing, or a version is not one ([`is_version`]).
    pub fn render(&self, values: &Values) -> Result<String, RenderError> {
        let mut out = String::with_capacity(self.text.len() + 40);
        for part in &self.parts {
            match self.value(part, values)? {
                Some(value) => out.push_str(&value),
                None => return Err(self.missing(part.name())),
            }
        }
        Ok(out)
    }

    /// This template with those placeholders filled in for which there is a value; the others stay.
    ///
    /// # Errors
    /// As [`Template::render`], but never for a missing value.
    pub fn fill(&self, values: &Values) -> Result<Self, RenderError> {
        let mut text = String::with_capacity(self.text.len() + 40);
        for part in &self.parts {
            match self.value(part, values)? {
                Some(value) => parse::double_braces(&value, &mut text),
                None => part.write(&mut text),
            }
        }
        Self::parse(&text).map_err(|_| self.missing("placeholder"))
    }

    /// Whether a new name comes of it each time (a log) instead of one that is overwritten (a pointer).
    pub fn uses_timestamp(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Timestamp))
    }

    /// Whether it holds `{date:…}`.
    pub fn uses_date(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Date(_)))
    }

    /// Whether it holds `{sha}` or `{sha:N}`.
    pub fn uses_sha(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Sha(_)))
    }

    /// Whether it holds `{env}`.
    pub fn uses_env(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Env))
    }

    /// Whether it holds `{project}`.
    pub fn uses_project(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Project))
    }

    /// Whether it holds `{version}`.
    pub fn uses_version(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Version))
    }

    /// `NAME`, when the whole text is `$NAME`: a variable that is read when it is needed and never shown.
    pub fn variable(&self) -> Option<&str> {
        variable(&self.text)
    }

    fn value(&self, part: &Part, values: &Values) -> Result<Option<String>, RenderError> {
        let at = values.at.as_ref();
        Ok(match part {
            Part::Literal(text) => Some(text.clone()),
            Part::Sha(digits) => values.sha.as_ref().map(|sha| sha.short(usize::from(*digits)).to_owned()),
            Part::Version => match values.version.as_deref() {
                Some(version) if is_version(version) => Some(version.to_owned()),
                Some(other) => {
                    return Err(RenderError::Unfit {
                        placeholder: "version",
                        value: escape(other),
                        why: "a version is 1 to 128 letters, digits, `.`, `_`, `+` and `-`, with no dot at its start and no `..`",
                    });
                }
                None => None,
            },
            Part::Env => values.env.as_ref().map(ToString::to_string),
            Part::Project => values.project.as_ref().map(ToString::to_string),
            Part::Timestamp => at.map(|at| at.timestamp().to_string()),
            Part::Date(format) => at.map(|at| date(*at, format)).transpose()?,
        })
    }

    fn missing(&self, placeholder: &'static str) -> RenderError {
        RenderError::Missing { placeholder, template: escape(&self.text) }
    }
}

/// `NAME`, when the whole of `text` is `$NAME`, with NAME like `[A-Za-z_][A-Za-z0-9_]*`.
pub fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let begins = name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    (word && begins).then_some(name)
}

fn date(at: DateTime<Utc>, format: &str) -> Result<String, RenderError> {
    let mut out = String::new();
    let written = write!(out, "{}", at.format_with_items(StrftimeItems::new(format)));
    if written.is_err() || !parse::is_date(&out) {
        return Err(RenderError::Unfit {
            placeholder: "date",
            value: escape(&out),
            why: "a date is letters, digits, `.`, `_`, `+`, `:` and `-`, with no dot at its start and no `..`",
        });
    }
    Ok(out)
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        Self::parse(text)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
