//! How a release that is published lies: whether all of it is where it was put, and may be put there again.

use crate::commit::CommitId;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Actor, Genesis, LedgerError, Manifest};
use crate::observe::{Lies, lying};
use crate::ports::{Ports, ReadPorts};
use crate::snapshot::Findings;
use std::collections::BTreeMap;

/// How a published release lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedState {
    /// What is not there any more, by the name of its entry in the manifest; one sentence each.
    pub missing: BTreeMap<String, Vec<String>>,
    /// What lies in its folders and was not published, one sentence each.
    pub beside: Vec<String>,
    pub(super) findings: Findings,
}

impl PublishedState {
    /// What is missing, in sentences.
    pub fn gone(&self) -> Vec<String> {
        self.missing.values().flatten().cloned().collect()
    }
}

/// Looks at every artifact of a release that is published. `last` is what [`stays`] answered.
///
/// # Errors
/// `Conflict` when something else lies where one was put, or what a store answered.
pub async fn standing(
    view: &ReadPorts,
    genesis: &Genesis,
    manifest: &Manifest,
    last: u32,
) -> Result<PublishedState, Failure> {
    let (artifacts, findings) = Box::pin(lying(view, genesis, manifest, last)).await?;
    let mut standing = PublishedState { findings, ..PublishedState::default() };
    let mut others = Vec::new();
    for (entry, lies) in artifacts {
        match lies {
            Lies::There(beside) => standing.beside.extend(beside),
            Lies::Missing(told) => drop(standing.missing.insert(entry, told)),
            Lies::Other(told) => others.extend(told),
        }
    }
    if others.is_empty() {
        return Ok(standing);
    }
    let short = manifest.commit.short(12);
    let message = format!("something else is where release {short} was published");
    let failure = Failure::new(ExitStatus::Conflict, message);
    let failure = others.into_iter().fold(failure, |failure, told| failure.state(format!("{told}.")));
    Err(failure.state("Nothing was changed.").hint(
        "find out who wrote there, and delete that: publishing again then puts the release there once more",
    ))
}

/// Writes down what looking found out, so that it need not be read again.
pub async fn remember(ports: &Ports, commit: &CommitId, standing: &PublishedState, actor: &Actor) {
    let Findings { last, before, fresh, .. } = &standing.findings;
    if fresh.is_empty() {
        return;
    }
    let end = ports.ledger.remember(commit, (*last, before), fresh, (&actor.name, ports.clock.now()));
    // Without it, the bytes are read when they are needed.
    drop(end.await);
}

/// Refuses to put in place again what retention deletes, or has deleted: nobody could take it from there.
///
/// Answers the number of the last entry about what was found out by reading its artifacts.
///
/// # Errors
/// `Conflict` when that is so, or what the store answered.
pub async fn stays(ports: &Ports, commit: &CommitId) -> Result<u32, Failure> {
    let entry = ports.ledger.reader().release(commit).await.map_err(LedgerError::read_failure)?;
    let short = commit.short(12);
    if entry.gone.is_some() || entry.erasing() {
        let message = format!("release {short} was published before, and retention has deleted it");
        return Err(Failure::new(ExitStatus::Conflict, message)
            .state("Nothing was changed.")
            .hint("make a new commit, and publish that"));
    }
    if entry.doomed() {
        let message = format!("release {short} was published before, and retention is about to delete it");
        return Err(Failure::new(ExitStatus::Conflict, message)
            .state("Nothing was changed.")
            .hint(format!("`promote pin {short} --reason TEXT` keeps it")));
    }
    Ok(entry.seen)
}
