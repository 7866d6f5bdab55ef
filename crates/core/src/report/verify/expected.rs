//! What the ledger says of a target that is checked: what should be there, and what has not ended.

use super::check::{OpenPromotion, RecordedTarget};
use crate::config::{Config, Environment};
use crate::invocation::Invocation;
use crate::ledger::{Action, State, TargetState};

/// The promotion that has not ended.
pub(super) fn open(config: &Config, settings: &Environment, state: &State) -> Option<OpenPromotion> {
    let open = state.open.as_ref()?;
    Some(OpenPromotion {
        promotion: open.promotion.to_string(),
        action: open.action,
        sha: open.release.commit.to_string(),
        by: open.by.clone(),
        since: open.since.time(),
        undo: (open.action != Action::Undo)
            .then(|| Invocation::along("rollback", config, settings).to_string()),
    })
}

/// What the ledger says that a target holds.
pub(super) fn recorded(state: &State, artifact: &str) -> Option<RecordedTarget> {
    let current = state.current.as_ref()?;
    let name =
        |target: &&TargetState| target.artifact.as_ref().map_or("main", |name| name.as_str()) == artifact;
    let target = current.targets.iter().find(name)?;
    Some(RecordedTarget {
        sha: current.release.as_ref().map(|release| release.commit.to_string()),
        allowed: state.release().map(|it| state.allowed(&it.commit)).unwrap_or_default(),
        sha256: target.sha256.map(|digest| digest.to_string()),
        entry: current.since.seq.0,
        since: current.told_since(),
        by: current.by.clone(),
    })
}
