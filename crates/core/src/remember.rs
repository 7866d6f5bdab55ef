//! Writing down what reading a release's bytes found out, so that the next command need not read them. Nothing hangs
//! on it: whoever may not write there loses time, and nothing else.

use crate::ledger::Actor;
use crate::snapshot::Snapshot;
use crate::world::World;

/// Remembers what was found out while looking, where anything was.
pub async fn remember(world: &World, snapshot: &Snapshot, actor: &Actor) {
    let findings = &snapshot.candidate.findings;
    if findings.fresh.is_empty() {
        return;
    }
    let last = (findings.last, &findings.before);
    let end = world.ledger.remember(
        &snapshot.candidate.manifest.commit,
        last,
        &findings.fresh,
        (&actor.name, world.clock.now()),
    );
    // The bytes are read again the next time.
    drop(end.await);
}
