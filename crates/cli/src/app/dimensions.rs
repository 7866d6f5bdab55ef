//! How large the terminal is, asked anew by whoever is about to draw: it may have been made narrower since the last line.

use std::fmt::Debug;

/// The size of the terminal now.
pub trait Dimensions: Debug + Send + Sync {
    /// How many columns the terminal has that messages go to, or else the one that data goes to; `None` without one.
    fn columns(&self) -> Option<usize>;

    /// How many rows it has.
    fn rows(&self) -> Option<usize>;
}

/// A size that stays; by default that of no terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The columns.
    pub columns: Option<usize>,
    /// The rows.
    pub rows: Option<usize>,
}

impl Dimensions for Fixed {
    fn columns(&self) -> Option<usize> {
        self.columns
    }

    fn rows(&self) -> Option<usize> {
        self.rows
    }
}

/// The process's own terminal.
#[derive(Debug)]
pub(crate) struct ProcessTerminal;

impl Dimensions for ProcessTerminal {
    fn columns(&self) -> Option<usize> {
        size().map(|(columns, _)| columns)
    }

    fn rows(&self) -> Option<usize> {
        size().map(|(_, rows)| rows)
    }
}

/// The columns and rows of the terminal.
fn size() -> Option<(usize, usize)> {
    let (width, height) = terminal_size::terminal_size_of(std::io::stderr())
        .or_else(|| terminal_size::terminal_size_of(std::io::stdout()))?;
    // A terminal that does not know its size says 0.
    let told =
        |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok()).filter(|told| *told > 0);
    let known = |size: u16, name: &str, usual: usize| match size {
        0 => told(name).unwrap_or(usual),
        size => usize::from(size),
    };
    Some((known(width.0, "COLUMNS", 80), known(height.0, "LINES", 24)))
}
