//! `expiry`: an image whose own label makes its tags expire does not go where it must stay.

use super::{Facts, Finding};
use crate::config::Tier;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    if facts.rolling_back() {
        return None;
    }
    let manifest = &facts.snapshot.candidate.manifest;
    let expiring: Vec<String> = facts
        .snapshot
        .targets
        .keys()
        .filter_map(|name| manifest.artifact(name, &facts.environment.name))
        .filter_map(|(_, built)| {
            let after = built.expires.as_deref()?;
            Some(format!("`{}` is labelled to expire after {}", built.location, crate::names::escape(after)))
        })
        .collect();
    let protected = matches!(facts.environment.tier, Tier::Staging | Tier::Production);
    match (expiring.is_empty(), protected) {
        (true, _) => None,
        (false, false) => Some(Finding::met("expiry", expiring.join("; "))),
        (false, true) => Some(
            Finding::unmet("expiry", format!("{}, and its tag would, too", expiring.join("; ")))
                .hint("build the image without the label `quay.expires-after`"),
        ),
    }
}
