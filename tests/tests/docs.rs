//! The documents against the program: console blocks are run, links lead somewhere, and the parts of the reference that are
//! made from the code say what it says. `PROMOTE_WRITE_DOCS=1 cargo test -p promote-tests --test docs` writes those parts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use promote_tests::console::{Session, blocks, commands, fits};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-killed");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Types all commands of a page; says how many there were.
fn typed(name: &str) -> usize {
    let all = commands(&page(name));
    let scratch = tempfile::tempdir().unwrap();
    let mut session = Session::new(scratch.path(), Path::new(PROGRAM)).unwrap();
    let mut wrong = String::new();
    for (at, shown) in all.iter().enumerate() {
        let (output, status) = session.run(&shown.command).unwrap();
        let lines: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
        let said = all.get(at + 1).is_some_and(|next| next.command == "echo $?");
        if !fits(&shown.output, &lines) || (status != 0 && !said) {
            writeln!(
                wrong,
                "{name}:{}: `{}` ended with {status} and printed\n{output}",
                shown.line, shown.command
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    all.len()
}

#[test]
fn the_tutorial_does_what_it_shows() {
    assert!(typed("docs/tutorial.md") > 20);
}

#[test]
fn the_page_on_zips_does_what_it_shows() {
    assert!(typed("docs/guides/zips-and-codepipeline.md") > 15);
}

#[test]
fn the_readmes_commands_work() {
    typed("README.md");
    let readme = page("README.md");
    let shell: Vec<&str> = blocks(&readme, "sh").into_iter().flatten().map(|(_, line)| line).collect();
    let demo =
        shell.iter().find_map(|line| line.strip_prefix("cargo run --quiet --bin promote -- ")).unwrap();
    let output = Command::new(PROGRAM).args(demo.split(' ')).env("NO_COLOR", "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let (status, history) = (text.rfind("$ promote status"), text.rfind("$ promote history"));
    assert!(status.is_some() && status < history, "it ends with the status and the history:\n{text}");
    let test = root().join(shell.iter().find(|line| line.starts_with("./")).unwrap());
    assert!(test.is_file(), "the command that passes all tests");
}

/// Every Markdown page of ours.
fn pages() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "-co", "--exclude-standard", "*.md"])
        .current_dir(root())
        .output()
        .unwrap();
    let found: Vec<PathBuf> = String::from_utf8(output.stdout).unwrap().lines().map(PathBuf::from).collect();
    assert!(found.len() > 10, "{found:?}");
    found.into_iter().filter(|path| root().join(path).exists()).collect()
}

/// A page without its fenced blocks and `code`.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            out.extend(line.split('`').step_by(2));
            out.push('\n');
        }
    }
    out
}

