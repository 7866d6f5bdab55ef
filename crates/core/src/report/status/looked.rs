//! All that was read for a status.

use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::digest::Digest;
use crate::failure::Failure;
use crate::gates::Before;
use crate::lease::Heard;
use crate::ledger::{Genesis, Head, Intent, ReleaseEntry, ReleaseRef, State, StoredStandstill};
use crate::location::StoreId;
use crate::names::{EnvironmentName, LaneName};
use crate::observe::{Evidences, put, recorded, standing};
use crate::port::{Capabilities, Check};
use crate::relocated::{Relocated, relocated};
use crate::snapshot::{Descent, Seen};
use crate::vote::Votes;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The targets of an environment by artifact, or why they could not be looked at.
pub(super) type Targets = Result<BTreeMap<String, Seen>, Failure>;

/// Everything that was read.
pub(super) struct StatusReads {
    pub(super) genesis: Option<(Genesis, Digest)>,
    /// The newest entry about all environments.
    pub(super) standstill: Option<StoredStandstill>,
    pub(super) heads: BTreeMap<LaneName, Option<Head>>,
    pub(super) targets: BTreeMap<EnvironmentName, Targets>,
    pub(super) releases: BTreeMap<CommitId, ReleaseEntry>,
    pub(super) natures: BTreeMap<StoreId, Capabilities>,
    pub(super) on_branch: BTreeMap<CommitId, Option<bool>>,
    pub(super) tags: BTreeMap<CommitId, Vec<String>>,
    /// How what may move stands to what is there.
    pub(super) descent: BTreeMap<EnvironmentName, Option<Descent>>,
    pub(super) at: DateTime<Utc>,
    pub(super) local_at: DateTime<Utc>,
    /// What the gates of what may move are compared with.
    pub(super) gates: BTreeMap<EnvironmentName, Before>,
    /// What people said to what may move, where an environment asks for approvals.
    pub(super) votes: BTreeMap<EnvironmentName, Votes>,
    /// What the forge says of the checks of what may move, where an environment asks for some.
    pub(super) checks: BTreeMap<EnvironmentName, Result<Vec<Check>, String>>,
    /// The results that an environment asks for of what may move.
    pub(super) evidence: BTreeMap<EnvironmentName, Evidences>,
    /// What was heard of those who are at what is open or being deployed.
    pub(super) heard: BTreeMap<LaneName, Heard>,
    /// What was adopted before, where a rollback has nothing verified to go back to.
    pub(super) adopted: BTreeMap<LaneName, ReleaseRef>,
    /// Releases that may not move, of those that were or are in a lane, as far as a hint would lead to them.
    pub(super) barred: BTreeMap<LaneName, BTreeSet<CommitId>>,
    /// What undoing a first release can't take back, of the lanes where one is to be undone.
    pub(super) stays: BTreeMap<LaneName, Vec<String>>,
    pub(super) lanes: BTreeMap<EnvironmentName, LaneName>,
    /// What is open, of the lanes where something is.
    pub(super) begun: BTreeMap<LaneName, Intent>,
}

impl StatusReads {
    pub(super) fn state(&self, lane: &LaneName) -> Option<&State> {
        self.heads.get(lane).and_then(Option::as_ref).map(Head::state)
    }

    /// The targets of an environment that the file names elsewhere than the ledger says. A file whose targets can't be
    /// filled in is told where they are looked at.
    pub(super) fn relocated(&self, config: &Config, environment: &Environment) -> Vec<Relocated> {
        let Some(state) = self.state(&environment.lane) else { return Vec::new() };
        let values = standing(config, environment);
        let begun = self.begun.get(&environment.lane).into_iter().flat_map(put);
        relocated(config, environment, &values, recorded(state).chain(begun)).unwrap_or_default()
    }

    pub(super) fn lane_of(&self, name: &EnvironmentName) -> Option<&LaneName> {
        self.lanes.get(name)
    }
}
