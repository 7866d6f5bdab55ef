//! Where a line of text is folded: between words, and never inside a command, so that it can be copied.

use super::{Style, Text};
use unicode_width::UnicodeWidthChar;

/// A name in a column ends before this; what has a gap behind it is a sentence.
const WIDEST_NAME: usize = 24;

/// A word, or a command with its blanks.
#[derive(Debug, Default)]
struct Word {
    /// How many blanks stand before it.
    blanks: usize,
    text: Vec<(Style, char)>,
    /// Whether it is kept in one piece, however wide.
    command: bool,
}

impl Word {
    fn width(&self) -> usize {
        self.text.iter().map(|(_, c)| c.width().unwrap_or(0)).sum()
    }
}

impl Text {
    /// In lines of at most so many columns for the cell of a table: a word that is wider is broken, a command is not.
    pub fn folded(&self, columns: usize) -> Vec<Self> {
        self.in_lines(columns, 0, true)
    }

    /// In lines of at most so many columns, all but the first moved in by at least `hang` and below what stands behind a
    /// sign or a label. What is wider than the terminal in one piece stays whole: a command, a path, an address.
    pub fn wrapped(&self, columns: usize, hang: usize) -> Vec<Self> {
        self.in_lines(columns, self.hang().max(hang).min(columns / 2), false)
    }

    /// The width of the widest command in it.
    pub fn widest_command(&self) -> usize {
        self.split().iter().filter(|word| word.command).map(Word::width).max().unwrap_or(0)
    }

    /// Where the words begin that stand behind what the line begins with: a sign, a label, or a name in a column.
    fn hang(&self) -> usize {
        let words = self.split();
        let Some(first) = words.first() else { return 0 };
        let mut column = 0;
        for (index, word) in words.iter().enumerate() {
            column += word.blanks;
            if index > 0 && word.blanks > 1 && column <= WIDEST_NAME {
                return column;
            }
            column += word.width();
        }
        let sign = words.len() > 1 && matches!(first.text.as_slice(), [(_, c)] if !c.is_alphanumeric());
        let styled = |style: &Style| matches!(style, Style::Bad | Style::Warn | Style::Literal);
        let label = first.text.last().is_some_and(|(style, c)| *c == ':' && styled(style));
        first.blanks + if sign || label { first.width() + 1 } else { 0 }
    }

    fn split(&self) -> Vec<Word> {
        // An odd backtick opens nothing.
        let quotes = self.content().matches('`').count().is_multiple_of(2);
        let (mut words, mut word, mut open) = (Vec::new(), Word::default(), false);
        for (style, c) in self.characters() {
            let command = open || style == Style::Command;
            if c == ' ' && !command {
                if !word.text.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                word.blanks += 1;
                continue;
            }
            open ^= quotes && c == '`';
            word.command |= command || open;
            word.text.push((style, c));
        }
        if !word.text.is_empty() {
            words.push(word);
        }
        words
    }

    fn in_lines(&self, columns: usize, hang: usize, breaks: bool) -> Vec<Self> {
        if self.width() <= columns {
            return vec![self.clone()];
        }
        let mut lines = vec![Self::default()];
        // How much of the line is filled, and how much of that is blank.
        let (mut filled, mut blank) = (0, 0);
        for word in self.split() {
            let width = word.width();
            let breakable = breaks && !word.command && width > columns.saturating_sub(hang);
            if filled > blank && filled + word.blanks + width > columns {
                lines.push(Self::plain(" ".repeat(hang)));
                (filled, blank) = (hang, hang);
            } else if let Some(line) = lines.last_mut() {
                (0..word.blanks).for_each(|_| line.add(Style::Plain, ' '));
                blank += if filled == blank { word.blanks } else { 0 };
                filled += word.blanks;
            }
            for (style, c) in word.text {
                let width = c.width().unwrap_or(0);
                if breakable && filled > blank && filled + width > columns {
                    lines.push(Self::plain(" ".repeat(hang)));
                    (filled, blank) = (hang, hang);
                }
                filled += width;
                if let Some(line) = lines.last_mut() {
                    line.add(style, c);
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &Text, columns: usize) -> Vec<String> {
        text.wrapped(columns, 0).iter().map(Text::content).collect()
    }

    #[test]
    fn a_command_is_never_broken() {
        let hint = "hint: after `promote publish build/app.zip --allow-dirty`, go on with `promote to prod`";
        let hint = Text::new("hint: ", Style::Literal)
            .then(Text::marked(hint.strip_prefix("hint: ").unwrap_or_default()));
        assert_eq!(
            wrapped(&hint, 50),
            [
                "hint: after",
                "      `promote publish build/app.zip --allow-dirty`,",
                "      go on with `promote to prod`"
            ]
        );
        assert_eq!(
            hint.folded(20).iter().filter(|line| line.content().contains("--allow-dirty`")).count(),
            1
        );
    }

    #[test]
    fn lines_hang_below_what_stands_behind_a_sign() {
        let rule = Text::plain("  ")
            .and("✗", Style::Bad)
            .and(" soak  verified for 2 h, asked for are 24 h", Style::Plain);
        assert_eq!(wrapped(&rule, 30), ["  ✗ soak  verified for 2 h,", "          asked for are 24 h"]);
        let wide = "a word-that-is-longer-than-the-terminal-and-a-path b";
        assert_eq!(
            wrapped(&Text::plain(wide), 20),
            ["a", "word-that-is-longer-than-the-terminal-and-a-path", "b"]
        );
        assert_eq!(wrapped(&Text::plain("an odd ` one that goes on"), 12), ["an odd ` one", "that goes on"]);
    }
}