/// How headings are linked to: lower case, blanks as `-`, no punctuation.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let headings = text.lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced && line.starts_with('#')
    });
    let kept = |c: &char| c.is_alphanumeric() || "- _".contains(*c);
    headings
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for name in pages() {
        let text = prose(&std::fs::read_to_string(root().join(&name)).unwrap());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                root().join(&name)
            } else {
                root().join(&name).parent().unwrap().join(file)
            };
            let there = target.exists()
                && (anchor.is_empty()
                    || std::fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor)));
            if !there {
                wrong.push(format!("{}: {link}", name.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 30, "{seen}");
}

/// The words of the glossary, by the heading they stand under.
fn words(glossary: &str) -> Vec<(String, String)> {
    let (mut heading, mut found) = (String::new(), Vec::new());
    for line in glossary.lines() {
        if let Some(text) = line.strip_prefix("## ") {
            heading = text.to_owned();
        }
        let Some((words, _)) = line.strip_prefix("| ").and_then(|row| row.split_once(" | ")) else {
            continue;
        };
        let named = words.split(", ").filter(|word| !["word", "elsewhere"].contains(word));
        found.extend(named.map(|word| (heading.clone(), word.trim_matches('`').to_owned())));
    }
    found
}

/// The words of the glossary that stand nowhere else: on no page, and those of the code in no source.
fn unused(glossary: &str, pages: &str, sources: &str) -> Vec<String> {
    let ours = words(glossary).into_iter().filter(|(heading, _)| heading != "What others call it");
    let has = |text: &str, word: &str| text.to_lowercase().contains(&word.to_lowercase());
    let lacks = |(heading, word): &(String, String)| match heading.as_str() {
        "Only in the code" => !has(sources, word),
        _ => !has(pages, word),
    };
    ours.filter(lacks).map(|(_, word)| word).collect()
}

#[test]
fn every_word_of_the_glossary_is_one_that_is_used() {
    let planted = "## The ledger\n| word | means |\n|---|---|\n| head, flurb | newest |\n## Only in the code\n| `Ports` | all |\n";
    assert_eq!(unused(planted, "the head of a lane", "struct Other"), ["flurb", "Ports"]);
    let glossary = page("docs/concepts/glossary.md");
    let others = pages().into_iter().filter(|name| !name.ends_with("glossary.md"));
    let pages: String = others.map(|name| std::fs::read_to_string(root().join(name)).unwrap()).collect();
    let output = Command::new("git").args(["ls-files", "crates/*.rs"]).current_dir(root()).output().unwrap();
    let sources = String::from_utf8(output.stdout).unwrap();
    let sources = sources.lines().map(|name| root().join(name)).filter(|path| path.exists());
    let sources: String = sources.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(words(&glossary).len() > 70, "{}", words(&glossary).len());
    assert_eq!(unused(&glossary, &pages, &sources), Vec::<String>::new());
    // One word, one line.
    let mut all: Vec<_> =
        words(&glossary).into_iter().filter(|(heading, _)| heading != "What others call it").collect();
    all.sort_by(|one, two| one.1.cmp(&two.1));
    let twice: Vec<_> = all.windows(2).filter(|pair| pair[0].1 == pair[1].1).map(|pair| &pair[0].1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Compares the part of a page between its two marks with what the code says, or writes it there.
fn generated(name: &str, text: &str) {
    const BEGIN: &str = "<!-- made from the code: begin -->\n";
    const END: &str = "<!-- made from the code: end -->";
    let old = page(name);
    let (before, rest) = old.split_once(BEGIN).unwrap_or_else(|| panic!("{name} has no `{BEGIN}`"));
    let (part, after) = rest.split_once(END).unwrap_or_else(|| panic!("{name} has no `{END}`"));
    let wanted = format!("\n{}\n\n", text.trim());
    if std::env::var_os("PROMOTE_WRITE_DOCS").is_some() {
        std::fs::write(root().join(name), format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
    } else {
        assert!(
            part == wanted,
            "{name} is out of date: PROMOTE_WRITE_DOCS=1 cargo test -p promote-tests --test docs"
        );
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn every_key_of_the_file_is_in_the_reference() {
    let rows = promote_core::config::reference();
    let mut text = String::new();
    let mut place = "";
    for row in &rows {
        if row.place != place {
            place = row.place;
            let (first, rest) = place.split_at(1);
            write!(
                text,
                "\n## {}{rest}\n\n| key | takes | default | |\n|---|---|---|---|\n",
                first.to_uppercase()
            )
            .unwrap();
        }
        let default = if row.default.is_empty() { "–" } else { row.default };
        let (takes, meaning) = (cell(&row.takes), cell(&row.meaning));
        writeln!(text, "| `{}` | {takes} | {default} | {meaning} |", row.name).unwrap();
    }
    generated("docs/reference/promote-toml.md", &text);
}

fn option(argument: &clap::Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default().join(" ");
    let takes = argument.get_num_args().is_some_and(|count| count.takes_values());
    let long = argument.get_long().map(|long| format!("--{long}"));
    let short = argument.get_short().map(|short| format!("-{short}"));
    match (long, short) {
        (None, None) => values,
        (long, short) => {
            let names: Vec<String> = short.into_iter().chain(long).collect();
            let value = if takes { format!(" {values}") } else { String::new() };
            format!("{}{value}", names.join(", "))
        }
    }
}

fn options(command: &clap::Command, global: bool) -> String {
    let mut text = String::new();
    for argument in command.get_arguments() {
        if argument.is_hide_set()
            || argument.is_global_set() != global
            || ["help", "version"].contains(&argument.get_id().as_str())
        {
            continue;
        }
        let about = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let words: Vec<String> =
            argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
        let takes = argument.get_num_args().is_some_and(|count| count.takes_values());
        let words =
            if words.is_empty() || !takes { String::new() } else { format!(": {}", words.join(", ")) };
        writeln!(text, "| `{}` | {}{} |", cell(&option(argument)), cell(&about), cell(&words)).unwrap();
    }
    if text.is_empty() { text } else { format!("| | |\n|---|---|\n{text}") }
}

fn described(command: &clap::Command, name: &str, text: &mut String) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    write!(text, "## {name}\n\n{about}\n\n{}\n", options(command, false)).unwrap();
    if let Some(examples) = command.get_after_help() {
        write!(text, "```text\n{}\n```\n\n", examples.to_string().trim()).unwrap();
    }
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        described(below, &format!("{name} {}", below.get_name()), text);
    }
}

#[test]
fn every_command_is_in_the_reference() {
    let mut whole = promote_cli::command_line();
    whole.build();
    let mut text = format!("## Everywhere\n\n{}\n", options(&whole, true));
    for command in whole.get_subcommands().filter(|command| !command.is_hide_set()) {
        described(command, &format!("promote {}", command.get_name()), &mut text);
    }
    generated("docs/reference/commands.md", &text);
}

#[test]
fn every_variable_is_in_the_reference() {
    let mut text = "| variable | does |\n|---|---|\n".to_owned();
    for variable in promote_cli::VARIABLES {
        writeln!(text, "| `{}` | {} |", variable.name, cell(variable.about)).unwrap();
    }
    generated("docs/reference/environment.md", &text);
}

/// Command lines that print different documents, without what they would act on: the fields are listed before that.
const DOCUMENTS: &[(&str, &[&str])] = &[
    ("promote status", &["status"]),
    ("promote plan, promote explain, promote to --dry-run", &["plan", "prod"]),
    ("promote to, promote rollback, promote resume", &["to", "prod"]),
    ("promote history", &["history"]),
    ("promote show PROMOTION", &["show", "01JD4W6Z8N7QK3VB"]),
    ("promote show RELEASE", &["show", "a93be01"]),
    ("promote diff", &["diff", "uat", "prod"]),
    ("promote verify", &["verify"]),
    ("promote watch", &["watch", "prod"]),
    ("promote publish", &["publish"]),
    ("promote pack", &["pack"]),
    ("promote verify-archive", &["verify-archive", "app.zip"]),
    ("promote freeze, promote unfreeze, promote hold, promote unhold", &["hold", "prod", "--reason", "x"]),
    ("promote record", &["record", "load", "--result", "passed"]),
    ("promote block, promote unblock", &["unblock", "a93be01"]),
    ("promote pin, promote unpin", &["unpin", "a93be01"]),
    ("promote prune", &["prune"]),
    ("promote approve, promote reject", &["approve"]),
    ("promote adopt", &["adopt", "prod", "--reason", "x"]),
    ("promote import", &["import"]),
    ("promote check", &["check"]),
    ("promote config show", &["config", "show"]),
    ("promote init", &["init"]),
    ("promote doctor", &["doctor"]),
    ("promote notify", &["notify", "--test"]),
    ("promote demo", &["demo"]),
    ("promote schema", &["schema"]),
    ("promote version", &["version"]),
    ("promote advance", &["advance"]),
    ("promote ci", &["ci", "github"]),
    ("promote iam", &["iam", "aws"]),
];

#[test]
fn the_fields_of_every_document_are_in_the_reference() {
    let scratch = tempfile::tempdir().unwrap();
    let mut text = "| of | fields |\n|---|---|\n".to_owned();
    for (name, arguments) in DOCUMENTS {
        let output = Command::new(PROGRAM)
            .args(*arguments)
            .arg("--json=?")
            .current_dir(scratch.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        let fields = String::from_utf8(output.stdout).unwrap();
        let fields: Vec<String> = fields.lines().map(|field| format!("`{field}`")).collect();
        writeln!(text, "| `{}` | {} |", name.replace(", ", "`, `"), fields.join(", ")).unwrap();
    }
    for command in promote_cli::command_line().get_subcommands().filter(|command| !command.is_hide_set()) {
        // These print what another program reads.
        let none = ["completions", "man", "help"].contains(&command.get_name());
        assert!(none || text.contains(&format!("`promote {}", command.get_name())), "{}", command.get_name());
    }
    generated("docs/reference/json.md", &text);
}
