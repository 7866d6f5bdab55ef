//! `rolled-back`: what was rolled back here does not come again by accident.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let state = facts.snapshot.state();
    if !state.rolled_back.contains(&facts.release.commit) || state.open.is_some() {
        return None;
    }
    let (name, commit) = (&facts.environment.name, facts.release.commit.short(7));
    Some(
        Finding::unmet("rolled-back", format!("{commit} was rolled back in {name}")).hint(
            "fix it in a new commit, or say why it may come again: `--override rolled-back --reason TEXT`",
        ),
    )
}
