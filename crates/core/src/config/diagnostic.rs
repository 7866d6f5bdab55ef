//! What is wrong in the file and where: one value for the terminal, for annotations in CI and for editors. Showing it
//! is the frontends' work; they show [`crate::config::masked`] text only.

use serde::Serialize;
use std::collections::BTreeSet;
use std::ops::Range;

/// At most this many are told; a file with more is not a mistake but noise.
const MOST: usize = 200;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// It can, but hardly means what it says.
    Warning,
    /// It can; something would be safer.
    Advice,
}

/// A place in the file with a remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Bytes of the file, on character boundaries.
    pub span: Range<usize>,
    /// The remark; empty where there is none.
    pub text: String,
}

/// One finding about the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Other places that matter for it.
    pub secondary: Vec<Label>,
    /// The line where `primary` starts, from 1.
    pub line: u32,
    /// The column where `primary` starts, from 1, in characters.
    pub column: u32,
    /// The line where `primary` ends.
    pub end_line: u32,
    /// The column just behind `primary`.
    pub end_column: u32,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    fn new(severity: Severity, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
            hint: None,
        }
    }

    pub(super) fn error(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, span, message)
    }

    pub(super) fn warning(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, span, message)
    }

    pub(super) fn advice(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Severity::Advice, span, message)
    }

    /// A remark at the place itself.
    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Another place.
    pub(super) fn also(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    pub(super) fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    pub(super) fn maybe_hint(mut self, text: Option<String>) -> Self {
        self.hint = text.or(self.hint);
        self
    }
}

/// Where the lines of a text start.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= at)).unwrap_or(u32::MAX).max(1)
    }

    /// Line and column, from 1, the column in characters.
    fn place(&self, at: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let mut before = self.text.get(start..at).unwrap_or_default();
        if start == 0 {
            before = before.trim_start_matches('\u{feff}');
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (number(line), number(before.chars().count() + 1))
    }
}

/// Collects diagnostics, puts them in their places and drops what is said twice.
#[derive(Debug)]
pub(super) struct Diagnostics<'t> {
    lines: Lines<'t>,
    list: Vec<Diagnostic>,
    seen: BTreeSet<(usize, usize, String)>,
    bad: BTreeSet<(usize, usize)>,
}

impl<'t> Diagnostics<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lines: Lines::of(text), list: Vec::new(), seen: BTreeSet::new(), bad: BTreeSet::new() }
    }

    pub(super) fn lines(&self) -> &Lines<'t> {
        &self.lines
    }

    /// Whether there is no use in looking further.
    pub(super) fn full(&self) -> bool {
        self.list.len() >= MOST
    }

    pub(super) fn has_errors(&self) -> bool {
        !self.bad.is_empty()
    }

    /// Whether an error was found inside this place already, so that others there are likely its consequence.
    pub(super) fn is_bad(&self, span: &Range<usize>) -> bool {
        self.bad
            .range((span.start, 0)..)
            .take_while(|(start, _)| *start <= span.end)
            .any(|(_, end)| *end <= span.end)
    }

    pub(super) fn push(&mut self, mut diagnostic: Diagnostic) {
        self.fit(&mut diagnostic.primary.span);
        for label in &mut diagnostic.secondary {
            self.fit(&mut label.span);
        }
        let Range { start, end } = diagnostic.primary.span;
        if diagnostic.severity == Severity::Error {
            self.bad.insert((start, end));
        }
        if self.full() || !self.seen.insert((start, end, diagnostic.message.clone())) {
            return;
        }
        (diagnostic.line, diagnostic.column) = self.lines.place(start);
        (diagnostic.end_line, diagnostic.end_column) = self.lines.place(end);
        self.list.push(diagnostic);
    }

    /// Errors first, then warnings, then advice; each in the order of the file.
    pub(super) fn into_list(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|found| (found.severity, found.primary.span.start, found.primary.span.end));
        self.list
    }

    /// Makes a span lie in the text, on character boundaries.
    fn fit(&self, span: &mut Range<usize>) {
        let text = self.lines.text;
        let floor =
            |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        span.start = floor(span.start);
        span.end = floor(span.end).max(span.start);
    }
}
