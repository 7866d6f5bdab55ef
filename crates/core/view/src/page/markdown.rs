//! A page for a job's summary or a comment.

use super::{Block, Page, Text};

impl Page {
    /// As GitHub and GitLab render it.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            match block {
                Block::Line(text) => {
                    out.push_str(&escaped(text));
                    out.push_str("  \n");
                }
                Block::Blank => out.push('\n'),
                Block::Table { head, rows } => table(&mut out, head, rows),
                Block::Field { label, lines } => {
                    let lines: Vec<String> = lines.iter().map(escaped).collect();
                    out.push_str(&format!("- **{label}** {}\n", lines.join("<br>")));
                }
            }
        }
        if !self.hints.is_empty() {
            out.push('\n');
        }
        for hint in &self.hints {
            out.push_str(&format!("> {}\n", Text::plain(hint).content()));
        }
        out
    }
}

fn table(out: &mut String, head: &[&'static str], rows: &[Vec<Text>]) {
    let columns = head.len().max(rows.iter().map(Vec::len).max().unwrap_or(0));
    if columns == 0 {
        return;
    }
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    let names: Vec<&str> = (0..columns).map(|column| head.get(column).copied().unwrap_or("")).collect();
    out.push_str(&format!("| {} |\n|{}\n", names.join(" | "), " --- |".repeat(columns)));
    for row in rows {
        let cells: Vec<String> = row.iter().map(escaped).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
}

/// Content that markdown takes literally, apart from the backticks around commands.
fn escaped(text: &Text) -> String {
    let mut out = String::new();
    let mut code = false;
    for c in text.content().trim().chars() {
        match c {
            '`' => code = !code,
            '<' if !code => {
                out.push_str("&lt;");
                continue;
            }
            '|' => out.push('\\'),
            '*' | '_' | '[' | ']' | '\\' | '#' | '@' | '!' if !code => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        let mut page = Page::default();
        page.table(&["A"], vec![vec![Text::plain("a|b <img> @team [x](y)")]]);
        assert_eq!(page.markdown(), "| A |\n| --- |\n| a\\|b &lt;img> \\@team \\[x\\](y) |\n");
    }
}
