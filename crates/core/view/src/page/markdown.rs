//! A page in full for a job's summary or a comment, in GitHub's and GitLab's Markdown. Whatever somebody else wrote
//! (subjects, names, answers of servers) is escaped, so that none of it is markup; a page has a limit, and says what it
//! leaves out.

use super::escape::{code, link, plain};
use super::picture::mermaid;
use super::text::Span;
use super::{Block, Extent, Links, Page, Rows, Sign, Style, Text};

/// The most bytes that a page may have. A job's summary holds a mebibyte for all steps; a reader holds less.
const LIMIT: usize = 60_000;

/// Kept free of rows for the sentences below them, in bytes.
const RESERVE: usize = 3_000;

/// What a heading and the first row below it take, in bytes.
const HEADING: usize = 300;

/// Kept free of everything for saying what was left out, in bytes.
const LEFT_OUT: usize = 500;

impl Page {
    /// As GitHub and GitLab render it.
    pub fn markdown(&self, links: &Links) -> String {
        self.limited(links, LIMIT)
    }

    fn limited(&self, links: &Links, limit: usize) -> String {
        let closing = self.closing.as_ref().map(|text| format!("<sub>{}</sub>\n", shown(text, links, false)));
        let limit = limit.saturating_sub(LEFT_OUT + closing.as_ref().map_or(0, String::len));
        let mut sheet = Sheet {
            links,
            limit,
            text: String::new(),
            last: Last::Nothing,
            parted: false,
            left_out: Vec::new(),
        };
        self.drawn(Extent::Brief).for_each(|block| sheet.block(block));
        if !self.hints.is_empty() && sheet.part("What to do next") {
            self.hints.iter().for_each(|hint| sheet.item("- ", &plain(hint)));
        }
        sheet.ended(closing)
    }
}

/// What the last line of a sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// An empty line, or there is none.
    Nothing,
    /// A sentence, which the next one follows on a line of its own.
    Sentence,
    /// An item of a list.
    Item,
    /// A row of a table.
    Row,
}

/// A page that is written from its head downwards until it is full. What has no room is named at its end.
struct Sheet<'a> {
    links: &'a Links,
    limit: usize,
    text: String,
    last: Last,
    /// Whether a part with a heading has begun: what comes later is no part of it, and needs one, too.
    parted: bool,
    left_out: Vec<String>,
}

