//! `guard`: the store checks the condition of every write. Weaker ways than a conditional copy are named.

use super::{Facts, Finding};
use crate::location::Location;
use crate::place::copies;
use crate::port::{Capabilities, CopyGuard};
use crate::snapshot::Seen;

/// The most bytes of one object that pass through this machine between two kinds of stores: they are held in memory.
pub(crate) const RELAYED: u64 = 256 << 20;

/// The way in which a target is brought to hold what lies at `source`: `None` when no guarded one is left.
pub(crate) fn way(
    capabilities: &Capabilities,
    source: &Location,
    target: &Location,
    size: u64,
) -> Option<CopyGuard> {
    let points = source.folder().is_some() && target.folder().is_none();
    let crosses = !copies(&source.store, &target.store);
    if points || crosses {
        // A pointer is small; a folder's files are measured one by one when they pass.
        let fits = points || source.folder().is_some() || size <= RELAYED.min(capabilities.put_limit);
        let put = capabilities.create && capabilities.replace;
        return (fits && put).then_some(CopyGuard::ConditionalPut);
    }
    let through = capabilities.create && capabilities.replace && size <= capabilities.put_limit;
    match capabilities.copy {
        // Such a copy would take what lies there at that moment, whatever was checked. What passes through this machine
        // is compared before it is written.
        CopyGuard::ConditionalCopy | CopyGuard::ConditionalComplete
            if through && !capabilities.source_pin =>
        {
            Some(CopyGuard::ConditionalPut)
        }
        CopyGuard::ConditionalPut if size > capabilities.put_limit => None,
        CopyGuard::None => None,
        other => Some(other),
    }
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let mut weaker = Vec::new();
    let mut missing = Vec::new();
    for (artifact, seen) in &facts.snapshot.targets {
        match one(facts, artifact, seen) {
            Ok(notes) => weaker.extend(notes),
            Err(lack) => missing.push(lack),
        }
    }
    if !missing.is_empty() {
        return Some(Finding::unmet("guard", missing.join("; ")));
    }
    (!weaker.is_empty()).then(|| Finding::met("guard", weaker.join("; ")))
}

/// What is weaker than a conditional copy at one target, or what is missing.
fn one(facts: &Facts<'_>, artifact: &str, seen: &Seen) -> Result<Vec<String>, String> {
    let store = &seen.location.store;
    let Some(capabilities) = facts.snapshot.capabilities.get(store) else {
        return Err(format!("what {store} honours was never found out (`promote doctor --probe` does)"));
    };
    let manifest = &facts.snapshot.candidate.manifest;
    // A release without the artifact is refused by the plan itself.
    let Some((_, built)) = manifest.artifact(artifact, &facts.environment.name) else {
        return Ok(Vec::new());
    };
    let mut weaker = Vec::new();
    let crosses = !copies(&built.location.store, store);
    let way = way(capabilities, &built.location, &seen.location, built.size);
    let unpinned = !capabilities.source_pin && !crosses && capabilities.copy != CopyGuard::ConditionalPut;
    if unpinned && way.is_some_and(|way| way != CopyGuard::ConditionalPut) {
        weaker
            .push(format!("{store} does not pin the source of a copy: what is copied is what is there then"));
    }
    match way {
        Some(CopyGuard::ConditionalCopy) => {}
        Some(CopyGuard::Observed) => weaker.push(format!(
            "{store} knows no condition of a move: the tag is looked at just before it is moved"
        )),
        Some(CopyGuard::ConditionalComplete) => weaker.push(format!(
            "{store} has no conditional copy: the condition is checked when a part copy is completed"
        )),
        // A pointer is written, not copied.
        Some(_) if built.folder.is_some() && seen.location.folder().is_none() => {}
        Some(_) if crosses => weaker.push(format!(
            "{} and {store} don't copy from each other: the bytes pass through this machine",
            built.location.store
        )),
        Some(_) if unpinned => weaker.push(format!(
            "{store} does not pin the source of a copy: the bytes pass through this machine and are compared there"
        )),
        Some(_) => {
            weaker.push(format!("{store} has no conditional copy: the bytes pass through this machine"));
        }
        None if crosses && built.size > RELAYED => {
            return Err(format!(
                "{} and {store} don't copy from each other, and {} bytes are too many to pass through this machine",
                built.location.store, built.size
            ));
        }
        None if capabilities.copy == CopyGuard::ConditionalPut => {
            return Err(format!(
                "{store} has no conditional copy, and {} bytes are too many to pass through this machine",
                built.size
            ));
        }
        None => return Err(format!("{store} checks no condition of a write")),
    }
    Ok(weaker)
}
