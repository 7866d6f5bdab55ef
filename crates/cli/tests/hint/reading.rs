//! The commands and flags that an output names.

use serde_json::Value;

/// Something to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hint {
    /// A whole command, or flags to add to the one before.
    pub(super) text: String,
    /// The sentence that it stands in.
    pub(super) said: String,
    /// What the sentence says to leave out.
    pub(super) without: Vec<String>,
}

impl Hint {
    /// Whether it is a command of its own.
    pub(super) fn is_command(&self) -> bool {
        self.text.starts_with("promote ")
    }
}

/// Every hint on either stream, each once.
pub(super) fn of(out: &str, err: &str) -> Vec<Hint> {
    let mut found = Vec::new();
    for line in plain(err).lines() {
        // Progress that is told to machines says the same a second time.
        sentence(line, line.starts_with("hint: "), &mut found);
    }
    match serde_json::from_str::<Value>(out) {
        Ok(document) => value("", &document, &mut found),
        Err(_) => {
            for line in plain(out).lines() {
                sentence(line, false, &mut found);
            }
        }
    }
    found
}

fn value(name: &str, document: &Value, found: &mut Vec<Hint>) {
    match document {
        Value::String(text) if matches!(name, "command" | "undo") => {
            add(Hint { text: text.clone(), said: format!("{name}: {text}"), without: Vec::new() }, found);
        }
        Value::String(text) => sentence(text, matches!(name, "hint" | "hints"), found),
        Value::Array(all) => all.iter().for_each(|one| value(name, one, found)),
        Value::Object(all) => all.iter().for_each(|(name, one)| value(name, one, found)),
        _ => {}
    }
}

/// What stands in backticks: commands anywhere, flags in hints alone, where they are advice and no quotation.
fn sentence(line: &str, advice: bool, found: &mut Vec<Hint>) {
    // What is near to a mistake is no command of its own, and a file that is shown is no advice.
    if line.contains("did you mean") || line.starts_with('#') {
        return;
    }
    let said = line.trim().to_owned();
    let parts: Vec<&str> = line.split('`').collect();
    let left = |at: usize| {
        let (before, after) = (parts.get(at.wrapping_sub(1)), parts.get(at + 1));
        before.is_some_and(|text| text.ends_with("leave "))
            && after.is_some_and(|text| text.starts_with(" out"))
    };
    let quoted = || (1..parts.len().saturating_sub(1)).step_by(2);
    let without: Vec<String> = quoted().filter(|at| left(*at)).map(|at| parts[at].to_owned()).collect();
    for at in quoted().filter(|at| !left(*at)) {
        let text = parts[at];
        if text.starts_with("promote ") || advice && text.starts_with("--") {
            add(Hint { text: text.to_owned(), said: said.clone(), without: without.clone() }, found);
        }
    }
}

fn add(hint: Hint, found: &mut Vec<Hint>) {
    if !found.iter().any(|known| known.text == hint.text) {
        found.push(hint);
    }
}

/// The text without colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        out.push_str(&part[end..]);
    }
    out
}
