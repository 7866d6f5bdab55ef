//! Writing down what reading a release's bytes found out, so that the next command need not read them. Nothing hangs
//! on it: whoever may not write there loses time, and nothing else.

use crate::commit::CommitId;
use crate::ledger::Actor;
use crate::ports::Ports;
use crate::snapshot::{Findings, Snapshot};

/// What was found out about one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The release.
    pub commit: CommitId,
    /// What is remembered of it, and what is new.
    pub findings: Findings,
}

/// Remembers what was found out while looking, where anything was.
pub async fn remember(ports: &Ports, snapshot: &Snapshot, actor: &Actor) {
    keep(ports, &snapshot.candidate.manifest.commit, &snapshot.candidate.findings, actor).await;
}

/// Remembers what a check found out.
pub async fn remember_all(ports: &Ports, learned: &[Learned], actor: &Actor) {
    for Learned { commit, findings } in learned {
        keep(ports, commit, findings, actor).await;
    }
}

async fn keep(ports: &Ports, commit: &CommitId, findings: &Findings, actor: &Actor) {
    if findings.fresh.is_empty() {
        return;
    }
    let last = (findings.last, &findings.before);
    let end = ports.ledger.remember(commit, last, &findings.fresh, (&actor.name, ports.clock.now()));
    // The bytes are read again the next time.
    drop(end.await);
}
