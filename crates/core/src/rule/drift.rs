//! `drift`: the target holds what the ledger put there. What somebody else wrote is not overwritten unseen.

use super::{Facts, Finding, target_name};
use crate::ledger::State;
use crate::port::Object;
use crate::relocated::Relocated;
use crate::snapshot::Seen;

/// Whether what a target holds is of a promotion that is open in this lane: it carries its mark, or, where a store
/// keeps none (the tag of an image), it is the very artifact.
fn ours(state: &State, artifact: &str, object: &Object) -> bool {
    let Some(open) = &state.open else { return false };
    let marked =
        object.metadata.get("promote-id").is_some_and(|id| open.stamps.iter().any(|one| one.0 == *id));
    let same = object.metadata.is_empty()
        && object.sha256.is_some()
        && object.sha256 == open.release.digest(artifact, &open.environment);
    marked || same
}

/// What differs between a target and the ledger, in words.
pub fn drift(state: &State, artifact: &str, seen: &Seen) -> Option<String> {
    let name = |target: &&crate::ledger::TargetState| {
        target.artifact.as_ref().map_or("main", |name| name.as_str()) == artifact
    };
    let last = state.current.as_ref().and_then(|current| current.targets.iter().find(name));
    let recorded = last.filter(|target| target.target == seen.location);
    match (recorded, &seen.object) {
        (None, None) => None,
        (None, Some(object)) if ours(state, artifact, object) => None,
        (None, Some(object)) => {
            // An earlier promotion's name, or that of another environment.
            let what = match object.metadata.get("promote-id") {
                Some(id) => format!(
                    "`{}` contains what promotion {} put there, and is not where the last one did",
                    seen.location,
                    crate::names::escape(id)
                ),
                None => format!("`{}` contains an object that no record accounts for", seen.location),
            };
            Some(match last {
                Some(last) => format!("{what}; the last one put `{}`", last.target),
                None => what,
            })
        }
        // Its files may be there still.
        (Some(_), None) if seen.location.folder().is_some() => {
            Some(format!("the manifest of `{}` is missing", seen.location))
        }
        (Some(_), None) => Some(format!("`{}` is gone", seen.location)),
        (Some(recorded), Some(object)) => {
            let same_version = recorded.version.is_none() || recorded.version == object.version;
            // The very write of the promotion that is recorded, which something on the way has sent once more.
            let promotion = state.current.as_ref().and_then(|current| current.promotion.as_ref());
            let repeated =
                object.metadata.get("promote-id").zip(promotion).is_some_and(|(id, ours)| *id == ours.0);
            // What was adopted is known by its bytes: nothing that was written there says which promotion it is of.
            let adopted = state.current.as_ref().is_some_and(|current| current.promotion.is_none());
            let same_bytes = adopted && object.sha256.is_some() && object.sha256 == recorded.sha256;
            let same_write = recorded.token == object.token && (same_version || repeated);
            if same_write || same_bytes || ours(state, artifact, object) {
                return None;
            }
            let when = object.stored_at.format("%Y-%m-%d %H:%M UTC");
            let by = match object.metadata.get("promote-id") {
                Some(id) => format!("by promotion {}", crate::names::escape(id)),
                None => "not by promote".to_owned(),
            };
            Some(format!("`{}` was written {when}, {by}", seen.location))
        }
    }
}

/// What a target holds of a promotion that has not ended, in words: no drift, and not what is recorded either.
pub fn unended(state: &State, artifact: &str, seen: &Seen) -> Option<String> {
    let (open, object) = (state.open.as_ref()?, seen.object.as_ref()?);
    let known = state.current.iter().flat_map(|current| &current.targets);
    let recorded = known.into_iter().find(|target| {
        target.artifact.as_ref().map_or("main", |name| name.as_str()) == artifact
            && target.target == seen.location
    });
    let same = recorded.is_some_and(|recorded| {
        recorded.token == object.token && (recorded.version.is_none() || recorded.version == object.version)
    });
    (!same && ours(state, artifact, object)).then(|| {
        let (commit, by) = (open.release.commit.short(7), crate::names::escape(&open.by));
        format!(
            "`{}` contains what promotion {} of {commit} by {by} wrote, which is unfinished",
            seen.location, open.promotion
        )
    })
}

