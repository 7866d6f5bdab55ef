//! The names that a team gives: projects, environments, lanes, artifacts. They end up in object keys and file
//! paths, so one narrow pattern holds for all of them. What a name stands for is kept elsewhere.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid {kind} name `{shown}`: 1 to 32 of the characters a-z, 0-9 and `-`, starting and ending with a letter or digit"
)]
pub struct NameError {
    /// What it was to name: `environment`.
    pub kind: &'static str,
    /// The text, made fit to show.
    pub shown: String,
}

/// Whether `text` matches `^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`.
pub fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    (1..=32).contains(&bytes.len())
        && bytes.iter().all(inner)
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
}

/// A hostile text made fit to show in a message: what a terminal acts upon or hides is escaped, cut after 60
/// characters. For names and the like; what is to be read to its end is for [`visible`].
pub fn escape(text: &str) -> String {
    let most = text.char_indices().nth(60).map(|(at, _)| at);
    match most.and_then(|at| text.get(..at)) {
        Some(beginning) => format!("{}…", visible(beginning)),
        None => visible(text),
    }
}

/// The same of a whole text, such as a sentence with its hint: nothing is cut off.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) { out.extend(c.escape_debug()) } else { out.push(c) }
    }
    out
}

/// A JSON document in which nothing acts upon a terminal that shows it: the same document, with escapes for what JSON itself
/// lets stand.
pub fn visible_json(json: &str) -> String {
    if !json.contains(|c| c != '\n' && acts(c)) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            '\n' => out.push(c),
            // Outside of strings JSON has no such character, and within they are what this stands for.
            c if acts(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Whether a character acts upon the text around it, or is not seen: control characters, and those that turn the direction of
/// text around or have no width.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_name(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError { kind: $kind, shown: escape(text) })
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// A project: what one ledger is about.
    ProjectName,
    "project"
);
name!(
    /// A place where releases run, such as `staging`.
    EnvironmentName,
    "environment"
);
name!(
    /// What moves as one: an environment, or all environments that read one target. Named after the first of them.
    LaneName,
    "lane"
);
name!(
    /// One of several artifacts of a release.
    ArtifactName,
    "artifact"
);
name!(
    /// A result that may be asked for, such as `integration`.
    EvidenceName,
    "evidence"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_shows_what_would_act_upon_a_terminal() {
        let value = serde_json::json!({ "a": "x\u{9b}31m\u{202e}\u{7f}\u{feff}\u{2066}ä\n\u{1b}" });
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = visible_json(&json);
            assert!(shown.chars().all(|c| c == '\n' || !acts(c)), "{shown:?}");
            assert!(shown.contains("x\\u009b31m\\u202e\\u007f\\ufeff\\u2066ä\\n\\u001b"), "{shown}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
    }

    #[test]
    fn names_follow_one_pattern() {
        for good in ["a", "0", "prod", "eu-west-1", &"x".repeat(32)] {
            assert!(good.parse::<EnvironmentName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "../x", "a/b", "ä", "a\0", &"x".repeat(33)] {
            assert!(bad.parse::<EnvironmentName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn hostile_text_is_shown_harmlessly() {
        assert_eq!(escape("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(escape("grep \"x\" | it's"), "grep \"x\" | it's");
        assert_eq!(escape("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(escape(&"x".repeat(70)).chars().count(), 61);
        assert_eq!(visible(&"ä".repeat(70)), "ä".repeat(70));
        assert_eq!(visible("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
    }
}
