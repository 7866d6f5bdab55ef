//! Sentences that read as translated were rewritten once; they stand nowhere any more, in no source and on no page, however a
//! line is broken.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// What was said, and what is said in its place.
const REWRITTEN: [(&str, &str); 25] = [
    ("could not be told to have succeeded", "could not tell whether"),
    ("has not ended well", "failed, or was interrupted"),
    ("did not end well", "failed, or was interrupted"),
    ("{short} {other}", "timed out"),
    ("the completion of an upload is not", "no conditional write for them"),
    ("refused 30 s after they were signed", "rejected 30 s after signing"),
    ("late requests: expiring", "stale requests: rejected"),
    ("honours is not known", "conditional writes: not probed yet"),
    ("not be listed as a whole", "not checked: the credentials were rejected"),
    ("is no rule that can be overridden", "unknown rule"),
    ("is no environment name", "no environment"),
    ("there is no command `", "no command"),
    ("is not in {", "must be a number from 1 to 1000"),
    ("must be a number from {least} up", "must be a number, 0 or more"),
    ("is neither a commit,", "no release"),
    ("a branch moves and names no release", "no release"),
    ("` is a moving name", "promote needs a fixed commit"),
    ("next_help_heading = \"Terms\"", "Rules and reasons"),
    ("take nothing for a time", "Block promotions to an environment"),
    ("it must have run before for so long", "minimum time verified in uat first"),
    (".yml is as it should be", "is up to date"),
    ("Who am I, what may I do", "Check identity, permissions, clock and stores"),
    ("a question to ask", "a URL to check"),
    ("in no time nothing can be done", "must be longer than 0"),
    ("took nothing on", "did nothing"),
];

/// In sources alone, where people read it.
const IN_TEXTS: [(&str, &str); 2] = [("does not honour", "does not check"), ("by somebody: ", "is blocked")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every source and page, as one line each: what is broken in a comment, a text or a paragraph is read as people read it.
fn texts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> =
        ["crates", "docs", "action", "templates", "tests", "README.md"].map(|name| root().join(name)).into();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            waiting
                .extend(entries.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("target")));
            continue;
        }
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let read = path
            .extension()
            .is_some_and(|kind| ["rs", "md", "snap", "yml", "sh"].iter().any(|known| kind == *known));
        if read && name != "tests/tests/wording.rs" {
            found.push((name, flat(&fs::read_to_string(&path).unwrap())));
        }
    }
    found
}

/// The lines of a text after each other, without what only marks or breaks them.
fn flat(text: &str) -> String {
    let plain = |line: &str| {
        let line = line.trim().trim_start_matches("///").trim_start_matches("//!").trim_start_matches("//");
        line.trim().trim_end_matches('\\').trim().to_owned()
    };
    text.lines().map(plain).collect::<Vec<_>>().join(" ")
}

#[test]
fn broken_lines_are_read_as_one() {
    assert!(flat("    /// this has not\n    /// ended well\n").contains("has not ended well"));
    assert!(flat("\"a question \\\n      to ask\"").contains("a question to ask"));
}

#[test]
fn what_was_rewritten_stands_nowhere_any_more() {
    let texts = texts();
    assert!(texts.len() > 300, "{} files", texts.len());
    let mut left = Vec::new();
    for (name, text) in &texts {
        let sources = name.ends_with(".rs") && !name.contains("/tests/");
        for (said, better) in REWRITTEN.iter().chain(IN_TEXTS.iter().filter(|_| sources)) {
            if text.contains(said) {
                left.push(format!("{name}: `{said}`; better: {better}"));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}