/// Whether a name that depends on the release holds what an earlier promotion put there of this very release: a rollback
/// comes back to it, and nothing of anybody else would be overwritten.
fn left_there(facts: &Facts<'_>, artifact: &str, seen: &Seen) -> bool {
    let (Some(object), Some(digest)) =
        (&seen.object, facts.release.digest(artifact, &facts.environment.name))
    else {
        return false;
    };
    let moves =
        facts.environment.artifacts.iter().any(|one| one.name() == artifact && one.is_named_by_release());
    let marked = object.metadata.get("promote-sha256") == Some(&digest.hex());
    moves
        && object.metadata.contains_key("promote-id")
        && object.sha256.map_or(marked, |found| found == digest)
}

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let state = facts.snapshot.state();
    // A release's own object is what it was when it was published, which the plan itself sees to.
    let unmoved =
        |name: &str| facts.environment.artifacts.iter().any(|one| one.name() == name && one.is_unmoved());
    // What nobody may write over is told by the rule `target-name`, and no override of this one helps.
    let used = |name: &str, seen: &Seen| {
        let artifact = facts.environment.artifacts.iter().find(|one| one.name() == name);
        artifact.is_some_and(|artifact| target_name::used(facts, artifact, seen).is_some())
    };
    let targets = facts.snapshot.targets.iter().filter(|(artifact, _)| !unmoved(artifact));
    let (taken, targets): (Vec<_>, Vec<_>) = targets.partition(|(artifact, seen)| used(artifact, seen));
    let differing: Vec<(&Seen, String)> = targets
        .into_iter()
        .filter(|(artifact, seen)| !left_there(facts, artifact, seen))
        .filter_map(|(artifact, seen)| Some((seen, drift(&state, artifact, seen)?)))
        .collect();
    // What is not there can't be adopted, whether or not something was; nor can anything while a promotion is open.
    let absent = |(name, seen): (&String, &Seen)| !unmoved(name) && seen.object.is_none();
    let gone = state.open.is_some() || facts.snapshot.targets.iter().any(absent);
    let differing = differing.into_iter().map(|(_, told)| told);
    let newer = facts.snapshot.newer.iter().filter_map(|(artifact, seen)| drift(&state, artifact, seen));
    let found: Vec<String> = differing.chain(newer).collect();
    let name = &facts.environment.name;
    let moved: Vec<String> = facts.snapshot.relocated.iter().map(Relocated::told).collect();
    // What is at the old place would stay as it is, and be told as taken back.
    let over = facts.request.take_over.is_wanted() && state.open.is_some();
    if !moved.is_empty() && (facts.request.goes_back() || over) {
        let all = moved.into_iter().chain(found).collect::<Vec<_>>().join("; ");
        return Some(Finding::unmet("drift", all).hint(
            "put the `target` of the ledger back into the file and run the same command again; \
             `--override drift --reason TEXT` leaves what is at the old place as it is",
        ));
    }
    Some(if found.is_empty() && !taken.is_empty() {
        Finding::skipped("drift", "what is under the target's name is not written over")
    } else if found.is_empty() && !moved.is_empty() {
        Finding::met("drift", format!("{}; what is at the old place stays there", moved.join("; ")))
    } else if found.is_empty() {
        Finding::met("drift", "the target is what the ledger says")
    } else {
        let hint = match gone {
            true => "`--override drift --reason TEXT` writes it all the same".to_owned(),
            false => format!(
                "`promote adopt {name} --reason TEXT` records what is there, `--override drift --reason TEXT` overwrites it"
            ),
        };
        Finding::unmet("drift", found.join("; ")).hint(hint)
    })
}
