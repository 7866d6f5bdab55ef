//! Writing down what reading a release's bytes found out, so that the next command need not read them. Nothing hangs
//! on it: whoever may not write there loses time, and nothing else.

use crate::commit::CommitId;
use crate::ledger::Actor;
use crate::snapshot::{Findings, Snapshot};
use crate::world::World;

/// What was found out about one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The release.
    pub commit: CommitId,
    /// What is remembered of it, and what is new.
    pub findings: Findings,
}

/// Remembers what was found out while looking, where anything was.
pub async fn remember(world: &World, snapshot: &Snapshot, actor: &Actor) {
    keep(world, &snapshot.candidate.manifest.commit, &snapshot.candidate.findings, actor).await;
}

/// Remembers what a check found out.
pub async fn remember_all(world: &World, learned: &[Learned], actor: &Actor) {
    for Learned { commit, findings } in learned {
        keep(world, commit, findings, actor).await;
    }
}

async fn keep(world: &World, commit: &CommitId, findings: &Findings, actor: &Actor) {
    if findings.fresh.is_empty() {
        return;
    }
    let last = (findings.last, &findings.before);
    let end = world.ledger.remember(commit, last, &findings.fresh, (&actor.name, world.clock.now()));
    // The bytes are read again the next time.
    drop(end.await);
}
