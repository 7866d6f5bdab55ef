//! `guard`: the store checks the condition of every write. Weaker ways than a conditional copy are named.

use super::{Facts, Finding};
use crate::folder::{FolderFile, FolderManifest};
use crate::location::Location;
use crate::names::escape;
use crate::port::{Capabilities, CopyGuard, Object};
use crate::relay::copies;
use crate::snapshot::Seen;

/// The way in which a target is brought to hold what lies at `source`: `None` when no guarded one is left.
pub(crate) fn way(
    capabilities: &Capabilities,
    source: &Location,
    target: &Location,
    size: u64,
) -> Option<CopyGuard> {
    let points = source.folder().is_some() && target.folder().is_none();
    let crosses = !copies(&source.store, &target.store);
    if points || crosses {
        // A pointer is small; a folder's files are measured one by one.
        let fits = points || source.folder().is_some() || size <= capabilities.largest_write();
        let put = capabilities.create && capabilities.replace;
        return (fits && put).then_some(CopyGuard::ConditionalPut);
    }
    let through = capabilities.create && capabilities.replace && size <= capabilities.put_limit;
    match capabilities.copy {
        // Such a copy would take what lies there at that moment, whatever was checked. What passes through this machine
        // is compared before it is written.
        CopyGuard::ConditionalCopy | CopyGuard::ConditionalComplete
            if through && !capabilities.source_pin =>
        {
            Some(CopyGuard::ConditionalPut)
        }
        CopyGuard::ConditionalPut if size > capabilities.put_limit => None,
        CopyGuard::None => None,
        other => Some(other),
    }
}

/// The largest object in bytes that a store of objects copies with one request, where it is one that has parts at all.
const AT_ONCE: u64 = 5 << 30;

/// Whether an object of this size is copied in parts.
pub(crate) fn in_parts(way: CopyGuard, size: u64) -> bool {
    way == CopyGuard::ConditionalComplete || way == CopyGuard::ConditionalCopy && size > AT_ONCE
}

/// The longest file that a folder in place lacks, where it is longer than can be brought there.
fn too_long<'m>(
    source: &'m FolderManifest,
    there: Option<&FolderManifest>,
    limit: u64,
) -> Option<&'m FolderFile> {
    let there = there.map(FolderManifest::by_path).unwrap_or_default();
    let held = |file: &FolderFile| there.get(file.path.as_str()).is_some_and(|it| it.sha256 == file.sha256);
    source.files.iter().filter(|file| file.size > limit && !held(file)).max_by_key(|file| file.size)
}

/// What somebody wrote beside the source and a copy can't keep.
fn left_behind(source: &Object, crosses: bool) -> Option<Vec<String>> {
    let (_, mut left) = crate::kept::own(source);
    if crosses && source.headers.expires.is_some() {
        left.push("Expires".to_owned());
    }
    (!left.is_empty()).then_some(left)
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let mut weaker = Vec::new();
    let mut missing = Vec::new();
    for (artifact, seen) in &facts.snapshot.targets {
        match one(facts, artifact, seen) {
            Ok(notes) => weaker.extend(notes),
            Err(lack) => missing.push(lack),
        }
    }
    if !missing.is_empty() {
        return Some(Finding::unmet("guard", missing.join("; ")));
    }
    (!weaker.is_empty()).then(|| Finding::met("guard", weaker.join("; ")))
}

