//! A page for `cut` and `awk`: one record a line, tab separated, no head, no decoration: words without their signs.

use super::{Block, Extent, Page, Text};

impl Page {
    /// Tab separated. A page with a table is only its tables.
    pub fn plain(&self) -> String {
        let blocks = || self.drawn(Extent::Full);
        let tables = blocks().any(|block| matches!(block, Block::Table(_)));
        let mut out = String::new();
        for block in blocks() {
            match block {
                Block::Table(rows) => rows.brief().iter().for_each(|row| record(&mut out, row)),
                Block::Field { label, items, rows } if !tables => {
                    for line in items.iter().flatten().cloned().chain(rows.lines()) {
                        record(&mut out, &[Text::plain(label), line]);
                    }
                }
                Block::Headline { text, .. } | Block::Line(text) if !tables => {
                    record(&mut out, std::slice::from_ref(text));
                }
                _ => {}
            }
        }
        out
    }
}

fn record(out: &mut String, cells: &[Text]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.words().trim().to_owned()).collect();
    out.push_str(&cells.join("\t"));
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Style;

    #[test]
    fn signs_are_left_out_and_foreign_text_is_not_touched() {
        let mut page = Page::default();
        let row = [
            Text::new("✓ promoted", Style::Good),
            Text::new("✗", Style::Bad).and(" soak", Style::Plain),
            Text::new("-", Style::Literal),
            Text::plain("- a reason"),
            Text::plain("  ").and("! drift", Style::Warn),
        ];
        page.table(&["A"], vec![row.into()]);
        assert_eq!(page.plain(), "promoted\tsoak\t-\t- a reason\tdrift\n");
    }
}