impl Sheet<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Headline { sign, text } => {
                let sign = match sign {
                    Sign::None => "",
                    Sign::Good => "✓ ",
                    Sign::Bad | Sign::Error => "✗ ",
                };
                self.apart();
                self.put("the headline", &format!("## {sign}{}\n\n", shown(text, self.links, false)));
            }
            Block::Blank => self.apart(),
            Block::Line(text) => self.line(text),
            Block::Table(rows) => self.rows("a table", rows),
            Block::Picture(nodes) => {
                self.apart();
                self.put("the picture of the environments", &mermaid(nodes));
            }
            Block::Field { label, items, rows } => self.field(label, items, rows),
        }
    }

    fn line(&mut self, text: &Text) {
        let content = text.content();
        let moved_in = content.len() - content.trim_start().len();
        let line = shown(text, self.links, true);
        match moved_in {
            0 => {
                match self.last {
                    Last::Nothing => {}
                    Last::Sentence => self.text.push_str("  \n"),
                    Last::Item | Last::Row => self.apart(),
                }
                self.put("some lines", &opening(line));
                self.last = Last::Sentence;
            }
            1..=4 => self.item("- ", &line),
            _ => self.item("  - ", &line),
        }
    }

    fn field(&mut self, label: &str, items: &[Vec<Text>], rows: &Rows) {
        let of = |item: &Vec<Text>| {
            let lines: Vec<String> = item.iter().map(|line| shown(line, self.links, true)).collect();
            lines.join("<br>")
        };
        let items: Vec<String> = items.iter().map(of).collect();
        match items.as_slice() {
            [one] if rows.is_empty() && !self.parted => {
                self.item("- ", &format!("**{}** {one}", plain(label)))
            }
            _ if !self.part(label) => {}
            [one] => {
                self.put("some lines", one);
                self.last = Last::Sentence;
                self.rows(label, rows);
            }
            several => {
                several.iter().for_each(|item| self.item("- ", item));
                self.rows(label, rows);
            }
        }
    }

    /// Begins a part with a heading, where there is room for some of it.
    fn part(&mut self, label: &str) -> bool {
        let begins = self.room() > RESERVE + HEADING;
        if begins {
            self.apart();
            self.put(label, &format!("### {}\n\n", plain(label)));
            self.parted = true;
        } else {
            self.leave_out(&label.to_lowercase());
        }
        begins
    }

    fn item(&mut self, sign: &str, text: &str) {
        if self.last != Last::Item {
            self.apart();
        }
        self.put("some lines", &format!("{sign}{}\n", opening(text.to_owned())));
        self.last = Last::Item;
    }

    /// As many rows as there is room for, without the columns that have nothing in them.
    fn rows(&mut self, name: &str, rows: &Rows) {
        let cells = |row: &Vec<Text>| row.iter().map(|cell| shown(cell, self.links, true)).collect();
        let all: Vec<Vec<String>> = rows.rows.iter().map(cells).collect();
        let most = all.iter().map(Vec::len).max().unwrap_or(0);
        let filled = |column: &usize| all.iter().any(|row| row.get(*column).is_some_and(|it| !it.is_empty()));
        let columns: Vec<usize> = (0..most).filter(filled).collect();
        if columns.is_empty() {
            return;
        }
        self.apart();
        let line = |cell: &dyn Fn(usize) -> String| {
            let cells: Vec<String> = columns.iter().map(|column| cell(*column)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut table = line(&|column| named(rows.head.get(column).copied().unwrap_or_default()));
        table += &format!("|{}\n", " --- |".repeat(columns.len()));
        let mut kept = 0;
        for row in &all {
            let row = line(&|column| row.get(column).cloned().unwrap_or_default());
            if table.len() + row.len() + RESERVE > self.room() {
                break;
            }
            table += &row;
            kept += 1;
        }
        if kept == 0 {
            return self.leave_out(&name.to_lowercase());
        }
        if rows.total > kept {
            table += &format!("\n… and {} more\n", rows.total - kept);
        }
        self.text += &table;
        self.last = Last::Row;
    }

    /// Puts an empty line below what is there.
    fn apart(&mut self) {
        match self.last {
            Last::Nothing => {}
            Last::Sentence => self.text.push_str("\n\n"),
            Last::Item | Last::Row => self.text.push('\n'),
        }
        self.last = Last::Nothing;
    }

    fn room(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    fn put(&mut self, name: &str, text: &str) {
        match text.len() + 2 <= self.room() {
            true => self.text.push_str(text),
            false => self.leave_out(name),
        }
    }

    fn leave_out(&mut self, name: &str) {
        if !self.left_out.iter().any(|one| one == name) {
            self.left_out.push(name.to_owned());
        }
    }

    fn ended(mut self, closing: Option<String>) -> String {
        self.apart();
        if !self.left_out.is_empty() {
            let names: String = self.left_out.join(", ").chars().take(LEFT_OUT / 5).collect();
            self.text += &format!("There was no room for: {names}.\n\n");
        }
        match closing {
            Some(closing) => self.text + &closing,
            None => format!("{}\n", self.text.trim_end()),
        }
    }
}

/// A text in full. `bold`: whether what the eye should find is so.
fn shown(text: &Text, links: &Links, bold: bool) -> String {
    let spans = text.0.iter().map(|span| piece(span, links, bold));
    // Blanks that put things one below the other on a terminal are one.
    let words = spans.collect::<String>();
    words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn piece(span: &Span, links: &Links, bold: bool) -> String {
    let whole = span.full.as_ref().unwrap_or(&span.text);
    let text = whole.trim();
    if text.is_empty() {
        return whole.clone();
    }
    let text = match span.style {
        Style::Literal => code(text),
        Style::Strong if bold => format!("**{}**", plain(text)),
        _ => plain(text),
    };
    let text = match span.link.as_ref().and_then(|to| links.address(to)) {
        Some(address) => link(&text, &address),
        None => text,
    };
    let (before, after) = (whole.len() - whole.trim_start().len(), whole.len() - whole.trim_end().len());
    format!("{:before$}{text}{:after$}", "", "")
}

/// A column's name, which a terminal has in capitals.
fn named(name: &str) -> String {
    let (first, rest) = name.split_at(name.len().min(1));
    format!("{first}{}", rest.to_lowercase())
}

/// The beginning of a line that would begin a list.
fn opening(line: String) -> String {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    match (line.strip_prefix('-'), rest.strip_prefix('.')) {
        (Some(rest), _) => format!("&#45;{rest}"),
        (_, Some(behind)) if rest.len() < line.len() => {
            format!("{}&#46;{behind}", line.get(..line.len() - rest.len()).unwrap_or_default())
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests;
