//! Inputs as the runner passes them: `INPUT_` and the name in capitals, with dashes kept by the runner and turned
//! to underscores by a composite action's mapping; both are read. Values are trimmed, missing is empty
//! (<https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs>).

use std::collections::BTreeMap;

/// Why an input can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A boolean that is none of YAML's core words.
    #[error("the input `{name}` is `{shown}`, but must be true or false")]
    Boolean {
        /// The input.
        name: String,
        /// What it holds.
        shown: String,
    },
    /// None of the words that it may be.
    #[error("the input `{name}` is `{shown}`, but must be one of {known}")]
    Word {
        /// The input.
        name: String,
        /// What it holds.
        shown: String,
        /// What it may be.
        known: String,
    },
    /// A line that is not of the form it has to be.
    #[error("a line of the input `{name}` is `{shown}`, but must be `{form}`")]
    Line {
        /// The input.
        name: String,
        /// The line.
        shown: String,
        /// What it must be.
        form: &'static str,
    },
    /// Two names of the same thing say different things.
    #[error("the inputs `{0}` and `{1}` are two names of the same thing, and differ")]
    Ambiguous(String, String),
    /// A name that is given two texts.
    #[error("the input `{name}` gives `{key}` twice")]
    Twice {
        /// The input.
        name: String,
        /// What is given twice.
        key: String,
    },
    /// Needed, but empty.
    #[error("the input `{0}` is needed")]
    Missing(String),
}

/// The inputs of one step.
#[derive(Debug, Clone)]
pub struct Inputs<'v> {
    variables: &'v BTreeMap<String, String>,
}

/// What the official toolkit trims.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}')
}

impl<'v> Inputs<'v> {
    /// The inputs in these environment variables.
    pub fn new(variables: &'v BTreeMap<String, String>) -> Self {
        Self { variables }
    }

    /// An input, trimmed; empty when it is not given.
    pub fn get(&self, name: &str) -> &'v str {
        let dashed = format!("INPUT_{}", name.replace(' ', "_").to_uppercase());
        let plain = dashed.replace('-', "_");
        let found = [dashed, plain].iter().find_map(|key| {
            self.variables.get(key).map(|value| trimmed(value)).filter(|value| !value.is_empty())
        });
        found.unwrap_or_default()
    }

    /// The one of these inputs that is given: older workflows call the same thing by other names.
    ///
    /// # Errors
    /// When two of them say different things.
    pub fn text(&self, names: &[&str]) -> Result<Option<&'v str>, InputError> {
        let mut found: Option<(&str, &str)> = None;
        for (name, value) in names.iter().map(|name| (*name, self.get(name))) {
            match found {
                _ if value.is_empty() => {}
                Some((other, before)) if before != value => {
                    return Err(InputError::Ambiguous(other.to_owned(), name.to_owned()));
                }
                Some(_) => {}
                None => found = Some((name, value)),
            }
        }
        Ok(found.map(|(_, value)| value))
    }

    /// The same, when it must be there.
    ///
    /// # Errors
    /// When it is empty, or ambiguous.
    pub fn needed(&self, names: &[&str]) -> Result<&'v str, InputError> {
        let first = names.first().copied().unwrap_or_default();
        self.text(names)?.ok_or_else(|| InputError::Missing(first.to_owned()))
    }

    /// A boolean: exactly the words of YAML's core schema.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn boolean(&self, name: &str, default: bool) -> Result<bool, InputError> {
        match self.get(name) {
            "" => Ok(default),
            "true" | "True" | "TRUE" => Ok(true),
            "false" | "False" | "FALSE" => Ok(false),
            other => Err(InputError::Boolean { name: name.to_owned(), shown: shown(other) }),
        }
    }

    /// One of these words; the first when it is not given.
    ///
    /// # Errors
    /// When it is another.
    pub fn word(&self, name: &str, known: &[&'static str]) -> Result<&'static str, InputError> {
        let given = self.get(name);
        let found = if given.is_empty() { known.first() } else { known.iter().find(|word| **word == given) };
        found.copied().ok_or_else(|| InputError::Word {
            name: name.to_owned(),
            shown: shown(given),
            known: known.join(", "),
        })
    }

    /// The lines of an input, trimmed, empty ones left out.
    pub fn lines(&self, name: &str) -> Vec<&'v str> {
        self.get(name).split('\n').map(trimmed).filter(|line| !line.is_empty()).collect()
    }

    /// The lines of an input as pairs of `name: text`.
    ///
    /// # Errors
    /// When a line is none.
    pub fn pairs(&self, name: &str) -> Result<BTreeMap<String, String>, InputError> {
        let pair = |line: &str| match line.split_once(':') {
            Some((key, text)) if !key.trim().is_empty() => {
                Ok((trimmed(key).to_owned(), trimmed(text).to_owned()))
            }
            _ => Err(InputError::Line { name: name.to_owned(), shown: shown(line), form: "name: text" }),
        };
        let mut pairs = BTreeMap::new();
        for (key, text) in self.lines(name).into_iter().map(pair).collect::<Result<Vec<_>, _>>()? {
            if pairs.insert(key.clone(), text).is_some() {
                return Err(InputError::Twice { name: name.to_owned(), key: shown(&key) });
            }
        }
        Ok(pairs)
    }
}

fn shown(text: &str) -> String {
    promote_core::names::escape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read_in_both_spellings() {
        let variables: BTreeMap<String, String> = [
            ("INPUT_DRY-RUN", " True "),
            ("INPUT_WAIT", "\u{feff} "),
            ("INPUT_ON-BLOCKED", ""),
            ("INPUT_ON_BLOCKED", "neutral"),
            ("INPUT_COMMIT_SHA", "abc"),
            ("INPUT_X", "yes"),
            ("INPUT_NOTES", "ticket: A-1: x\r\n\n  who:me "),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let inputs = Inputs::new(&variables);
        assert_eq!(inputs.boolean("dry-run", false), Ok(true));
        assert_eq!(inputs.boolean("wait", true), Ok(true));
        assert_eq!(inputs.word("on-blocked", &["fail", "neutral"]), Ok("neutral"));
        assert_eq!(inputs.text(&["version", "commit_sha"]), Ok(Some("abc")));
        assert!(inputs.text(&["x", "commit_sha"]).is_err());
        assert!(inputs.boolean("x", false).is_err() && inputs.word("x", &["y"]).is_err());
        assert_eq!(inputs.needed(&["to"]), Err(InputError::Missing("to".to_owned())));
        let pairs = inputs.pairs("notes").unwrap();
        assert_eq!(pairs.get("ticket").map(String::as_str), Some("A-1: x"));
        assert_eq!(pairs.get("who").map(String::as_str), Some("me"));
        assert!(inputs.pairs("x").is_err());
    }
}
