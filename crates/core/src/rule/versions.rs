//! `versions`: the release's semver number meets the requirement. Pre-releases count only where it names them.

use super::{Facts, Finding};

/// The number in a tag: `v1.4.0` and `1.4.0` alike.
fn number(tag: &str) -> Option<semver::Version> {
    semver::Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let need = facts.environment.versions.as_ref()?;
    if facts.rolling_back() {
        return Some(Finding::skipped("versions", "a release verified here before may always come back"));
    }
    let manifest = &facts.snapshot.candidate.manifest;
    let mut numbers: Vec<semver::Version> =
        manifest.version.iter().chain(&facts.snapshot.candidate.tags).filter_map(|tag| number(tag)).collect();
    numbers.sort();
    let commit = facts.release.commit.short(7);
    let Some(best) = numbers.iter().rev().find(|found| need.matches(found)).or(numbers.last()) else {
        return Some(
            Finding::unmet("versions", format!("{commit} has no version number, {need} is needed"))
                .with("need", need.to_string())
                .hint(format!("tag it (`git tag vX.Y.Z {commit}`) and ask again from that repository")),
        );
    };
    let holds = need.matches(best);
    let verb = if holds { "meets" } else { "does not meet" };
    Some(
        Finding::of("versions", holds, format!("{best} {verb} {need}"))
            .with("need", need.to_string())
            .with("have", best.to_string()),
    )
}
