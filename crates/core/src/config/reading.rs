//! What all parts of reading share: the text, what is known from outside, and the findings. Also the few steps between
//! TOML's spanned tree and plain values.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::variables::Wrong;
use crate::names::ProjectName;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;
/// A table; its keys carry their places.
pub(super) type Table<'t> = DeTable<'t>;

/// What the reader is told about the outside.
pub struct ReadContext<'c> {
    /// The project's name where the file gives none: that of the repository.
    pub default_project: Option<ProjectName>,
    /// Looks up environment variables, for `${NAME}` in locations. What it answers is taken as text, never as a secret.
    pub variables: &'c dyn Fn(&str) -> Option<String>,
    /// The version of the tool, for `required-version`.
    pub version: semver::Version,
    /// The schemes of stores that the program brings along beside promote's own ([`crate::location::is_scheme`]).
    pub schemes: &'c [&'c str],
}

impl fmt::Debug for ReadContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadContext")
            .field("default_project", &self.default_project)
            .field("version", &self.version)
            .field("schemes", &self.schemes)
            .finish_non_exhaustive()
    }
}

/// A file being read.
pub(super) struct Reading<'t, 'c> {
    /// The text, secrets covered.
    pub(super) text: &'t str,
    pub(super) context: &'c ReadContext<'c>,
    pub(super) found: Diagnostics<'t>,
    /// What is asked for and not done; the file can be read all the same.
    pub(super) unacted: Diagnostics<'t>,
}

impl Reading<'_, '_> {
    pub(super) fn error(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.found.push(Diagnostic::error(span, message));
    }

    /// Tells what is wrong inside a text value.
    pub(super) fn wrong(&mut self, value: &Value<'_>, wrong: Wrong) {
        let span = self.inside(value, &wrong.place);
        self.found.push(Diagnostic::error(span, wrong.message).maybe_hint(wrong.hint));
    }

    /// The place in the file of a part of a text value. The whole value, where the file has escapes.
    fn inside(&self, value: &Value<'_>, part: &Range<usize>) -> Range<usize> {
        let span = value.span();
        let whole = span.clone();
        let (Some(raw), Some(text)) = (self.text.get(span.clone()), value.get_ref().as_str()) else {
            return whole;
        };
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let mut skip = quotes;
        if quotes == 3 {
            let rest = raw.get(3..).unwrap_or_default();
            skip += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        }
        if raw.get(skip..skip + text.len()) != Some(text) || part.is_empty() && text.is_empty() {
            return whole;
        }
        let start = span.start + skip;
        start + part.start..start + part.end.max(part.start)
    }

    /// The line of a value, from 1.
    pub(super) fn line(&self, value: &Value<'_>) -> u32 {
        self.found.lines().line(value.span().start)
    }

    /// A value as it is written.
    pub(super) fn written(&self, value: &Value<'_>) -> String {
        self.text.get(value.span()).unwrap_or_default().to_owned()
    }
}

/// A whole number, where the value is one that fits.
pub(super) fn integer(value: &Value<'_>) -> Option<i64> {
    let number = value.get_ref().as_integer()?;
    let digits: String = number.as_str().chars().filter(|c| *c != '_').collect();
    i64::from_str_radix(digits.strip_prefix('+').unwrap_or(&digits), number.radix()).ok()
}

/// The entries of a table in the order of the file.
pub(super) fn in_order<'a, 't>(table: &'a Table<'t>) -> Vec<(&'a str, Range<usize>, &'a Value<'t>)> {
    let mut list: Vec<_> =
        table.iter().map(|(name, value)| (name.get_ref().as_ref(), name.span(), value)).collect();
    list.sort_by_key(|(_, span, _)| span.start);
    list
}

/// An array's items, or the one value alone.
pub(super) fn several<'a, 't>(value: &'a Value<'t>) -> Vec<&'a Value<'t>> {
    match value.get_ref().as_array() {
        Some(array) => array.iter().collect(),
        None => vec![value],
    }
}

/// What a value is, for people, with an article.
pub(super) fn kind_of(value: &Value<'_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
