//! `guard`: the store checks the condition of every write. Weaker ways than a conditional copy are named.

use super::{Facts, Finding};
use crate::port::{Capabilities, CopyGuard};

/// The way in which a target of this size is moved in this store: `None` when no guarded one is left.
pub(crate) fn way(capabilities: &Capabilities, size: u64) -> Option<CopyGuard> {
    match capabilities.copy {
        CopyGuard::ConditionalPut if size > capabilities.put_limit => None,
        CopyGuard::None => None,
        other => Some(other),
    }
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let mut weaker = Vec::new();
    let mut missing = Vec::new();
    for (artifact, seen) in &facts.snapshot.targets {
        let store = &seen.location.store;
        let Some(capabilities) = facts.snapshot.capabilities.get(store) else {
            missing.push(format!("what {store} honours was never found out (`promote doctor --probe` does)"));
            continue;
        };
        if !capabilities.source_pin && capabilities.copy > CopyGuard::ConditionalPut {
            weaker.push(format!(
                "{store} does not pin the source of a copy: what is copied is what lies there then"
            ));
        }
        let size = facts.snapshot.candidate.manifest.artifacts.get(artifact).map_or(0, |built| built.size);
        match way(capabilities, size) {
            Some(CopyGuard::ConditionalCopy) => {}
            Some(CopyGuard::Observed) => weaker.push(format!(
                "{store} knows no condition of a move: the tag is looked at before it is moved and read back afterwards"
            )),
            Some(CopyGuard::ConditionalComplete) => {
                weaker.push(format!(
                    "{store} has no conditional copy: the condition holds when a part copy is completed"
                ));
            }
            Some(_) => {
                weaker.push(format!("{store} has no conditional copy: the bytes pass through this machine"))
            }
            None if capabilities.copy == CopyGuard::ConditionalPut => missing.push(format!(
                "{store} has no conditional copy, and {size} bytes are too many to pass through this machine"
            )),
            None => missing.push(format!("{store} checks no condition of a write")),
        }
    }
    if !missing.is_empty() {
        return Some(Finding::unmet("guard", missing.join("; ")));
    }
    (!weaker.is_empty()).then(|| Finding::met("guard", weaker.join("; ")))
}
