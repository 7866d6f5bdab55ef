//! The options of a line in a list of signers: for what a key may sign, and from when until when. Which lines there
//! are is `allowed`'s.

use crate::validity;
use chrono::{DateTime, Utc};
use promote_port::names::escape;
use promote_port::suggest::closest;

const KNOWN: [&str; 4] = ["cert-authority", "namespaces", "valid-after", "valid-before"];

/// What a line allows its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Patterns of purposes; `None` for all.
    pub(crate) namespaces: Option<String>,
    /// From when on, that second included.
    pub(crate) after: Option<DateTime<Utc>>,
    /// Until when, that second included.
    pub(crate) before: Option<DateTime<Utc>>,
}

/// A mistake in options: at which byte of their text, what it is, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OptionMistake {
    pub(crate) at: usize,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

fn mistake<T>(at: usize, message: impl Into<String>) -> Result<T, OptionMistake> {
    Err(OptionMistake { at, message: message.into(), hint: None })
}

/// Where the options at the beginning of `text` end: at a blank outside of quotes. `None` where a quote is left open.
pub(crate) fn end(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b' ' | b'\t' if !quoted => return Some(at),
            _ => {}
        }
        escaped = byte == b'\\';
    }
    (!quoted).then_some(text.len())
}

impl Options {
    pub(crate) fn read(text: &str) -> Result<Self, OptionMistake> {
        let mut options = Self::default();
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            let length = rest.find(['=', ',']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(length);
            let known = name.to_ascii_lowercase();
            if known == "cert-authority" {
                return mistake(at, "keys that certify other keys are not supported: `cert-authority`")
                    .map_err(|it| OptionMistake {
                        hint: Some("list the key of each person in its place".to_owned()),
                        ..it
                    });
            }
            if !KNOWN.contains(&known.as_str()) {
                let near = closest(name, KNOWN).map(|near| format!("did you mean `{near}`?"));
                let message = format!("`{}` is neither a kind of key nor an option", escape(name));
                return Err(OptionMistake { at, message, hint: near });
            }
            let Some(quoted) = after.strip_prefix('=') else {
                return mistake(at, format!("`{known}` needs a value: `{known}=\"…\"`"));
            };
            let start = at + length + 1;
            let Some((value, used)) = quoted_value(quoted) else {
                return mistake(
                    start,
                    format!("the value of `{known}` must stand in quotes: `{known}=\"…\"`"),
                );
            };
            options.set(&known, &value).map_err(|(message, hint)| OptionMistake {
                at: start,
                message,
                hint,
            })?;
            at = start + used;
            match text.get(at..).unwrap_or_default() {
                "" => break,
                rest if rest.starts_with(',') => at += 1,
                _ => return mistake(at, "a comma must stand between options"),
            }
        }
        match (options.after, options.before) {
            (Some(after), Some(before)) if before <= after => {
                mistake(0, "`valid-before` is not later than `valid-after`, so the key is never valid")
            }
            _ => Ok(options),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), (String, Option<String>)> {
        let twice = || (format!("`{name}` stands here twice"), None);
        let time =
            || validity::read(value).map_err(|(message, hint)| (format!("`{name}`: {message}"), Some(hint)));
        match name {
            "namespaces" if self.namespaces.is_some() => Err(twice()),
            "valid-after" if self.after.is_some() => Err(twice()),
            "valid-before" if self.before.is_some() => Err(twice()),
            "namespaces" if value.split(',').any(|part| part.trim() != part || part.is_empty()) => {
                let hint = "write names with commas between them and no blanks".to_owned();
                Err(("`namespaces` has an empty name or a blank".to_owned(), Some(hint)))
            }
            "namespaces" => {
                self.namespaces = Some(value.to_owned());
                Ok(())
            }
            "valid-after" => {
                self.after = Some(time()?);
                Ok(())
            }
            _ => {
                self.before = Some(time()?);
                Ok(())
            }
        }
    }
}

/// A value in quotes, in which `\"` is a quote, and how many bytes it takes.
fn quoted_value(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut letters = inner.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, at + 2)),
            '\\' if letters.next_if(|(_, next)| *next == '"').is_some() => value.push('"'),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order_and_case() {
        let read =
            Options::read(r#"Valid-Before="20270101Z",namespaces="a,b*",valid-after="20260101Z""#).unwrap();
        assert_eq!(read.namespaces.as_deref(), Some("a,b*"));
        assert_eq!(read.after, Some("2026-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(read.before, Some("2027-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(end(r#"namespaces="a b",x y"#), Some(18));
        assert_eq!(end(r#"namespaces="a \" b" y"#), Some(19));
        assert_eq!(end(r#"namespaces="a b"#), None);
    }

    #[test]
    fn what_is_no_option_is_a_mistake_at_its_place() {
        for (text, at, words) in [
            ("cert-authority", 0, "not supported"),
            (r#"namespaces="a",CERT-authority"#, 15, "not supported"),
            ("namespace=\"a\"", 0, "neither a kind of key nor an option"),
            ("namespaces", 0, "needs a value"),
            ("namespaces=a", 11, "in quotes"),
            ("namespaces=\"a", 11, "in quotes"),
            ("namespaces=\"\"", 11, "empty name"),
            ("namespaces=\"a, b\"", 11, "a blank"),
            ("namespaces=\"a\"x", 14, "a comma"),
            ("namespaces=\"a\",", 15, "neither"),
            ("namespaces=\"a\",namespaces=\"b\"", 26, "twice"),
            ("valid-after=\"20260101\"", 12, "without `Z`"),
            ("valid-after=\"tomorrow\"", 12, "not a time"),
            (r#"valid-after="20260101Z",valid-before="20260101Z""#, 0, "never valid"),
        ] {
            let wrong = Options::read(text).unwrap_err();
            assert!(wrong.at == at && wrong.message.contains(words), "{text}: {wrong:?}");
        }
        let near = Options::read("namespace=\"a\"").unwrap_err();
        assert_eq!(near.hint.as_deref(), Some("did you mean `namespaces`?"));
    }
}
