//! A page for people at a terminal.

use super::{Block, Extent, Page, Rows, Sign, Style, Text};

/// Columns before the content of labelled fields and table rows.
const INDENT: &str = "  ";

impl Page {
    /// For a terminal of so many columns, in which tables and sentences fold; `None` for a log, or wherever nobody knows how
    /// wide it is. Without hints.
    pub fn within(&self, colour: bool, columns: Option<usize>) -> String {
        let widest = self.drawn(Extent::Full).filter_map(|block| match block {
            Block::Field { label, .. } => Some(label.chars().count()),
            _ => None,
        });
        let label_width = widest.max().unwrap_or(0).max(8) + 2;
        let mut out = String::new();
        // An empty line is drawn before what follows it, and never twice.
        let mut blank = false;
        for block in self.drawn(Extent::Full) {
            if *block == Block::Blank {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) && !out.is_empty() {
                out.push('\n');
            }
            match block {
                Block::Headline { sign: Sign::Error, text } => {
                    let error = Text::new("error: ", Style::Bad).then(text.clone());
                    sentence(&mut out, "", &error, colour, columns);
                }
                Block::Headline { text, .. } | Block::Line(text) => {
                    sentence(&mut out, "", text, colour, columns)
                }
                Block::Table(rows) => table(&mut out, rows, colour, columns),
                Block::Field { label, items, rows } => {
                    for (index, text) in items.iter().flatten().chain(&rows.lines()).enumerate() {
                        let label = if index == 0 { label.as_str() } else { "" };
                        let before = format!("{INDENT}{label:<label_width$}");
                        sentence(&mut out, &before, text, colour, columns);
                    }
                }
                Block::Blank | Block::Picture(_) => {}
            }
        }
        out
    }

    /// The hints, for standard error.
    pub fn hints(&self, colour: bool, columns: Option<usize>) -> String {
        let mut out = String::new();
        if !self.hints.is_empty() && !self.blocks.is_empty() {
            out.push('\n');
        }
        for hint in &self.hints {
            let hint = Text::new("hint: ", Style::Literal).then(Text::marked(hint));
            sentence(&mut out, "", &hint, colour, columns);
        }
        out
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

/// A text behind what stands at the beginning of its first line.
fn sentence(out: &mut String, before: &str, text: &Text, colour: bool, columns: Option<usize>) {
    let indent = Text::plain(before).width();
    let hang = if indent > 0 { 2 } else { 0 };
    let folded = match columns {
        Some(columns) => text.wrapped(columns.saturating_sub(indent).max(LEAST), hang),
        None => vec![text.clone()],
    };
    for (index, part) in folded.iter().enumerate() {
        let shown = part.shown(colour);
        line(out, &if index == 0 { format!("{before}{shown}") } else { format!("{:indent$}{shown}", "") });
    }
}

fn table(out: &mut String, rows: &Rows, colour: bool, columns: Option<usize>) {
    let (head, rows) = (rows.brief_head(), &rows.brief());
    let count = head.len().max(rows.iter().map(Vec::len).max().unwrap_or(0));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(Text::width);
        cells.chain(head.get(column).map(|name| name.chars().count())).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..count).map(width).collect();
    let least = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(Text::widest_command).max().unwrap_or(0).max(LEAST)
    };
    let least: Vec<usize> = (0..count).map(least).collect();
    if let Some(columns) = columns
        && !narrowed(&mut widths, &least, columns)
    {
        return records(out, head, rows, colour, columns);
    }
    if !head.is_empty() {
        let cells: Vec<Text> = head.iter().map(|name| Text::new(name, Style::Dim)).collect();
        row(out, &cells, &widths, colour);
    }
    for cells in rows {
        row(out, cells, &widths, colour);
    }
}

/// The least width of a column that folds.
const LEAST: usize = 12;

/// Takes from the widest columns what a table is too wide, but no more than leaves each its least; whether that was enough.
fn narrowed(widths: &mut [usize], least: &[usize], columns: usize) -> bool {
    loop {
        let all = INDENT.len() + widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let Some(over) = all.checked_sub(columns).filter(|over| *over > 0) else { return true };
        let foldable = widths.iter_mut().zip(least).filter(|(width, least)| **width > **least);
        let Some((widest, least)) = foldable.max_by_key(|(width, _)| **width) else { return false };
        // Down to the next widest first, so that one long column alone is folded.
        *widest = widest.saturating_sub(over.min(4)).max(*least);
    }
}

/// A row as lines of their own, where not even folded columns stand side by side.
fn records(out: &mut String, head: &[&'static str], rows: &[Vec<Text>], colour: bool, columns: usize) {
    let widest = head.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (at, cells) in rows.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        for (index, cell) in cells.iter().enumerate() {
            let name = head.get(index).copied().unwrap_or_default();
            let room = columns.saturating_sub(INDENT.len() + widest + 2).max(LEAST);
            for (index, part) in cell.folded(room).iter().enumerate() {
                let label = Text::new(if index == 0 { name } else { "" }, Style::Dim);
                let pad = widest - label.width();
                line(out, &format!("{INDENT}{}{:pad$}  {}", label.shown(colour), "", part.shown(colour)));
            }
        }
    }
}

fn row(out: &mut String, cells: &[Text], widths: &[usize], colour: bool) {
    let width = |index: usize| widths.get(index).copied().unwrap_or(0);
    let folded: Vec<Vec<Text>> =
        cells.iter().enumerate().map(|(index, cell)| cell.folded(width(index).max(1))).collect();
    let height = folded.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..height {
        let mut shown = INDENT.to_owned();
        for (index, parts) in folded.iter().enumerate() {
            let part = parts.get(at).cloned().unwrap_or_default();
            shown.push_str(&part.shown(colour));
            if index + 1 < cells.len() {
                shown.extend(std::iter::repeat_n(' ', width(index).saturating_sub(part.width()) + 2));
            }
        }
        line(out, &shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn page() -> Page {
        let mut page = Page::default();
        let long = "a reason that takes many words to tell, with a-single-word-that-is-longer-than-any-column-can-be-here";
        let row = |name: &str| {
            vec![
                Text::plain("2026-11-30 14:05 UTC"),
                Text::new(name, Style::Strong),
                Text::new("✓ promoted", Style::Good),
                Text::plain(long),
            ]
        };
        page.table(&["WHEN", "ENVIRONMENT", "RESULT", "WHY"], vec![row("staging"), row("prod")]);
        page
    }

    #[test]
    fn tables_fold_and_lose_nothing() {
        let whole: String = page().within(false, None).split_whitespace().collect();
        for columns in [40, 60, 80, 120] {
            for colour in [false, true] {
                let shown = page().within(colour, Some(columns));
                let plain =
                    shown.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
                let plain: String = if colour { plain.collect() } else { shown.clone() };
                let wide: Vec<&str> = plain.lines().filter(|line| line.width() > columns).collect();
                assert!(wide.is_empty(), "{columns}: {wide:#?}");
                let count = |text: &str, c: char| text.chars().filter(|one| *one == c).count();
                let lost = whole.chars().find(|c| count(&plain, *c) < count(&whole, *c));
                assert_eq!(lost, None, "{plain}");
            }
        }
        insta::assert_snapshot!(page().within(false, Some(60)));
    }

    #[test]
    fn a_table_that_fits_stays_as_it_is() {
        assert_eq!(page().within(false, Some(300)), page().within(false, None));
    }
}
