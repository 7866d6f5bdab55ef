//! The first page of help: the commands in groups, by what somebody wants to do.

use clap::Command;
use std::fmt::Write;

/// Names of commands under a title.
type Group = (&'static str, Vec<&'static str>);

/// The same command line with this first page, for a terminal of so many columns.
pub(crate) fn grouped(whole: Command, all: &[Group], columns: usize) -> Command {
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}{{all-args}}{{after-help}}",
        groups(&whole, all, columns)
    );
    crate::examples::fitted(whole, columns)
        .help_template(template)
        .override_usage("promote [OPTIONS] [COMMAND]")
        .term_width(columns)
        // They stand in their groups.
        .mut_subcommands(|command| command.hide(true))
}

fn groups(whole: &Command, all: &[Group], columns: usize) -> String {
    let styles = whole.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let widest = all.iter().flat_map(|(_, names)| names).map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (title, names) in all {
        let _ = writeln!(text, "{header}{title}:{header:#}");
        for command in names.iter().filter_map(|name| whole.find_subcommand(name)) {
            let name = command.get_name();
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let mut lines = folded(&about, columns.saturating_sub(widest + 4).max(20)).into_iter();
            let first = lines.next().unwrap_or_default();
            let _ =
                writeln!(text, "  {literal}{name}{literal:#}{:pad$}  {first}", "", pad = widest - name.len());
            for line in lines {
                let _ = writeln!(text, "  {:widest$}  {line}", "");
            }
        }
        text.push('\n');
    }
    text
}

/// The text in lines of at most so many columns, where its words allow that.
fn folded(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > columns {
            lines.push(word.to_owned());
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_first_page_is_wider_than_the_terminal() {
        for columns in [60, 80, 120] {
            let page =
                grouped(crate::command_line(), &crate::command::groups(), columns).render_help().to_string();
            let wide: Vec<&str> = page.lines().filter(|line| line.chars().count() > columns).collect();
            assert!(wide.is_empty(), "{columns}: {wide:#?}");
        }
    }
}
