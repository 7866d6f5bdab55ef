//! Whether the tags of a release's sources may be read, where that matters: a store carries them over by itself in a copy of one
//! request, and in parts whoever copies must know them.

use crate::config::Environment;
use crate::port::CopyGuard;
use crate::ports::ReadPorts;
use crate::rule::{in_parts, way};
use crate::snapshot::Snapshot;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// The artifacts whose source may have tags that can't be read, so that a copy goes without them. Where that can't be asked
/// now, nothing is told.
pub(super) async fn untold(
    view: &ReadPorts,
    environment: &Environment,
    snapshot: &Snapshot,
) -> BTreeSet<String> {
    let asked = snapshot.targets.iter().filter_map(|(artifact, seen)| {
        let (_, built) = snapshot.candidate.manifest.artifact(artifact, &environment.name)?;
        let known = snapshot.capabilities.get(&seen.location.store)?;
        let way = way(known, &built.location, &seen.location, built.size)?;
        let copied = built.folder.is_none() && way != CopyGuard::ConditionalPut;
        let store = view.stores.get(&built.location.store).filter(|_| copied && in_parts(way, built.size))?;
        Some(async move {
            let untold = matches!(store.tags(&built.location.key).await, Ok(None));
            untold.then(|| artifact.clone())
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
}
