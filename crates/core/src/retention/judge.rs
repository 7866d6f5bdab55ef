//! From what was read to what becomes of each release. Pure.

use super::ground::Ground;
use super::roots::{Root, add_places, roots};
use super::{Policy, Survey};
use crate::commit::CommitId;
use crate::config::Config;
use crate::ledger::ReleaseEntry;
use crate::location::StoreId;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It stays.
    Keep,
    /// It was doomed, and is needed again.
    Lift,
    /// It will be doomed.
    Doom,
    /// It is doomed, and its time has not come.
    Wait {
        /// When it comes, by the store's clock.
        until: DateTime<Utc>,
    },
    /// Its artifacts are deleted now.
    Delete,
    /// They were deleted.
    Gone,
}

/// One release and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What becomes of it.
    pub fate: Fate,
    /// Why it is kept; empty when nothing needs it.
    pub roots: BTreeSet<Root>,
}

/// Judges every published release. `reachable`: whether a store can be asked.
pub fn judge(
    config: &Config,
    policy: &Policy,
    survey: &Survey,
    reachable: impl Fn(&StoreId) -> bool,
) -> BTreeMap<CommitId, Judged> {
    let lanes = survey.lanes();
    let mut needed = roots(config, &lanes, &survey.releases, policy, survey.at);
    add_places(&mut needed, &lanes, &survey.manifests, reachable);
    let mut judged: BTreeMap<CommitId, Judged> = BTreeMap::new();
    for (commit, entry) in &survey.releases {
        if entry.published.is_none() {
            continue;
        }
        let roots = needed.remove(commit).unwrap_or_default();
        let fate = fate(entry, !roots.is_empty(), policy, survey.at);
        judged.insert(commit.clone(), Judged { fate, roots });
    }
    // What lies in the place of something whose time has not come has not come to its time either.
    let due = |judged: &BTreeMap<CommitId, Judged>, commit: &CommitId| {
        judged.get(commit).is_some_and(|one| one.fate == Fate::Delete)
    };
    let ground = Ground::of(&survey.manifests);
    let mut early: Vec<&CommitId> = survey.manifests.keys().filter(|commit| !due(&judged, commit)).collect();
    while let Some(manifest) = early.pop().and_then(|commit| survey.manifests.get(commit)) {
        for commit in ground.neighbours(manifest) {
            if let Some(one) = judged.get_mut(commit).filter(|one| one.fate == Fate::Delete) {
                one.fate = Fate::Wait { until: survey.at };
                early.push(commit);
            }
        }
    }
    judged
}

fn fate(entry: &ReleaseEntry, needed: bool, policy: &Policy, now: DateTime<Utc>) -> Fate {
    if entry.gone.is_some() {
        return Fate::Gone;
    }
    match (entry.doomed(), needed) {
        (true, true) => Fate::Lift,
        (false, true) => Fate::Keep,
        (false, false) => Fate::Doom,
        (true, false) => {
            let since = entry.doomed_at.unwrap_or(now);
            match since.checked_add_signed(policy.grace).unwrap_or(DateTime::<Utc>::MAX_UTC) {
                until if now < until => Fate::Wait { until },
                _ => Fate::Delete,
            }
        }
    }
}
