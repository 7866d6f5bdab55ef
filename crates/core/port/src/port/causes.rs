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
/// What stands between the words of a path.
const BETWEEN: [char; 4] = ['/', '.', '-', '_'];

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
        if let Some(length) = path(rest) {
            let (path, after) = rest.split_at(length);
            for part in path.split_inclusive(BETWEEN) {
                let name = part.trim_end_matches(BETWEEN);
                out.push_str(if is_a_key_in_a_path(name) { "***" } else { name });
                out.push_str(part.get(name.len()..).unwrap_or_default());
            }
            rest = after;
            continue;
        }
        let end = rest.find(|c| !part_of_a_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            out.push(if c.is_control() { ' ' } else { c });
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        // A key has slashes within.
        out.push_str(if may_be_a_key(word) { "***" } else { word });
        rest = after;
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

fn may_be_a_key(word: &str) -> bool {
    let digits = word.bytes().any(|b| b.is_ascii_digit());
    let letters = word.bytes().any(|b| b.is_ascii_alphabetic());
    word.len() >= SECRET && digits && letters
}

/// How long the path is that the text begins with: one whose first folder is of small letters, as no key begins. It is the cause
/// in many a message, and says what to look at.
fn path(text: &str) -> Option<usize> {
    let begin = text.strip_prefix('~').unwrap_or(text).strip_prefix('/')?;
    let (root, _) = begin.split_once('/')?;
    let home = text.starts_with('~') || root == "Users";
    if !home && (root.len() < 3 || !root.bytes().all(|b| b.is_ascii_lowercase())) {
        return None;
    }
    let of_a_path = |c: char| c.is_alphanumeric() || "~/._-@+=".contains(c);
    Some(text.find(|c| !of_a_path(c)).unwrap_or(text.len()))
}

/// Whether a part of a path may be a key; numbers in hexadecimal name the files of caches.
fn is_a_key_in_a_path(name: &str) -> bool {
    may_be_a_key(name) && !name.bytes().all(|b| b.is_ascii_hexdigit())
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
    fn the_path_of_a_file_stays() {
        let cache = "/tmp/run-2026-11-30/home/.aws/sso/cache/d033e22ae348aeb5660fc2140aec35850c4da997.json";
        for text in [
            format!("failed to read `{cache}`"),
            "can't open ~/.aws/config2/credentials-of-2026: no such file".to_owned(),
            "/Users/ann42/Library/2026-caches/x".to_owned(),
        ] {
            assert_eq!(shown(&text), text);
        }
        assert_eq!(shown("at /home/ann/wJalrXUtnFEMIK7MDENGbPxRfiCY/x"), "at /home/ann/***/x");
        assert_eq!(shown("/K7MDENG/bPxRfiCYwJalrXUtnFEMI"), "***");
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
