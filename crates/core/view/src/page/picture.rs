//! The environments as a Mermaid flowchart: what runs where, and what moved. Told by words and shapes, never by colour
//! alone.

use super::escape::label;

/// The most environments in a picture.
const MOST: usize = 40;

/// An environment of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What is said below it.
    pub lines: Vec<String>,
    /// The environments that releases come from.
    pub from: Vec<String>,
    /// Whether they come by themselves.
    pub auto: bool,
    /// What the picture says of it beyond that.
    pub mark: Mark,
}

/// What a picture points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Nothing here.
    None,
    /// Something was moved here.
    Moved,
    /// This would be moved here.
    Coming(String),
}

/// The picture; nothing when there is no environment.
pub(super) fn mermaid(nodes: &[Node]) -> String {
    let shown = || nodes.iter().take(MOST).enumerate();
    if nodes.is_empty() {
        return String::new();
    }
    let mut out = "```mermaid\nflowchart LR\n".to_owned();
    for (at, node) in shown() {
        let lines: Vec<String> =
            std::iter::once(&node.name).chain(&node.lines).map(|line| label(line)).collect();
        let text = lines.join("<br/>");
        // What moved is a stadium with a thick border, the rest are boxes.
        out += &match &node.mark {
            Mark::None => format!("  n{at}[\"{text}\"]\n"),
            Mark::Moved => format!("  n{at}([\"{text}\"]):::moved\n"),
            Mark::Coming(what) => {
                format!("  n{at}([\"{text}\"]):::moved\n  plan[/\"{}\"/] -.-> n{at}\n", label(what))
            }
        };
    }
    for (to, node) in shown() {
        for (from, _) in shown().filter(|(_, before)| node.from.contains(&before.name)) {
            let arrow = if node.auto { "-->|auto|" } else { "-->" };
            out += &format!("  n{from} {arrow} n{to}\n");
        }
    }
    out + "  classDef moved stroke-width:3px\n```\n\n"
}
