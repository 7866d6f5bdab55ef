//! The list of hosts in a person's own configuration file: how it is read, and how one more gets into it without touching
//! the rest. The file itself is read and written by others.

use crate::trust::{Allowed, Host};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// What the file may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Written {
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
    let written = parse(text)?;
    let mut all = Allowed::default();
    for entry in written.trust_hosts.iter().flat_map(|hosts| hosts.get_ref()) {
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
    let written = parse(text)?;
    let entry = format!("\"{host}\"");
    let Some(hosts) = &written.trust_hosts else {
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

fn parse(text: &str) -> Result<Written, Unreadable> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_file_is_read_and_added_to() {
        let minio = Host::new("minio.acme.example", 9000);
        for (before, after) in [
            ("", "trust-hosts = [\"minio.acme.example:9000\"]\n"),
            ("trust-hosts = []\n", "trust-hosts = [\"minio.acme.example:9000\"]\n"),
            (
                "# mine\ntrust-hosts = [\n  \"a.example\", # why\n]\n",
                "# mine\ntrust-hosts = [\n  \"a.example\", \"minio.acme.example:9000\", # why\n]\n",
            ),
        ] {
            assert!(!read(before).unwrap().has(&minio), "{before}");
            assert_eq!(added(before, &minio).unwrap(), after);
            assert!(read(after).unwrap().has(&minio), "{after}");
        }
        for (text, place, message) in [
            ("trust-host = []", (1, 1), "unknown field"),
            ("\ntrust-hosts = [\"a\", \"*\"]", (2, 21), "`*`: it is not a host name"),
            ("trust-hosts = \"a\"", (1, 15), "invalid type"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.place == place && found.message.contains(message), "{text}: {found:?}");
        }
    }
}
