//! The list of hosts in a person's own configuration file: how it is read, and how one more gets into it without touching
//! the rest. The file itself is read and written by others.

use super::{Allowed, Host};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// What the file may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Said {
    trust_hosts: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Why the file can't be used, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Line and column, from 1.
    pub place: (usize, usize),
    /// What is wrong there.
    pub message: String,
}

/// The hosts that the file allows.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(text: &str) -> Result<Allowed, Unreadable> {
    let said = said(text)?;
    let mut all = Allowed::default();
    for entry in said.trust_hosts.iter().flat_map(|hosts| hosts.get_ref()) {
        let one = Allowed::each([entry.get_ref().as_str()]).map_err(|(entry_text, why)| Unreadable {
            place: place(text, entry.span()),
            message: format!("`{entry_text}`: {why}"),
        })?;
        all = all.and(one);
    }
    Ok(all)
}

/// The file's text with one more host.
///
/// # Errors
/// The first thing that is wrong with the text.
pub fn added(text: &str, host: &Host) -> Result<String, Unreadable> {
    // A mark of the byte order is one at the beginning alone.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let said = said(text)?;
    let entry = format!("\"{host}\"");
    let Some(hosts) = &said.trust_hosts else {
        // Keys of the top level stand before all tables.
        return Ok(format!("trust-hosts = [{entry}]\n{text}"));
    };
    let (at, entry) = match hosts.get_ref().last() {
        Some(last) => (last.span().end, format!(", {entry}")),
        None => (hosts.span().start + 1, entry),
    };
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    Ok(format!("{before}{entry}{after}"))
}

fn said(text: &str) -> Result<Said, Unreadable> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        Unreadable { place: place(text, span), message: error.message().to_owned() }
    })
}

/// Line and column of the beginning of a span.
fn place(text: &str, span: Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
