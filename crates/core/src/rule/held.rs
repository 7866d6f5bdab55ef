//! `hold`: after a rollback, automation leaves the environment alone until a person lifts the hold. A person may
//! still move it by hand.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let state = facts.snapshot.state();
    let held = state.held.as_ref()?;
    let name = &facts.environment.name;
    let detail = format!("held by {}: {}", held.by, held.reason);
    Some(if facts.request.automatic {
        Finding::unmet("hold", detail).hint(format!("`promote unhold {name}` lifts it"))
    } else {
        Finding::met("hold", format!("{detail}; a person may still move it"))
    })
}
