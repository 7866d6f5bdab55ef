//! `evidence` of an environment: names, or tables that say more of one. And where a step may leave some.

use super::diagnostic::Diagnostic;
use super::layers::Layers;
use super::model::{EvidenceDemand, StrengthLevel};
use super::reading::{Reading, several};

/// What an environment asks for.
pub(super) fn read(reading: &mut Reading<'_, '_>, keys: &Layers<'_, '_>) -> Vec<EvidenceDemand> {
    for phase in ["plan", "prepare", "deploy"] {
        misplaced(reading, keys, phase);
    }
    let mut found: Vec<EvidenceDemand> = Vec::new();
    for value in keys.get("evidence").map(several).unwrap_or_default() {
        let demand = match value.get_ref().as_table() {
            None => value.get_ref().as_str().and_then(|name| name.parse().ok()).map(plain),
            Some(table) => {
                let inner = Layers::new(Some(table), None);
                if inner.get("name").is_none() {
                    let told = Diagnostic::error(value.span(), "an entry of `evidence` without a name");
                    reading.found.push(told.hint("write `{ name = \"integration\", max-age = \"14d\" }`"));
                }
                inner.parsed("name").map(|name| EvidenceDemand {
                    max_age: inner.duration("max-age"),
                    strength: match inner.text("strength") {
                        Some("claimed") => StrengthLevel::Claimed,
                        _ => StrengthLevel::Verified,
                    },
                    ..plain(name)
                })
            }
        };
        let Some(demand) = demand else { continue };
        if found.iter().any(|known| known.name == demand.name) {
            reading.error(value.span(), format!("`{}` is listed twice in `evidence`", demand.name));
        }
        found.push(demand);
    }
    found
}

fn plain(name: crate::names::EvidenceName) -> EvidenceDemand {
    EvidenceDemand { name, max_age: None, strength: StrengthLevel::Verified }
}

/// A step that proves nothing leaves no evidence.
fn misplaced(reading: &mut Reading<'_, '_>, keys: &Layers<'_, '_>, phase: &str) {
    for step in keys.get(phase).map(several).unwrap_or_default() {
        let name = step.get_ref().as_table().and_then(|table| table.get("evidence"));
        if let Some(name) = name {
            let found = Diagnostic::error(name.span(), format!("a step of `{phase}` leaves no evidence"));
            reading.found.push(found.hint("only steps of `verify` do: they prove that the release works"));
        }
    }
}
