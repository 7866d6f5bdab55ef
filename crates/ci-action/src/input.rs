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
    /// Needed, but empty.
    #[error("the input `{0}` is needed")]
    Missing(String),
}

/// The inputs of one step.
#[derive(Debug, Clone)]
pub struct Inputs<'v> {
    variables: &'v BTreeMap<String, String>,
}

impl<'v> Inputs<'v> {
    /// The inputs in these environment variables.
    pub fn new(variables: &'v BTreeMap<String, String>) -> Self {
        Self { variables }
    }

    /// The first of these inputs that is not empty. Older workflows call the same thing by other names.
    pub fn text(&self, names: &[&str]) -> Option<&'v str> {
        names.iter().find_map(|name| {
            let dashed = format!("INPUT_{}", name.replace(' ', "_").to_uppercase());
            let plain = dashed.replace('-', "_");
            [dashed, plain]
                .iter()
                .find_map(|key| self.variables.get(key).map(|value| value.trim()))
                .filter(|value| !value.is_empty())
        })
    }

    /// The same, when it must be there.
    ///
    /// # Errors
    /// When it is empty.
    pub fn needed(&self, names: &[&str]) -> Result<&'v str, InputError> {
        let first = names.first().copied().unwrap_or_default();
        self.text(names).ok_or_else(|| InputError::Missing(first.to_owned()))
    }

    /// A boolean: exactly the words of YAML's core schema.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn boolean(&self, name: &str, default: bool) -> Result<bool, InputError> {
        match self.text(&[name]) {
            None => Ok(default),
            Some("true" | "True" | "TRUE") => Ok(true),
            Some("false" | "False" | "FALSE") => Ok(false),
            Some(other) => {
                Err(InputError::Boolean { name: name.to_owned(), shown: promote_core::names::shown(other) })
            }
        }
    }

    /// The lines of an input, trimmed, empty ones left out.
    pub fn lines(&self, name: &str) -> Vec<&'v str> {
        let text = self.text(&[name]).unwrap_or_default();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read_in_both_spellings() {
        let variables: BTreeMap<String, String> = [
            ("INPUT_DRY-RUN", " True "),
            ("INPUT_ON_BLOCKED", "neutral"),
            ("INPUT_COMMIT_SHA", "abc"),
            ("INPUT_X", "yes"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let inputs = Inputs::new(&variables);
        assert_eq!(inputs.boolean("dry-run", false), Ok(true));
        assert_eq!(inputs.text(&["on-blocked"]), Some("neutral"));
        assert_eq!(inputs.text(&["version", "commit_sha"]), Some("abc"));
        assert!(inputs.boolean("x", false).is_err());
        assert_eq!(inputs.needed(&["to"]), Err(InputError::Missing("to".to_owned())));
    }
}
