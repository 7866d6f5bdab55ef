//! What a library of others says went wrong, cause by cause, fit to be shown: one line each, short, and without what
//! could be a secret. A program that gives credentials may print anything.

use std::error::Error;
use std::fmt;

/// How long one cause may be, in characters.
const LONGEST: usize = 300;
/// How many causes are told.
const DEEPEST: usize = 8;
/// A word of this length, of letters and digits, can be a key or a token.
const SECRET: usize = 16;

/// A cause, and what caused that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    text: String,
    next: Option<Box<Cause>>,
}

impl Cause {
    /// The error and its causes, outermost first. What only repeats the one before is left out.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let whole = std::iter::successors(Some(error), |error| {
            let error: &(dyn Error + 'static) = *error;
            error.source()
        });
        let mut texts: Vec<String> = Vec::new();
        for error in whole {
            let text = shown(&error.to_string());
            if texts.last().is_none_or(|last| !last.contains(&text)) {
                texts.push(text);
            }
        }
        texts.truncate(DEEPEST);
        let mut next = None;
        let mut first = String::new();
        for (index, text) in texts.into_iter().enumerate().rev() {
            if index == 0 {
                first = text;
            } else {
                next = Some(Box::new(Self { text, next }));
            }
        }
        Self { text: first, next }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

/// One line of at most [`LONGEST`] characters, with what could be a secret left out.
fn shown(text: &str) -> String {
    let part_of_a_word = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c| !part_of_a_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            out.push(if c.is_control() { ' ' } else { c });
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        // The parts of a path are words of their own; a key has slashes within.
        let digits = word.bytes().any(|b| b.is_ascii_digit());
        let letters = word.bytes().any(|b| b.is_ascii_alphabetic());
        out.push_str(if word.len() >= SECRET && digits && letters { "***" } else { word });
        rest = after;
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::causes;

    #[derive(Debug)]
    struct Chain(&'static str, Option<Box<Chain>>);

    impl fmt::Display for Chain {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Chain {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|next| next as _)
        }
    }

    #[test]
    fn each_cause_is_a_line_without_secrets_and_repetitions() {
        let inner = Chain(
            "exit status: 1\nkey AKIAIOSFODNN7EXAMPLE, \"wJalrXUtnFEMI/K7MDENG/bPxRfiCY\"\u{1b}[1m",
            None,
        );
        let middle = Chain("the profile `ci` of /home/ann/.aws/config gave none", Some(Box::new(inner)));
        let outer = Chain(
            "no credentials: the profile `ci` of /home/ann/.aws/config gave none",
            Some(Box::new(middle)),
        );
        let told = Cause::of(&outer);
        let lines: Vec<String> =
            std::iter::once(told.to_string()).chain(causes(&told).map(ToString::to_string)).collect();
        assert_eq!(
            lines,
            [
                "no credentials: the profile `ci` of /home/ann/.aws/config gave none",
                "exit status: 1 key ***, \"***\" [1m"
            ]
        );
    }

    #[test]
    fn a_long_chain_and_a_long_cause_are_cut() {
        let text: &'static str = Box::leak("x ".repeat(1000).into_boxed_str());
        let mut chain = Chain("end", None);
        for word in ["a", "b", "c", "d", "e", "f", "g", "h", "i", text] {
            chain = Chain(word, Some(Box::new(chain)));
        }
        let told = Cause::of(&chain);
        assert_eq!((told.to_string().len(), causes(&told).count()), (300, 7));
    }
}
