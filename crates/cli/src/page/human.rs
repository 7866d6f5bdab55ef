//! A page for people at a terminal.

use super::{Block, Page, Style, Text};

/// Columns before the content of labelled fields and table rows.
const INDENT: &str = "  ";

impl Page {
    /// For a terminal or a log. Without hints.
    pub(crate) fn human(&self, colour: bool) -> String {
        let widest = self.blocks.iter().filter_map(|block| match block {
            Block::Field { label, .. } => Some(label.chars().count()),
            _ => None,
        });
        let label_width = widest.max().unwrap_or(0).max(8) + 2;
        let last = self.blocks.iter().rposition(|block| *block != Block::Blank).map_or(0, |last| last + 1);
        let mut out = String::new();
        for block in self.blocks.iter().take(last) {
            match block {
                Block::Line(text) => line(&mut out, &text.shown(colour)),
                Block::Blank => out.push('\n'),
                Block::Table { head, rows } => table(&mut out, head, rows, colour),
                Block::Field { label, lines } => {
                    for (index, text) in lines.iter().enumerate() {
                        let label = if index == 0 { label.as_str() } else { "" };
                        line(&mut out, &format!("{INDENT}{label:<label_width$}{}", text.shown(colour)));
                    }
                }
            }
        }
        out
    }

    /// The hints, for standard error.
    pub(crate) fn hints(&self, colour: bool) -> String {
        let mut out = String::new();
        if !self.hints.is_empty() && !self.blocks.is_empty() {
            out.push('\n');
        }
        for hint in &self.hints {
            line(&mut out, &Text::new("hint: ", Style::Literal).then(Text::marked(hint)).shown(colour));
        }
        out
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

fn table(out: &mut String, head: &[&'static str], rows: &[Vec<Text>], colour: bool) {
    let columns = head.len().max(rows.iter().map(Vec::len).max().unwrap_or(0));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(Text::width);
        cells.chain(head.get(column).map(|name| name.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    if !head.is_empty() {
        let cells: Vec<Text> = head.iter().map(|name| Text::new(name, Style::Dim)).collect();
        row(out, &cells, &widths, colour);
    }
    for cells in rows {
        row(out, cells, &widths, colour);
    }
}

fn row(out: &mut String, cells: &[Text], widths: &[usize], colour: bool) {
    let mut shown = INDENT.to_owned();
    for (index, cell) in cells.iter().enumerate() {
        shown.push_str(&cell.shown(colour));
        if index + 1 < cells.len() {
            let pad = widths.get(index).map_or(0, |width| width.saturating_sub(cell.width())) + 2;
            shown.extend(std::iter::repeat_n(' ', pad));
        }
    }
    line(out, &shown);
}
