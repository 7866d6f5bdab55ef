//! The roots: releases that must keep their artifacts, and why. A pure function of what was read.

use super::Policy;
use super::ground::{Ground, touches};
use crate::commit::CommitId;
use crate::config::Config;
use crate::ledger::{Manifest, ReleaseEntry, State};
use crate::location::StoreId;
use crate::names::{EnvironmentName, LaneName};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Why a release is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Root {
    /// It is in a lane.
    Current {
        /// The lane.
        lane: LaneName,
    },
    /// A promotion of it has not ended.
    Open {
        /// The lane.
        lane: LaneName,
    },
    /// It verifiably runs where an environment takes its releases from.
    Next {
        /// The environment that may take it.
        environment: EnvironmentName,
    },
    /// It was in a lane, and could be put back.
    Before {
        /// The lane.
        lane: LaneName,
    },
    /// Somebody pinned it.
    Pinned,
    /// It is one of the newest.
    Newest,
    /// It is younger than the limit.
    Young,
    /// Something lies beside its manifest that this version does not know.
    Unknown,
    /// Another release that is kept lies in the same place, or inside or around it.
    Shared {
        /// That release.
        with: CommitId,
    },
    /// The target of a lane lies in the same place, or inside or around it.
    Target {
        /// The lane.
        lane: LaneName,
    },
    /// Part of it lies in a store that the configuration names no more.
    Elsewhere {
        /// The store.
        store: StoreId,
    },
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current { lane } => write!(f, "in {lane}"),
            Self::Open { lane } => write!(f, "open in {lane}"),
            Self::Next { environment } => write!(f, "may go to {environment}"),
            Self::Before { lane } => write!(f, "may come back to {lane}"),
            Self::Pinned => f.write_str("pinned"),
            Self::Newest => f.write_str("one of the newest"),
            Self::Young => f.write_str("young"),
            Self::Unknown => f.write_str("a newer version of promote said something about it"),
            Self::Shared { with } => write!(f, "is where {} is", with.short(7)),
            Self::Target { lane } => write!(f, "is where the target of {lane} is"),
            Self::Elsewhere { store } => write!(f, "is in {store}, which promote.toml does not name"),
        }
    }
}

/// The roots of a ledger: those that its lanes, its people and the policy need. Releases without artifacts left, and
/// such as were never published, take no place among the newest.
pub fn roots(
    config: &Config,
    lanes: &BTreeMap<LaneName, State>,
    releases: &BTreeMap<CommitId, ReleaseEntry>,
    policy: &Policy,
    now: DateTime<Utc>,
) -> BTreeMap<CommitId, BTreeSet<Root>> {
    let mut found: BTreeMap<CommitId, BTreeSet<Root>> = BTreeMap::new();
    let mut add = |commit: &CommitId, root: Root| {
        found.entry(commit.clone()).or_default().insert(root);
    };
    for (lane, state) in lanes {
        let lane = || lane.clone();
        state.release().iter().for_each(|release| add(&release.commit, Root::Current { lane: lane() }));
        state.open.iter().for_each(|open| add(&open.release.commit, Root::Open { lane: lane() }));
        state.trail.iter().for_each(|past| add(&past.release.commit, Root::Before { lane: lane() }));
    }
    for environment in config.environments.values() {
        let upstream = environment.from.iter().filter_map(|name| config.environments.get(name));
        for state in upstream.filter_map(|upstream| lanes.get(&upstream.lane)) {
            if let (Some(release), true) =
                (state.release(), state.current.as_ref().is_some_and(|current| current.verified.is_some()))
            {
                add(&release.commit, Root::Next { environment: environment.name.clone() });
            }
        }
    }
    let mut newest: Vec<(DateTime<Utc>, &CommitId)> = Vec::new();
    for (commit, entry) in releases {
        let Some(published) = entry.published.filter(|_| entry.gone.is_none()) else { continue };
        newest.push((published, commit));
        if now - published < policy.older_than {
            add(commit, Root::Young);
        }
        if entry.pinned() {
            add(commit, Root::Pinned);
        }
        if entry.unknown {
            add(commit, Root::Unknown);
        }
    }
    newest.sort_unstable_by_key(|(published, commit)| (Reverse(*published), *commit));
    newest.into_iter().take(policy.keep).for_each(|(_, commit)| add(commit, Root::Newest));
    found
}

/// Adds the releases whose artifacts can't be deleted without touching a root, a target or a store that is out of
/// reach.
pub(super) fn add_places(
    found: &mut BTreeMap<CommitId, BTreeSet<Root>>,
    lanes: &BTreeMap<LaneName, State>,
    manifests: &BTreeMap<CommitId, Manifest>,
    reachable: impl Fn(&StoreId) -> bool,
) {
    for (commit, manifest) in manifests {
        for place in manifest.artifacts.values().map(|built| &built.location) {
            if !reachable(&place.store) {
                let root = Root::Elsewhere { store: place.store.clone() };
                found.entry(commit.clone()).or_default().insert(root);
            }
            for (lane, state) in lanes {
                let mut targets = state.current.iter().flat_map(|current| &current.targets);
                if targets.any(|target| touches(place, &target.target)) {
                    let root = Root::Target { lane: lane.clone() };
                    found.entry(commit.clone()).or_default().insert(root);
                }
            }
        }
    }
    // What shares a place with a root is one itself, and so on.
    let ground = Ground::of(manifests);
    let mut fresh: Vec<CommitId> = found.keys().cloned().collect();
    while let Some(root) = fresh.pop() {
        let Some(manifest) = manifests.get(&root) else { continue };
        for commit in ground.neighbours(manifest) {
            if !found.contains_key(commit) {
                found.entry(commit.clone()).or_default().insert(Root::Shared { with: root.clone() });
                fresh.push(commit.clone());
            }
        }
    }
}
