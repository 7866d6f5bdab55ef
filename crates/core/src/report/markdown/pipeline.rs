//! The environments as a Mermaid flowchart: what runs where, and what moved. Told by words and shapes, never by colour
//! alone.

use super::label;
use crate::report::{EnvironmentStatus, Standing, StatusReport};

/// The most environments in a picture.
const MOST: usize = 40;

/// What the picture points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark<'a> {
    /// Nothing.
    None,
    /// The environment that something was moved to.
    Moved(&'a str),
    /// The environment that something would be moved to, and the release.
    Would(&'a str, &'a str),
}

/// The picture of a status; nothing when there is no environment.
pub fn pipeline(status: &StatusReport, mark: Mark<'_>) -> String {
    let shown: Vec<&EnvironmentStatus> = status.environments.iter().take(MOST).collect();
    if shown.is_empty() {
        return String::new();
    }
    let mut out = "```mermaid\nflowchart LR\n".to_owned();
    for (at, environment) in shown.iter().enumerate() {
        let words = words(environment);
        let lines: Vec<String> = std::iter::once(environment.name.as_str())
            .chain(words.iter().map(String::as_str))
            .map(label)
            .collect();
        let text = lines.join("<br/>");
        // What moved is a stadium with a thick border, the rest are boxes.
        let name = environment.name.as_str();
        out += &match mark {
            Mark::Moved(moved) if moved == name => format!("  n{at}([\"{text}\"]):::moved\n"),
            Mark::Would(to, release) if to == name => {
                let release = label(&format!("{release} would come"));
                format!("  n{at}([\"{text}\"]):::moved\n  plan[/\"{release}\"/] -.-> n{at}\n")
            }
            _ => format!("  n{at}[\"{text}\"]\n"),
        };
    }
    for (to, environment) in shown.iter().enumerate() {
        for (from, before) in shown.iter().enumerate() {
            if environment.from.contains(&before.name) {
                let arrow = if environment.auto { "-->|auto|" } else { "-->" };
                out += &format!("  n{from} {arrow} n{to}\n");
            }
        }
    }
    out += "  classDef moved stroke-width:3px\n```";
    out
}

/// What is said of an environment below its name.
fn words(environment: &EnvironmentStatus) -> Vec<String> {
    let mut words = Vec::new();
    match &environment.running {
        Some(running) => words.push(match &running.version {
            Some(version) => format!("{} {version}", running.short()),
            None => running.short().to_owned(),
        }),
        None => words.push("nothing".to_owned()),
    }
    words.extend(environment.running.iter().flat_map(|running| running.allowed.clone()));
    let standing = match environment.standing {
        Standing::Verified => "verified",
        Standing::Empty => "",
        Standing::Unfinished => "not finished",
        Standing::Drift => "differs from the ledger",
        Standing::Deploying => "deploying",
        Standing::Failed => "deployment failed",
        Standing::TimedOut => "deployment unfinished",
        Standing::NotVerified => "not verified",
    };
    words.extend((!standing.is_empty()).then(|| standing.to_owned()));
    words.extend(environment.frozen.as_ref().map(|_| "frozen".to_owned()));
    words.extend(environment.hold.as_ref().map(|_| "held".to_owned()));
    words
}
