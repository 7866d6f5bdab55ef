//! A page for `cut` and `awk`: one record a line, tab separated, no head, no decoration.

use super::{Block, Page, Text};

impl Page {
    /// Tab separated. A page with a table is only its tables.
    pub(crate) fn plain(&self) -> String {
        let tables = self.blocks.iter().any(|block| matches!(block, Block::Table { .. }));
        let mut out = String::new();
        for block in &self.blocks {
            match block {
                Block::Table { rows, .. } => rows.iter().for_each(|row| record(&mut out, row)),
                Block::Field { label, lines } if !tables => {
                    lines.iter().for_each(|line| record(&mut out, &[Text::plain(label), line.clone()]));
                }
                Block::Line(text) if !tables => record(&mut out, std::slice::from_ref(text)),
                Block::Line(_) | Block::Field { .. } | Block::Blank => {}
            }
        }
        out
    }
}

fn record(out: &mut String, cells: &[Text]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.content().trim().to_owned()).collect();
    out.push_str(&cells.join("\t"));
    out.push('\n');
}
