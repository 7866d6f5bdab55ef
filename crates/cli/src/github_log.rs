//! The log of a GitHub job. The runner reads every line of it and acts upon some: after blanks at its beginning on `::`,
//! anywhere on `##[` (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>, and the
//! runner's `ActionCommand.cs`). What foreign text says there must stay text: subjects of commits, output of steps,
//! messages of servers.

use crate::app::env::Env;
use crate::app::screen::Stream;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The stream, and in a job of GitHub one in which nothing is a command.
pub(crate) fn guarded(env: &Env, stream: &Stream) -> Stream {
    if env.variable("GITHUB_ACTIONS") != Some("true") {
        return Arc::clone(stream);
    }
    Arc::new(Mutex::new(Guarded { inner: Arc::clone(stream), place: LinePosition::Blank, hashes: 0 }))
}

/// Where in its line the text has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinePosition {
    /// Nothing but blanks so far.
    Blank,
    /// Blanks and a colon.
    Colon,
    /// More.
    Within,
}

struct Guarded {
    inner: Stream,
    place: LinePosition,
    /// How many `#` came last, two at most.
    hashes: u8,
}

impl Guarded {
    /// The text, in which an invisible character parts what would be a command. JSON has escapes for that.
    fn harmless(&mut self, text: &str) -> String {
        let is_json = text.starts_with('{');
        let mut out = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            if c == ':' && self.place == LinePosition::Colon {
                out.push('\u{200b}');
            }
            if c == '[' && self.hashes == 2 {
                out.push_str(if is_json { "\\u005b" } else { "\u{200b}[" });
            } else {
                out.push(c);
            }
            self.hashes = if c == '#' { (self.hashes + 1).min(2) } else { 0 };
            self.place = match (self.place, c) {
                (_, '\n' | '\r') => LinePosition::Blank,
                (LinePosition::Blank, ':') => LinePosition::Colon,
                (LinePosition::Blank, c) if c.is_whitespace() => LinePosition::Blank,
                _ => LinePosition::Within,
            };
        }
        out
    }
}

impl Write for Guarded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = self.harmless(&String::from_utf8_lossy(bytes));
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[&str]) -> String {
        let inner: Stream = Arc::new(Mutex::new(io::sink()));
        let mut guarded = Guarded { inner, place: LinePosition::Blank, hashes: 0 };
        pieces.iter().map(|piece| guarded.harmless(piece)).collect()
    }

    /// Whether the runner would act on one of the lines: it trims them, and finds the old form anywhere.
    fn acts(text: &str) -> bool {
        text.split(['\n', '\r']).any(|line| line.trim().starts_with("::") || line.contains("##["))
    }

    #[test]
    fn nothing_is_left_that_the_runner_acts_upon() {
        for pieces in [
            &["::error::x\n"][..],
            &["a\n \t\u{a0}::add-mask::x\n"],
            &["a\r::stop-commands::x"],
            &[":", ":set-output name=x::y"],
            &["  :", ":x"],
            &[":::x"],
            &["a ##[group]x"],
            &["###[group]x"],
            &["#", "#", "[error]x"],
            &["##", "[error]x"],
        ] {
            assert!(acts(&pieces.concat()), "{pieces:?} would be no command anyway");
            let text = shown(pieces);
            assert!(!acts(&text), "{text:?}");
            assert_eq!(text.replace('\u{200b}', ""), pieces.concat());
        }
        for text in ["a::b\n: :x\n#[x]\n# #[x]\n", "https://x.example/a::b"] {
            assert_eq!(shown(&[text]), text);
        }
    }

    #[test]
    fn json_stays_what_it_says() {
        let document = "{\n  \"subject\": \"##[error]x ::y\"\n}\n";
        let text = shown(&[document]);
        assert!(!acts(&text), "{text}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&text), read(document));
    }
}
