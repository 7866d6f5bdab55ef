//! What is shown, before it has a form: headlines, lines, tables, labelled fields, a picture, hints. Text for a terminal,
//! Markdown and tab-separated lines are drawn from the same page.
//!
//! Content and style are kept apart, and content is made harmless when it enters: a control character in a commit
//! message or in a name can't reach the terminal. A terminal shows a page in brief, since what it is about was shown before
//! or is a command away; Markdown shows it in full, since nothing stands beside it.

mod escape;
mod fold;
mod human;
mod links;
mod markdown;
mod picture;
mod plain;
mod rows;
mod text;

pub use escape::addresses;
pub use links::Links;
pub use picture::{Mark, Node};
pub use rows::Rows;
pub use text::{Link, Style, Text};

/// Whether what is told is good, for the sign that a headline begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It is neither.
    None,
    /// It is.
    Good,
    /// It is not.
    Bad,
    /// It is an error of the command, which says so.
    Error,
}

/// One part of a page.
#[derive(Debug, Clone, PartialEq)]
enum Block {
    /// What the page comes to, in one line.
    Headline { sign: Sign, text: Text },
    /// One line.
    Line(Text),
    /// An empty line.
    Blank,
    /// Rows below a head; an empty head is not shown.
    Table(Rows),
    /// A label, items of one or more lines each, and rows.
    Field { label: String, items: Vec<Vec<Text>>, rows: Rows },
    /// What runs where.
    Picture(Vec<Node>),
}

/// In which forms a part is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Always,
    Brief,
    Full,
}

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    blocks: Vec<(Extent, Block)>,
    hints: Vec<String>,
    closing: Option<Text>,
}

impl Page {
    fn add(&mut self, block: Block) {
        self.blocks.push((Extent::Always, block));
    }

    /// Adds what the page comes to.
    pub fn headline(&mut self, sign: Sign, text: impl Into<Text>) {
        self.add(Block::Headline { sign, text: text.into() });
    }

    /// Adds a line. One that is moved in belongs to the one before.
    pub fn line(&mut self, text: impl Into<Text>) {
        self.add(Block::Line(text.into()));
    }

    /// Adds an empty line, unless there is one.
    pub fn blank(&mut self) {
        if self.blocks.last().is_some_and(|(_, last)| *last != Block::Blank) {
            self.add(Block::Blank);
        }
    }

    /// Adds a table.
    pub fn table(&mut self, head: &[&'static str], rows: Vec<Vec<Text>>) {
        self.add(Block::Table(Rows::new(head, rows)));
    }

    /// Adds a table that a terminal shows a part of.
    pub fn rows(&mut self, rows: Rows) {
        self.add(Block::Table(rows));
    }

    /// Adds a labelled field.
    pub fn field(&mut self, label: impl Into<String>, lines: Vec<Text>) {
        self.items(label, if lines.is_empty() { vec![] } else { vec![lines] });
    }

    /// Adds a labelled field of several things, each of one or more lines.
    pub fn items(&mut self, label: impl Into<String>, items: Vec<Vec<Text>>) {
        self.listing(label, items, Rows::default());
    }

    /// Adds a labelled field with rows.
    pub fn listing(&mut self, label: impl Into<String>, items: Vec<Vec<Text>>, rows: Rows) {
        if !items.is_empty() || !rows.is_empty() {
            self.add(Block::Field { label: label.into(), items, rows });
        }
    }

    /// Adds a picture of what runs where.
    pub fn picture(&mut self, nodes: Vec<Node>) {
        self.add(Block::Picture(nodes));
    }

    /// Adds what a person can do next. Commands stand in backticks.
    pub fn hint(&mut self, hint: impl AsRef<str>) {
        let hint = hint.as_ref().to_owned();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }

    /// Says what the whole is named by, below all else of a full page.
    pub fn closing(&mut self, text: impl Into<Text>) {
        self.closing = Some(text.into());
    }

    /// Adds parts that are drawn in brief alone.
    pub fn brief(&mut self, add: impl FnOnce(&mut Self)) {
        self.only(Extent::Brief, add);
    }

    /// Adds parts that are drawn in full alone.
    pub fn full(&mut self, add: impl FnOnce(&mut Self)) {
        self.only(Extent::Full, add);
    }

    fn only(&mut self, extent: Extent, add: impl FnOnce(&mut Self)) {
        let from = self.blocks.len();
        add(self);
        self.blocks
            .iter_mut()
            .skip(from)
            .filter(|(of, _)| *of == Extent::Always)
            .for_each(|(of, _)| *of = extent);
    }

    fn drawn(&self, except: Extent) -> impl DoubleEndedIterator<Item = &Block> {
        self.blocks.iter().filter(move |(extent, _)| *extent != except).map(|(_, block)| block)
    }

    /// The same with each text as `change` makes it.
    #[must_use]
    pub fn changed(mut self, change: impl Fn(&str) -> String) -> Self {
        let texts = self.blocks.iter_mut().flat_map(|(_, block)| block.texts()).chain(&mut self.closing);
        for span in texts.flat_map(|text| text.0.iter_mut()) {
            span.text = change(&span.text);
            span.full = span.full.as_deref().map(&change);
        }
        self.hints.iter_mut().for_each(|hint| *hint = change(hint));
        self
    }
}

impl Block {
    fn texts(&mut self) -> Vec<&mut Text> {
        match self {
            Self::Headline { text, .. } | Self::Line(text) => vec![text],
            Self::Table(rows) => rows.texts().collect(),
            Self::Field { items, rows, .. } => items.iter_mut().flatten().chain(rows.texts()).collect(),
            Self::Blank | Self::Picture(_) => vec![],
        }
    }
}
