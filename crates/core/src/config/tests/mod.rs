//! Reading whole files: what five real teams write, what is told about mistakes, and that nothing brings the reader down.

mod checked;
mod hostile;
mod meaning;
mod mistakes;
mod teams;

use super::*;

/// Reads with a repository's name and a few variables.
fn try_read(text: &str) -> Result<(Config, Vec<Diagnostic>), Vec<Diagnostic>> {
    let variables = |name: &str| (name == "BUCKET").then(|| "acme-releases".to_owned());
    let context = ReadContext {
        default_project: Some("repository".parse().unwrap()),
        variables: &variables,
        version: semver::Version::new(0, 1, 0),
        schemes: &[],
    };
    read(text, &context)
}

/// Reads what must be right.
fn right(text: &str) -> Config {
    match try_read(text) {
        Ok((config, _)) => config,
        Err(list) => panic!("{}", told(&list)),
    }
}

/// Everything that is told, one a line: `2:5 error: message [label] (also 1:1 label) hint: …`.
fn told(list: &[Diagnostic]) -> String {
    let mut out = String::new();
    for found in list {
        let severity = format!("{:?}", found.severity).to_lowercase();
        out.push_str(&format!("{}:{} {severity}: {}", found.line, found.column, found.message));
        if !found.primary.text.is_empty() {
            out.push_str(&format!(" [{}]", found.primary.text));
        }
        for label in &found.secondary {
            out.push_str(&format!(" (also {}..{} {})", label.span.start, label.span.end, label.text));
        }
        if let Some(hint) = &found.hint {
            out.push_str(&format!(" hint: {hint}"));
        }
        out.push('\n');
    }
    out
}

/// What is told about a file, right or wrong.
fn findings(text: &str) -> String {
    match try_read(text) {
        Ok((_, list)) => told(&list),
        Err(list) => told(&list),
    }
}

/// A file that is right, to which mistakes are added.
const BASE: &str = "environments = [\"staging\", \"prod\"]\nsource = \"s3://acme/{sha}.zip\"\ntarget = \"s3://acme/{env}.zip\"\n";
