//! A line of styled text whose content is harmless.

use anstyle::{AnsiColor, Effects};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// What a piece of text means; how that looks is decided here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Nothing special.
    Plain,
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// A warning.
    Warn,
    /// What stands for itself, as code does: paths, commits, digests.
    Literal,
    /// What is told apart from its surroundings.
    Accent,
    /// A command to type.
    Command,
    /// What the eye should find.
    Strong,
    /// What it may pass over.
    Dim,
}

impl Style {
    const fn ansi(self) -> anstyle::Style {
        let style = anstyle::Style::new();
        match self {
            Self::Plain => style,
            Self::Good => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))),
            Self::Bad => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))).effects(Effects::BOLD),
            Self::Warn => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow))),
            Self::Literal | Self::Accent => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan))),
            Self::Command => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))),
            Self::Strong => style.effects(Effects::BOLD),
            Self::Dim => style.effects(Effects::DIMMED),
        }
    }
}

/// Where a piece of text leads, in the forms that have links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// To a commit.
    Commit(String),
    /// To what lies between two commits.
    Between(String, String),
    /// To a page of somebody else's.
    Page(String),
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) style: Style,
    pub(super) text: String,
    /// What a full page has in its place.
    pub(super) full: Option<String>,
    pub(super) link: Option<Link>,
}

impl Span {
    fn new(text: &str, style: Style) -> Self {
        Self { style, text: harmless(text), full: None, link: None }
    }
}

/// A line of styled text. Never holds a control character.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub(super) Vec<Span>);

impl Text {
    /// Text without style.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(text, Style::Plain)
    }

    /// Text in one style.
    pub fn new(text: impl AsRef<str>, style: Style) -> Self {
        Self(vec![Span::new(text.as_ref(), style)])
    }

    /// The first seven digits of a commit, which lead to it.
    pub fn commit(sha: &str) -> Self {
        Self::new(sha.get(..7).unwrap_or(sha), Style::Literal).to(Link::Commit(sha.to_owned()))
    }

    /// The same, whose last piece leads somewhere.
    #[must_use]
    pub fn to(mut self, link: Link) -> Self {
        if let Some(last) = self.0.last_mut() {
            last.link = Some(link);
        }
        self
    }

    /// The same, whose last piece is told more fully where there is room for it.
    #[must_use]
    pub fn in_full(mut self, full: impl AsRef<str>) -> Self {
        if let Some(last) = self.0.last_mut() {
            last.full = Some(harmless(full.as_ref()));
        }
        self
    }

    /// Text in which what stands in backticks is a command.
    pub fn marked(text: impl AsRef<str>) -> Self {
        let mut out = Self::default();
        for (index, part) in text.as_ref().split('`').enumerate() {
            if index % 2 == 1 {
                out = out.and(format!("`{part}`"), Style::Command);
            } else if !part.is_empty() {
                out = out.and(part, Style::Plain);
            }
        }
        // An odd backtick opens nothing.
        if text.as_ref().matches('`').count() % 2 == 1 { Self::plain(text) } else { out }
    }

    /// The same with more behind it.
    #[must_use]
    pub fn and(mut self, text: impl AsRef<str>, style: Style) -> Self {
        self.0.push(Span::new(text.as_ref(), style));
        self
    }

    /// The same with another text behind it.
    #[must_use]
    pub fn then(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The content alone.
    pub fn content(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    /// The content without the sign that it begins with. What is foreign is never styled at its beginning, so a sign of
    /// its own stays.
    pub fn words(&self) -> String {
        let begins = self.0.iter().position(|span| !span.text.trim().is_empty());
        let signed = self.0.iter().enumerate().map(|(at, Span { style, text, .. })| {
            let first = begins == Some(at) && *style != Style::Plain && self.content().trim() != text.trim()
                || begins == Some(at) && *style != Style::Plain && text.trim().contains(' ');
            if first { unsigned(text) } else { text.as_str() }
        });
        signed.collect()
    }

    /// Each character with its style.
    pub(super) fn characters(&self) -> impl Iterator<Item = (Style, char)> {
        self.0.iter().flat_map(|span| span.text.chars().map(|c| (span.style, c)))
    }

    /// Adds a harmless character.
    pub(super) fn add(&mut self, style: Style, c: char) {
        match self.0.last_mut() {
            Some(last) if last.style == style => last.text.push(c),
            _ => self.0.push(Span { style, text: c.to_string(), full: None, link: None }),
        }
    }

    /// How many columns it fills.
    pub fn width(&self) -> usize {
        self.0.iter().map(|span| span.text.width()).sum()
    }

    /// With escape sequences, or without.
    pub fn shown(&self, colour: bool) -> String {
        let mut out = String::new();
        for same in self.0.chunk_by(|one, next| one.style == next.style) {
            let text: String = same.iter().map(|span| span.text.as_str()).collect();
            match same.first().filter(|span| colour && span.style != Style::Plain) {
                Some(Span { style, .. }) => {
                    let ansi = style.ansi();
                    let _ = write!(out, "{ansi}{text}{ansi:#}");
                }
                None => out.push_str(&text),
            }
        }
        out
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

/// A text without the sign that it begins with.
fn unsigned(text: &str) -> &str {
    let trimmed = text.trim_start();
    match trimmed.split_once(' ') {
        Some((sign, rest)) if SIGNS.contains(&sign) => rest,
        None if SIGNS.contains(&trimmed) => "",
        _ => text,
    }
}

/// What a line or a cell begins with to be found by the eye; each is followed by a word that means the same.
const SIGNS: [&str; 8] = ["✓", "✗", "…", "↩", "?", "!", "+", "-"];

/// Escapes what would move the cursor, change colours or reorder the line.
fn harmless(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.contains(hidden) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_can_not_drive_a_terminal() {
        let text = Text::plain("fix\u{1b}[2J\u{202e}x\r\ny");
        assert_eq!(text.shown(true), "fix\\u{1b}[2J\\u{202e}x\\u{d}\\u{a}y");
    }

    #[test]
    fn what_stands_in_backticks_is_a_command() {
        assert_eq!(Text::marked("say `promote x` now").shown(false), "say `promote x` now");
        assert!(Text::marked("`promote x`").shown(true).starts_with("\u{1b}[32m`promote x`"));
        assert_eq!(Text::marked("an odd ` one").shown(true), "an odd ` one");
    }
}
