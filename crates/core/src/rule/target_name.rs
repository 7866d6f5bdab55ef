//! `target-name`: where a target is called after the release, it gets a name, and no name is used twice for other bytes.
//! Whoever reads such a name counts on that.

use super::{Facts, Finding};
use crate::config::{Artifact, ArtifactKind};
use crate::digest::Digest;
use crate::pointer::Pointer;
use crate::snapshot::Seen;
use crate::template::Template;
use semver::{Prerelease, Version};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let commit = facts.release.commit.short(12);
    let nameless = nameless(facts);
    if !nameless.is_empty() {
        let all: Vec<String> = nameless.iter().map(|name| format!("`{name}`")).collect();
        let detail = format!(
            "{} can't be filled in: {} has no version",
            all.join(", "),
            facts.release.commit.short(7)
        );
        return Some(
            Finding::unmet("target-name", detail)
                .with("missing", "version")
                .hint(format!("tag it (`git tag vX.Y.Z {commit}`) and ask again from that repository")),
        );
    }
    let used = names_used(facts);
    let (_, first) = used.first()?;
    let why: Vec<&str> = used.iter().map(|(why, _)| why.as_str()).collect();
    let hint = match (next(facts.release.version.as_deref()), first) {
        (Some(next), named) if named.uses_version() => {
            format!("a version of its own gives it another name: `git tag v{next} {commit}`, and ask again")
        }
        (_, named) if named.uses_timestamp() => "ask again: a later moment gives it another name".to_owned(),
        _ => "find out who wrote there, and delete it where nobody needs it".to_owned(),
    };
    Some(Finding::unmet("target-name", why.join("; ")).hint(hint))
}

/// What is called after the version of a release that has none.
fn nameless<'a>(facts: &Facts<'a>) -> Vec<&'a Template> {
    if facts.release.version.is_some() {
        return Vec::new();
    }
    let moved = facts.environment.artifacts.iter().filter(|artifact| artifact.kind != ArtifactKind::Git);
    let targets = moved.filter_map(|artifact| artifact.target.as_ref());
    targets.chain(&facts.environment.needs).filter(|template| template.uses_version()).collect()
}

/// The targets whose names were used for other bytes before, in words, with their templates.
pub(crate) fn names_used<'a>(facts: &Facts<'a>) -> Vec<(String, &'a Template)> {
    let targets = facts.environment.artifacts.iter();
    let found = targets.filter_map(|artifact| {
        let seen = facts.snapshot.targets.get(artifact.name())?;
        Some((used(facts, artifact, seen)?, artifact.target.as_ref()?))
    });
    found.collect()
}

/// Why a target's name is none for this release: other bytes lie there under it. An object of which nobody says what it
/// is, and one that somebody wrote over this very release, is the rule `drift`'s to judge.
pub(super) fn used(facts: &Facts<'_>, artifact: &Artifact, seen: &Seen) -> Option<String> {
    let named = artifact.target.as_ref()?;
    let own = named.uses_version() || named.uses_sha() || named.uses_timestamp();
    let state = facts.snapshot.state();
    // What is open may have written there itself, and what comes back was there under this very name.
    if !own || artifact.is_unmoved() || state.open.is_some() || facts.rolling_back() {
        return None;
    }
    let here = |current: &crate::ledger::Deployed| {
        current.targets.iter().any(|target| target.target == seen.location)
            && current.release.as_ref().is_some_and(|release| release.same_bytes(facts.release))
    };
    if state.current.as_ref().is_some_and(here) {
        return None;
    }
    let there = seen.object.as_ref()?;
    let manifest = &facts.snapshot.candidate.manifest;
    let (_, built) = manifest.artifact(artifact.name(), &facts.environment.name)?;
    let marked = there.metadata.get("promote-sha256").and_then(|hex| Digest::from_hex(hex).ok());
    let (size, wanted, told) = match (built.folder.is_some(), seen.location.folder().is_some()) {
        (false, false) => (Some(built.size), built.sha256, there.sha256),
        (true, false) => {
            let pointer =
                Pointer::new(&facts.config.project, &manifest.commit, &built.location, built.sha256);
            let bytes = pointer.to_bytes();
            (Some(bytes.len() as u64), Digest::of(&bytes), there.sha256)
        }
        // What the manifest says depends on what each file was written as; the mark names the source.
        (true, true) => (None, built.sha256, None),
        (false, true) => return None,
    };
    let longer = size.is_some_and(|size| size != there.size);
    let same = told.map_or(marked == Some(built.sha256), |found| found == wanted);
    let found = told.or(marked);
    if !longer && (same || found.is_none()) {
        return None;
    }
    let holds = found.map_or_else(|| format!("{} bytes", there.size), |digest| digest.to_string());
    Some(format!(
        "the name `{}` was used for other bytes before: it has {holds}, and this release is {}",
        seen.location, built.sha256
    ))
}

/// The version after this one.
fn next(version: Option<&str>) -> Option<Version> {
    let mut next: Version = version?.parse().ok()?;
    if next.pre.is_empty() {
        next.patch = next.patch.checked_add(1)?;
    }
    next.pre = Prerelease::EMPTY;
    Some(next)
}
