//! What a reader copies from the documents is sound: TOML is what `promote check` passes, command lines are understood, and
//! no placeholder stays that somebody else could fill in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use promote_core::config::{ReadContext, Severity, read};
use promote_tests::console::blocks;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The pages for users, and their texts.
fn pages() -> Vec<(String, String)> {
    let output = Command::new("git")
        .args(["ls-files", "-co", "--exclude-standard", "README.md", "docs/*.md"])
        .current_dir(root())
        .output()
        .unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let found: Vec<(String, String)> = names
        .lines()
        .filter(|name| root().join(name).exists())
        .map(|name| (name.to_owned(), std::fs::read_to_string(root().join(name)).unwrap()))
        .collect();
    assert!(found.len() > 20, "{found:?}");
    found
}

/// The keys of other files: a person's own settings, and a package of Rust.
const OTHER: [&str; 2] = ["trust-hosts", "dependencies"];

/// A part of a file with what it leaves out.
fn whole(part: &str) -> String {
    let table: toml::Table = toml::from_str(part).unwrap_or_else(|error| panic!("{error}\n{part}"));
    let has = |key: &str| table.contains_key(key);
    let store = table.get("store").and_then(|stores| stores.as_table()?.keys().next().cloned());
    let mut base = String::new();
    if !has("project") {
        base.push_str("project = \"shop\"\n");
    }
    if !has("environments") {
        // An artifact whose target names no environment is one environment's.
        let all = if has("artifact") { "[\"prod\"]" } else { "[\"staging\", \"uat\", \"prod\"]" };
        base.push_str(&format!("environments = {all}\n"));
    }
    if !has("source") && !has("artifact") {
        let (source, target) = match &store {
            Some(name) if name.contains('/') => (format!("{name}:{{sha}}"), format!("{name}:{{env}}")),
            Some(name) => (format!("s3://{name}/{{sha}}.zip"), format!("s3://{name}/{{env}}.zip")),
            None => ("s3://acme/{sha}.zip".to_owned(), "s3://acme/{env}.zip".to_owned()),
        };
        base.push_str(&format!("source = \"{source}\"\ntarget = \"{target}\"\n"));
    }
    if store.is_some_and(|name| name.contains('/')) && !has("ledger") {
        base.push_str("ledger = \"git:promote-ledger\"\n");
    }
    format!("{base}{part}")
}

#[test]
fn every_toml_block_is_one_that_check_passes() {
    let mut seen = 0;
    for (name, text) in pages() {
        for block in blocks(&text, "toml") {
            seen += 1;
            let line = block.first().map_or(0, |(line, _)| *line);
            let part: String = block.iter().map(|(_, line)| format!("{line}\n")).collect();
            let table: toml::Table =
                toml::from_str(&part).unwrap_or_else(|error| panic!("{name}:{line}: {error}"));
            if table.keys().all(|key| OTHER.contains(&key.as_str())) {
                continue;
            }
            let whole = whole(&part);
            let context = ReadContext {
                default_project: None,
                variables: &|_| Some("x".to_owned()),
                version: "0.1.0".parse().unwrap(),
                schemes: &[],
            };
            let found = match read(&whole, &context) {
                Ok((config, found)) => {
                    assert!(config.unacted().next().is_none(), "{name}:{line}: not acted on\n{whole}");
                    found
                }
                Err(found) => panic!("{name}:{line}: {found:#?}\n{whole}"),
            };
            let wrong: Vec<_> = found.iter().filter(|one| one.severity != Severity::Advice).collect();
            assert!(wrong.is_empty(), "{name}:{line}: {wrong:#?}\n{whole}");
        }
    }
    assert!(seen > 15, "{seen}");
}

/// The words of a line as a shell makes them, up to what is another command's.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => words.last_mut().unwrap().push(c),
            (None, '"' | '\'') => quote = Some(c),
            (None, '#' | '|' | '>' | '&' | ';') if words.last().is_some_and(String::is_empty) => break,
            (None, ')') => break,
            (None, ' ') => words.push(String::new()),
            (None, c) => words.last_mut().unwrap().push(c),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).map(filled).collect()
}

/// A variable or a placeholder stands for something that is right there.
fn filled(word: String) -> String {
    match word.as_str() {
        _ if word.starts_with('$') && !word.contains('/') => "4c1d9e2".to_owned(),
        "ENV" => "prod".to_owned(),
        "COMMIT" | "SHA" | "RELEASE" | "OLD" | "NEW" => "4c1d9e2".to_owned(),
        _ => word,
    }
}

#[test]
fn every_command_line_is_one_that_promote_understands() {
    let mut seen = 0;
    for (name, text) in pages() {
        let shells = blocks(&text, "sh").into_iter().chain(blocks(&text, "console")).flatten();
        for (line, text) in shells {
            let text = text.trim_start().trim_start_matches("$ ");
            let Some(at) = text.find("promote ").filter(|at| *at == 0 || text[..*at].ends_with("$(")) else {
                continue;
            };
            let words = words(&text[at..]);
            seen += 1;
            let understood = promote_cli::command_line().try_get_matches_from(&words);
            let fine = understood.as_ref().err().is_none_or(|error| !error.use_stderr());
            assert!(fine, "{name}:{line}: {words:?}\n{understood:?}");
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn no_command_is_named_that_there_is_not() {
    let line = promote_cli::command_line();
    for (name, text) in pages() {
        let named = text.split("`promote ").skip(1).filter_map(|rest| rest.split(['`', ' ', '\n']).next());
        for word in named.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())) {
            assert!(line.find_subcommand(word).is_some(), "{name} names `promote {word}`");
        }
    }
}

#[test]
fn nothing_that_is_copied_has_a_placeholder_for_an_owner() {
    for (name, text) in pages() {
        for kind in ["yaml", "toml", "sh", "json", "text", "console"] {
            let odd: Vec<_> = blocks(&text, kind)
                .into_iter()
                .flatten()
                .filter(|(_, line)| line.contains("OWNER"))
                .collect();
            assert!(odd.is_empty(), "{name}: {odd:?}");
        }
    }
}

#[test]
fn one_version_of_checkout_is_named() {
    let mut versions = std::collections::BTreeSet::new();
    let generated = std::fs::read_to_string(root().join("crates/cli/src/generate/github.rs")).unwrap();
    for text in pages().into_iter().map(|(_, text)| text).chain([generated]) {
        for rest in text.split("actions/checkout@").skip(1) {
            let line = rest.lines().next().unwrap_or_default();
            // A commit has its version behind it.
            let version = line.split_once("# v").map_or(line.trim_start_matches('v'), |(_, version)| version);
            versions
                .insert(version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(versions.len(), 1, "{versions:?}");
}

#[test]
fn the_readme_names_what_the_tests_need() {
    let script = std::fs::read_to_string(root().join("test")).unwrap();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let needed: Vec<&str> =
        script.lines().filter_map(|line| line.strip_prefix("need ")?.split(' ').next()).collect();
    assert!(needed.len() >= 6, "{needed:?}");
    for name in needed.iter().filter(|name| !name.contains('(')) {
        assert!(readme.contains(&format!("`{name}`")), "README.md does not name `{name}`");
    }
}
