//! What retention would do, or did.

use super::Document;
use crate::config::Config;
use crate::ledger::Manifest;
use crate::retention::{Erasure, Fate, Judged, Policy, Pruned, Root, Survey};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// `promote prune`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PruneReport {
    /// What this is.
    pub schema: &'static str,
    /// The project.
    pub project: String,
    /// The time by the ledger's store.
    pub at: DateTime<Utc>,
    /// Whether it was done; else it is what would be.
    pub done: bool,
    /// How many of the newest releases are kept.
    pub keep: usize,
    /// How old a release must be.
    pub older_than_s: i64,
    /// How long after its doom a release is deleted.
    pub grace_s: i64,
    /// Bytes that were deleted, or would be now.
    pub delete_bytes: u64,
    /// Bytes of what was doomed, or would be now.
    pub doom_bytes: u64,
    /// How many signs of life of what has ended were deleted, or would be.
    pub signs: usize,
    /// Why signs of what has ended stay; `None` where none does.
    pub signs_left: Option<String>,
    /// Every published release, the newest first.
    pub releases: Vec<PrunedRelease>,
}

impl Document for PruneReport {
    const SCHEMA: &'static str = "promote/prune@1";
    const FIELDS: &'static [&'static str] = &[
        "schema",
        "project",
        "at",
        "done",
        "keep",
        "older_than_s",
        "grace_s",
        "delete_bytes",
        "doom_bytes",
        "signs",
        "signs_left",
        "releases",
    ];
}

/// What becomes of a release, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FateWord {
    /// It stays.
    Keep,
    /// Its doom is lifted, since it is needed again.
    Lift,
    /// It is doomed.
    Doom,
    /// It is doomed, and its time has not come.
    Wait,
    /// Its artifacts are deleted.
    Delete,
    /// They were deleted before.
    Gone,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrunedRelease {
    /// The commit.
    pub sha: String,
    /// First line of its message. Foreign text.
    pub subject: Option<String>,
    /// The store's time of its manifest.
    pub published_at: Option<DateTime<Utc>>,
    /// The length of its artifacts, as published; an image counts for its manifest alone. `None` where that was not
    /// read, because nothing depends on it.
    pub bytes: Option<u64>,
    /// What becomes of it.
    pub fate: FateWord,
    /// Why it is kept.
    pub roots: Vec<Root>,
    /// Since when it is doomed.
    pub doomed_at: Option<DateTime<Utc>>,
    /// From when on it is deleted.
    pub deleted_from: Option<DateTime<Utc>>,
    /// Whether what the fate says was done; false where somebody else was faster, or it was needed again.
    pub done: bool,
    /// What was deleted of it.
    pub erased: Vec<ErasedArtifact>,
}

/// One artifact that was deleted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErasedArtifact {
    /// Its name.
    pub artifact: String,
    /// Where it lay.
    pub location: String,
    /// How many objects were deleted.
    pub objects: u64,
    /// Their length.
    pub bytes: u64,
    /// What stays, and why.
    pub left: Vec<String>,
    /// Files in a folder that are not the release's; the first ones.
    pub strays: Vec<String>,
    /// How many of them there are.
    pub stray_count: usize,
}

impl ErasedArtifact {
    fn of(one: &Erasure) -> Self {
        Self {
            artifact: one.artifact.clone(),
            location: one.location.to_string(),
            objects: one.objects,
            bytes: one.bytes,
            left: one.left.clone(),
            strays: one.strays.clone(),
            stray_count: one.stray_count,
        }
    }
}

fn bytes(manifest: &Manifest) -> u64 {
    let sizes = manifest
        .artifacts
        .values()
        .map(|built| built.size.saturating_add(built.folder.map_or(0, |folder| folder.bytes)));
    sizes.fold(0, u64::saturating_add)
}

impl PruneReport {
    /// What would be done, or with `pruned`, what was.
    pub fn of(
        config: &Config,
        policy: &Policy,
        survey: &Survey,
        judged: &BTreeMap<crate::commit::CommitId, Judged>,
        pruned: Option<&Pruned>,
    ) -> Self {
        let mut releases: Vec<PrunedRelease> = Vec::new();
        for (commit, one) in judged {
            let manifest = survey.manifests.get(commit);
            let entry = survey.releases.get(commit).cloned().unwrap_or_default();
            let lifted = pruned.is_some_and(|done| done.lifted.contains(commit));
            let (fate, until) = match one.fate {
                // What was needed again when it came to it.
                _ if lifted => (FateWord::Lift, None),
                Fate::Keep => (FateWord::Keep, None),
                Fate::Lift => (FateWord::Lift, None),
                Fate::Doom => (FateWord::Doom, survey.at.checked_add_signed(policy.grace)),
                Fate::Wait { until } => (FateWord::Wait, Some(until)),
                Fate::Delete => (FateWord::Delete, None),
                Fate::Gone => (FateWord::Gone, None),
            };
            let done = |done: &Pruned| match fate {
                FateWord::Doom => done.doomed.contains(commit),
                FateWord::Delete => done.gone.contains(commit),
                FateWord::Lift => lifted,
                FateWord::Keep | FateWord::Wait | FateWord::Gone => true,
            };
            let erased = pruned.and_then(|done| done.erased.get(commit));
            releases.push(PrunedRelease {
                sha: commit.to_string(),
                subject: manifest.and_then(|manifest| manifest.subject.clone()),
                published_at: entry.published,
                bytes: manifest.map(bytes),
                fate,
                roots: one.roots.iter().cloned().collect(),
                doomed_at: entry.doomed_at.filter(|_| entry.doomed()),
                deleted_from: until,
                done: pruned.is_some_and(done),
                erased: erased.into_iter().flatten().map(ErasedArtifact::of).collect(),
            });
        }
        releases.sort_by_key(|one| std::cmp::Reverse(one.published_at));
        let sum = |fate: FateWord| {
            let mut sum: u64 = 0;
            for one in releases.iter().filter(|one| one.fate == fate && (pruned.is_none() || one.done)) {
                sum = sum.saturating_add(match pruned {
                    Some(_) if fate == FateWord::Delete => one.erased.iter().map(|it| it.bytes).sum(),
                    _ => one.bytes.unwrap_or(0),
                });
            }
            sum
        };
        Self {
            schema: Self::SCHEMA,
            project: config.project.to_string(),
            at: survey.at,
            done: pruned.is_some(),
            keep: policy.keep,
            older_than_s: policy.older_than.num_seconds(),
            grace_s: policy.grace.num_seconds(),
            delete_bytes: sum(FateWord::Delete),
            doom_bytes: sum(FateWord::Doom),
            signs: pruned.map_or(survey.signs.len(), |done| done.signs.deleted),
            signs_left: pruned.and_then(|done| done.signs.left.clone()),
            releases,
        }
    }
}
