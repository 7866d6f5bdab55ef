//! Rows of cells, of which a terminal shows the first and the first columns.

use super::Text;
use super::text::Style;

/// Rows, their columns' names, and how much of them is shown in brief.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Text>>,
    /// How many there are; more than there are rows, where not all are known.
    pub(super) total: usize,
    columns: Option<usize>,
    most: Option<usize>,
}

impl Rows {
    /// Rows that are shown whole.
    pub fn new(head: &[&'static str], rows: Vec<Vec<Text>>) -> Self {
        Self { head: head.to_vec(), total: rows.len(), rows, columns: None, most: None }
    }

    /// The same of so many altogether.
    #[must_use]
    pub fn of(self, total: usize) -> Self {
        Self { total, ..self }
    }

    /// The same, of whose columns so many are shown in brief.
    #[must_use]
    pub fn columns(self, columns: usize) -> Self {
        Self { columns: Some(columns), ..self }
    }

    /// The same, of which so many are shown in brief.
    #[must_use]
    pub fn most(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    /// The names of the columns that are shown in brief.
    pub(super) fn brief_head(&self) -> &[&'static str] {
        self.head.get(..self.columns.unwrap_or(usize::MAX)).unwrap_or(&self.head)
    }

    /// What is shown in brief.
    pub(super) fn brief(&self) -> Vec<Vec<Text>> {
        let columns = self.columns.unwrap_or(usize::MAX);
        let rows = self.rows.iter().take(self.most.unwrap_or(usize::MAX));
        rows.map(|row| row.iter().take(columns).cloned().collect()).collect()
    }

    /// What is shown in brief as lines, one below the other.
    pub(crate) fn lines(&self) -> Vec<Text> {
        let rows = self.brief();
        let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(Text::width).max();
        let mut lines: Vec<Text> = rows
            .iter()
            .map(|row| {
                let mut line = Text::default();
                for (column, cell) in row.iter().enumerate() {
                    line = line.then(cell.clone());
                    if column + 1 < row.len() {
                        let pad = width(column).unwrap_or(0).saturating_sub(cell.width()) + 2;
                        line = line.and(" ".repeat(pad), Style::Plain);
                    }
                }
                line
            })
            .collect();
        match self.total.saturating_sub(lines.len()) {
            0 => {}
            more => lines.push(Text::plain(format!("… {more} more"))),
        }
        lines
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut Text> {
        self.rows.iter_mut().flatten()
    }
}
