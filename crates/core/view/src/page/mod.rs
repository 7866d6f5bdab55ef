//! What a command shows, before it has a form: lines, tables, labelled fields, hints. Terminal, markdown and
//! tab-separated output are made from the same page.
//!
//! Content and style are kept apart, and content is made harmless when it enters: a control character in a commit
//! message or in a name can't reach the terminal.

mod fold;
mod human;
mod markdown;
mod plain;
mod text;

pub use text::{Style, Text};

/// One part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// One line.
    Line(Text),
    /// An empty line.
    Blank,
    /// Rows below a head; an empty head is not shown.
    Table {
        /// The names of the columns.
        head: Vec<&'static str>,
        /// The rows, each with as many cells.
        rows: Vec<Vec<Text>>,
    },
    /// A label and one or more lines.
    Field {
        /// The label.
        label: String,
        /// The lines.
        lines: Vec<Text>,
    },
}

/// What a command shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    blocks: Vec<Block>,
    hints: Vec<String>,
}

impl Page {
    /// Adds a line.
    pub fn line(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Line(text.into()));
    }

    /// Adds an empty line, unless there is one.
    pub fn blank(&mut self) {
        if !self.blocks.is_empty() && self.blocks.last() != Some(&Block::Blank) {
            self.blocks.push(Block::Blank);
        }
    }

    /// Adds a table.
    pub fn table(&mut self, head: &[&'static str], rows: Vec<Vec<Text>>) {
        self.blocks.push(Block::Table { head: head.to_vec(), rows });
    }

    /// Adds a labelled field.
    pub fn field(&mut self, label: impl Into<String>, lines: Vec<Text>) {
        if !lines.is_empty() {
            self.blocks.push(Block::Field { label: label.into(), lines });
        }
    }

    /// Adds what a person can do next. Commands stand in backticks.
    pub fn hint(&mut self, hint: impl AsRef<str>) {
        let hint = hint.as_ref().to_owned();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }
}
