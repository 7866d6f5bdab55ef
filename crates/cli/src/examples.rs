//! The examples of a page of help: each is one command to paste, however narrow the terminal is.

use clap::Command;

/// The same command line with examples that clap need not wrap: what is too long for a line goes on after a backslash.
pub(crate) fn fitted(command: Command, columns: usize) -> Command {
    let command = match command.get_after_help().map(ToString::to_string) {
        Some(text) if text.starts_with("Examples:") => command.after_help(split(&text, columns)),
        _ => command,
    };
    command.mut_subcommands(|inner| fitted(inner, columns))
}

fn split(text: &str, columns: usize) -> String {
    let lines: Vec<String> = text.lines().map(|line| cut(line, columns)).collect();
    lines.join("\n")
}

/// One line in several, of which a shell makes the same line again. What stands in quotes stays together.
fn cut(line: &str, columns: usize) -> String {
    let rest = line.trim_start();
    if line.chars().count() <= columns || rest == line {
        return line.to_owned();
    }
    let before = &line[..line.len() - rest.len()];
    let mut lines = vec![before.to_owned()];
    for word in together(words(rest), columns.saturating_sub(before.len() + 4)) {
        let Some(last) = lines.last_mut() else { break };
        let empty = last.trim().is_empty();
        // Room is left for the blank and the backslash.
        if !empty && last.chars().count() + 1 + word.chars().count() + 2 > columns {
            last.push_str(" \\");
            lines.push(format!("{before}  {word}"));
            continue;
        }
        if !empty {
            last.push(' ');
        }
        last.push_str(&word);
    }
    lines.join("\n")
}

/// A flag and its value stay together where there is room for both.
fn together(words: Vec<&str>, room: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for word in words {
        let value = open && !word.starts_with('-');
        match found.last_mut().filter(|flag| value && flag.len() + 1 + word.len() <= room) {
            Some(flag) => *flag = format!("{flag} {word}"),
            None => found.push(word.to_owned()),
        }
        open = word.starts_with("--");
    }
    found
}

/// The words of a line as a shell sees them, with their quotes.
fn words(line: &str) -> Vec<&str> {
    let (mut quoted, mut found, mut start) = (None, Vec::new(), 0);
    for (at, c) in line.char_indices() {
        match (c, quoted) {
            ('"' | '\'', None) => quoted = Some(c),
            (c, Some(quote)) if c == quote => quoted = None,
            // A comment ends the line, and goes on in no other.
            ('#', None) if line[..at].ends_with(' ') => break,
            (' ', None) => {
                found.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&line[start..]);
    found.retain(|word| !word.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_example_is_one_line_for_a_shell_and_fits() {
        fn of(command: &Command, seen: &mut usize) {
            if let Some(text) = command.get_after_help().map(ToString::to_string)
                && text.starts_with("Examples:")
            {
                for columns in [40, 60, 80, 100] {
                    let fitting = split(&text, columns);
                    let pasted = fitting.replace(" \\\n", " ");
                    let plain = |text: &str| -> Vec<String> {
                        text.lines()
                            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                            .collect()
                    };
                    assert_eq!(plain(&pasted), plain(&text));
                    for line in fitting.lines() {
                        let longest =
                            words(line.trim_start()).iter().map(|word| word.len()).max().unwrap_or(0);
                        assert!(line.len() <= columns.max(longest + 6), "{columns}: {line}");
                        *seen += 1;
                    }
                }
            }
            command.get_subcommands().for_each(|inner| of(inner, seen));
        }
        let mut seen = 0;
        of(&crate::command_line(), &mut seen);
        assert!(seen > 200, "{seen}");
    }
}