/// What is weaker than a conditional copy at one target, or what is missing.
fn one(facts: &Facts<'_>, artifact: &str, seen: &Seen) -> Result<Vec<String>, String> {
    let store = &seen.location.store;
    let Some(capabilities) = facts.snapshot.capabilities.get(store) else {
        return Err(format!(
            "conditional writes of {store} were never probed (`promote doctor --probe` does)"
        ));
    };
    let manifest = &facts.snapshot.candidate.manifest;
    // A release without the artifact is refused by the plan itself.
    let Some((entry, built)) = manifest.artifact(artifact, &facts.environment.name) else {
        return Ok(Vec::new());
    };
    let mut weaker = Vec::new();
    let crosses = !copies(&built.location.store, store);
    let way = way(capabilities, &built.location, &seen.location, built.size);
    let opened = facts.snapshot.candidate.folders.get(&entry).filter(|_| seen.location.folder().is_some());
    let limit = match way {
        _ if crosses => Some(capabilities.largest_write()),
        Some(CopyGuard::ConditionalPut) => Some(capabilities.put_limit),
        _ => None,
    };
    if let (Some(opened), Some(limit)) = (opened, limit)
        && let Some(file) = too_long(&opened.manifest, seen.files.as_deref(), limit)
    {
        return Err(format!(
            "`{}` has {} bytes, and {store} takes at most {limit} under a condition: keep source and target in one kind \
             of store, or the file out of the folder",
            escape(file.path.as_str()),
            file.size
        ));
    }
    let unpinned = !capabilities.source_pin && !crosses && capabilities.copy != CopyGuard::ConditionalPut;
    if unpinned && way.is_some_and(|way| way != CopyGuard::ConditionalPut) {
        weaker
            .push(format!("{store} does not pin the source of a copy: what is copied is what is there then"));
    }
    let source = facts.snapshot.candidate.sources.get(&entry).and_then(Option::as_ref);
    if let Some(source) = source.filter(|_| built.folder.is_none() && !seen.location.is_image())
        && let Some(left) = left_behind(source, crosses)
    {
        let names: Vec<String> = left.iter().map(|name| format!("`{}`", escape(name))).collect();
        weaker.push(format!("of the source's own metadata, {} can't go along", names.join(", ")));
    }
    if facts.snapshot.untold_tags.contains(artifact) {
        weaker.push(format!(
            "whether `{}` has tags may not be asked (`s3:GetObjectTagging`): a copy in parts goes without them",
            built.location
        ));
    }
    match way {
        Some(CopyGuard::ConditionalCopy) => {}
        Some(CopyGuard::Observed) => weaker.push(format!(
            "{store} can't move a tag conditionally: it is read just before it is moved"
        )),
        Some(CopyGuard::ConditionalComplete) => weaker.push(format!(
            "{store} has no conditional copy: the condition is checked when a part copy is completed"
        )),
        // A pointer is written, not copied.
        Some(_) if built.folder.is_some() && seen.location.folder().is_none() => {}
        Some(_) if crosses => weaker.push(format!(
            "{} and {store} don't copy from each other: the bytes pass through this machine",
            built.location.store
        )),
        Some(_) if unpinned => weaker.push(format!(
            "{store} does not pin the source of a copy: the bytes pass through this machine and are compared there"
        )),
        Some(_) => {
            weaker.push(format!("{store} has no conditional copy: the bytes pass through this machine"));
        }
        None if crosses && built.size > capabilities.largest_write() => {
            return Err(format!(
                "{} and {store} don't copy from each other, and {store} takes at most {} bytes under a condition, fewer \
                 than {}",
                built.location.store,
                capabilities.largest_write(),
                built.size
            ));
        }
        None if capabilities.copy == CopyGuard::ConditionalPut => {
            return Err(format!(
                "{store} has no conditional copy, and {} bytes are too many to pass through this machine",
                built.size
            ));
        }
        None => return Err(format!("{store} checks no condition of a write")),
    }
    Ok(weaker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn a_file_that_can_not_be_brought_is_found_unless_it_is_there() {
        let file = |path: &str, size, content: &[u8]| FolderFile {
            path: path.parse().unwrap(),
            size,
            executable: false,
            sha256: Digest::of(content),
            token: None,
        };
        let of = |files: Vec<FolderFile>| FolderManifest::new(files).unwrap();
        let source = of(vec![file("a", 10, b"1"), file("b", 30, b"2"), file("c", 20, b"3")]);
        let named = |there: Option<&FolderManifest>, limit| {
            too_long(&source, there, limit).map(|file| file.path.to_string())
        };
        assert_eq!(named(None, 30), None);
        assert_eq!(named(None, 10).as_deref(), Some("b"));
        let there = of(vec![file("b", 30, b"2"), file("c", 20, b"other")]);
        assert_eq!(named(Some(&there), 10).as_deref(), Some("c"));
    }

    #[test]
    fn between_two_kinds_of_stores_the_targets_own_limit_counts() {
        use promote_testing::memory::MemoryKind;
        let location = |text: &str| text.parse::<Location>().unwrap();
        let (from, to) = (location("s3://acme/a.zip"), location("gs://acme/prod.zip"));
        let mut known = MemoryKind::gcs_like().truth;
        known.put_limit = 64 << 20;
        let way = |known: &Capabilities, size| super::way(known, &from, &to, size);
        assert_eq!(way(&known, 300 << 20), Some(CopyGuard::ConditionalPut));
        assert_eq!(way(&known, (5 << 40) + 1), None);
        // What an earlier version found and allowed.
        known.write_limit = None;
        let allows = |known: &Capabilities| {
            let fits = |mib: u64| way(known, mib << 20).is_some();
            (fits(64), fits(256), fits(257))
        };
        known.copy = CopyGuard::ConditionalComplete;
        assert_eq!(allows(&known), (true, true, false), "parts were found to keep to conditions");
        known.copy = CopyGuard::ConditionalCopy;
        assert_eq!(allows(&known), (true, true, false), "nothing else was found");
        known.notes = vec!["objects above 5368709120 bytes are not safely guarded".to_owned()];
        assert_eq!(allows(&known), (true, false, false), "parts were found not to keep to conditions");
        (known.copy, known.notes) = (CopyGuard::ConditionalPut, Vec::new());
        assert_eq!(allows(&known), (true, false, false), "and here nothing but a put does");
    }
}
