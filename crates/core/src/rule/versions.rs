//! `versions`: the release's semver number meets the requirement. Pre-releases count only where it names them.

use super::{Facts, Finding};
use crate::version::number;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let need = facts.environment.versions.as_ref()?;
    if facts.rolling_back() {
        return Some(Finding::skipped("versions", "a release verified here before may always come back"));
    }
    let version = facts.snapshot.release(facts.request).version;
    let commit = facts.release.commit.short(7);
    let Some(found) = version.as_deref().and_then(number) else {
        return Some(
            Finding::unmet("versions", format!("{commit} has no version number, {need} is needed"))
                .with("need", need.to_string())
                .hint(format!("tag it (`git tag vX.Y.Z {commit}`) and ask again from that repository")),
        );
    };
    let holds = need.matches(&found);
    let verb = if holds { "meets" } else { "does not meet" };
    Some(
        Finding::of("versions", holds, format!("{found} {verb} {need}"))
            .with("need", need.to_string())
            .with("have", found.to_string()),
    )
}
