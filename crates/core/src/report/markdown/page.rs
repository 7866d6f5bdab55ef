//! A page that is put together from its head downwards until it is full. What has no room is named at its end.

/// Kept free for the closing lines and for saying what was left out, in bytes.
const RESERVE: usize = 3_000;

/// The page so far.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    limit: usize,
    left_out: Vec<String>,
}

impl Page {
    /// An empty page of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit, left_out: Vec::new() }
    }

    fn room(&self) -> usize {
        self.limit.saturating_sub(RESERVE).saturating_sub(self.text.len())
    }

    /// Adds a block with an empty line behind it, or names it as left out.
    pub(super) fn block(&mut self, name: &str, block: &str) {
        if block.len() + 2 <= self.room() {
            self.text.push_str(block);
            self.text.push_str("\n\n");
        } else {
            self.left_out.push(name.to_owned());
        }
    }

    /// Adds a heading, `head` and as many rows as there is room for. `total` may be more than there are rows.
    pub(super) fn rows(&mut self, heading: &str, head: &str, rows: &[String], total: usize) {
        if rows.is_empty() {
            return;
        }
        let open = format!("### {heading}\n\n{head}");
        let mut kept = 0;
        let mut size = open.len() + 100;
        for row in rows {
            size += row.len() + 1;
            if size > self.room() {
                break;
            }
            kept += 1;
        }
        if kept == 0 {
            self.left_out.push(heading.to_lowercase());
            return;
        }
        self.text.push_str(&open);
        for row in rows.iter().take(kept) {
            self.text.push_str(row);
            self.text.push('\n');
        }
        if total > kept {
            self.text.push_str(&format!("\n… and {} more.\n", total - kept));
        }
        self.text.push('\n');
    }

    /// The page with its closing lines.
    pub(super) fn end(mut self, closing: &str) -> String {
        if !self.left_out.is_empty() {
            self.text.push_str(&format!("There was no room for: {}.\n\n", self.left_out.join(", ")));
        }
        if closing.len() <= self.limit.saturating_sub(self.text.len()) {
            self.text.push_str(closing);
        }
        self.text
    }
}
