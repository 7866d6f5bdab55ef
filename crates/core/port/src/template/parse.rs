//! Cutting a template into its parts, with the place of what is wrong. Filling them in is the parent's work.

use crate::names::escape;
use crate::suggest::closest;
use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Utc};
use std::fmt::Write;

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Where in the text, in bytes from its start.
    pub offset: usize,
    /// How many bytes from there on are meant; at least 1 unless the text ends there.
    pub len: usize,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// One part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    /// How many digits, 4 to 40.
    Sha(u8),
    Version,
    Env,
    Project,
    /// The format, checked.
    Date(String),
    Timestamp,
}

/// What can stand between braces, without arguments.
const KNOWN: [&str; 6] = ["sha", "version", "env", "project", "date", "timestamp"];

impl Part {
    /// The placeholder's name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Literal(_) => "",
            Self::Sha(_) => "sha",
            Self::Version => "version",
            Self::Env => "env",
            Self::Project => "project",
            Self::Date(_) => "date",
            Self::Timestamp => "timestamp",
        }
    }

    /// Writes the part as it is written in a template.
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Literal(text) => double_braces(text, out),
            Self::Sha(digits) if *digits < 40 => {
                out.push_str("{sha:");
                out.push_str(&digits.to_string());
                out.push('}');
            }
            Self::Date(format) => {
                out.push_str("{date:");
                out.push_str(format);
                out.push('}');
            }
            other => {
                out.push('{');
                out.push_str(other.name());
                out.push('}');
            }
        }
    }
}

/// Writes a literal text with its braces doubled.
pub(super) fn double_braces(text: &str, out: &mut String) {
    for c in text.chars() {
        if c == '{' || c == '}' {
            out.push(c);
        }
        out.push(c);
    }
}

/// The parts of a template.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let offset = text.len() - rest.len() + at;
        let (before, brace) = rest.split_at(at);
        literal.push_str(before);
        if let Some(after) = brace.strip_prefix("{{") {
            literal.push('{');
            rest = after;
        } else if let Some(after) = brace.strip_prefix("}}") {
            literal.push('}');
            rest = after;
        } else if let Some(after) = brace.strip_prefix('{') {
            let Some((inside, after)) = after.split_once('}') else {
                return Err(error(offset, 1, "a `{` has no `}`", Some("write `{{` for a literal brace")));
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(placeholder(inside, offset)?);
            rest = after;
        } else {
            return Err(error(offset, 1, "a `}` has no `{`", Some("write `}}` for a literal brace")));
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

/// What stands between the braces that open at `offset`.
fn placeholder(inside: &str, offset: usize) -> Result<Part, TemplateError> {
    let len = inside.len() + 2;
    let (name, argument) = match inside.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (inside, None),
    };
    match (name, argument) {
        ("sha", None) => Ok(Part::Sha(40)),
        ("sha", Some(digits)) => digits
            .parse::<u8>()
            .ok()
            .filter(|n| (4..=40).contains(n) && digits.bytes().all(|b| b.is_ascii_digit()))
            .map(Part::Sha)
            .ok_or_else(|| {
                error(offset, len, "`{sha:N}` takes 4 to 40 digits", Some("for example `{sha:8}`"))
            }),
        ("version", None) => Ok(Part::Version),
        ("env", None) => Ok(Part::Env),
        ("project", None) => Ok(Part::Project),
        ("timestamp", None) => Ok(Part::Timestamp),
        ("date", Some(format)) => checked_date(format, offset + "{date:".len(), len),
        ("date", None) => {
            Err(error(offset, len, "`{date}` needs a format", Some("for example `{date:%Y-%m-%d}`")))
        }
        (known, Some(_)) if KNOWN.contains(&known) => {
            let message = format!("`{{{known}}}` takes nothing after a colon");
            Err(error(offset, len, &message, Some(&format!("write `{{{known}}}`"))))
        }
        _ => {
            let message = format!("unknown placeholder `{{{}}}`", escape(inside));
            let hint = match closest(name.trim(), KNOWN) {
                Some("date") => "did you mean `{date:%Y-%m-%d}`?".to_owned(),
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => "known are `{sha}`, `{sha:8}`, `{version}`, `{env}`, `{project}`, `{date:%Y-%m-%d}` and `{timestamp}`; write `{{` for a literal brace".to_owned(),
            };
            Err(error(offset, len, &message, Some(&hint)))
        }
    }
}

/// A date's format, tried out: chrono's own `Display` panics on formats that do not exist.
fn checked_date(format: &str, offset: usize, len: usize) -> Result<Part, TemplateError> {
    let bad =
        |message: &str, hint: Option<&str>| Err(error(offset, format.len().max(1).min(len), message, hint));
    if format.len() > 100 {
        return bad("a date format has at most 100 bytes", None);
    }
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    if items.iter().any(|item| matches!(item, Item::Error)) {
        let message = format!("`{}` is not a date format", escape(format));
        return bad(
            &message,
            Some("for example `%Y-%m-%d` or `%d-%m-%Y`, as `date` of coreutils takes them"),
        );
    }
    if !items.iter().any(|item| matches!(item, Item::Numeric(..) | Item::Fixed(_))) {
        return bad("a date format needs at least one field", Some("for example `%Y-%m-%d`"));
    }
    // One-digit fields show a padding with spaces, two-digit fields show nothing else.
    for seconds in [978_501_906, 1_797_683_730] {
        let at = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap_or_default();
        let mut out = String::new();
        let written = write!(out, "{}", at.format_with_items(items.iter()));
        if written.is_err() || !is_date(&out) {
            let message = format!("`{}` gives dates that can't be part of a name", escape(format));
            let hint = "only letters, digits, `.`, `_`, `+`, `:` and `-` may come of it; slashes go outside the braces";
            return bad(&message, Some(hint));
        }
    }
    Ok(Part::Date(format.to_owned()))
}

/// Whether `text` can stand for `{date:…}`.
pub(super) fn is_date(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+:-".contains(&b))
        && !text.starts_with('.')
        && !text.contains("..")
}

fn error(offset: usize, len: usize, message: &str, hint: Option<&str>) -> TemplateError {
    TemplateError { offset, len, message: message.to_owned(), hint: hint.map(str::to_owned) }
}
