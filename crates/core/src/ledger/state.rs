//! The state of a lane after a record. Each record carries it, so that status reads one record however long the ledger
//! is. Which record may follow, and what it makes of the state, is the work of `reduce`.

use super::allowed::Marked;
use super::deployed::{Deployed, Frozen, Hold, Moment, OpenIntent, PastDeployment, Rerun};
use super::gates::InForce;
use super::requests::Requests;
use super::terms::{Action, ReleaseRef, Seq};
use crate::commit::CommitId;
use crate::digest::Digest;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many past occupancies a state remembers.
pub const TRAIL: usize = 24;
/// How many rolled-back releases a state remembers.
pub const ROLLED_BACK: usize = 24;

/// A lane after a record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct State {
    /// What is there.
    pub current: Option<Deployed>,
    /// What was there, newest first, at most [`TRAIL`].
    #[serde(default)]
    pub trail: Vec<PastDeployment>,
    /// The promotion that has not ended.
    pub open: Option<OpenIntent>,
    /// Whether the last commit left a write without a definite answer.
    #[serde(default)]
    pub unclean: bool,
    /// The last commit's id; `None` in the commit's own record.
    pub committed: Option<Digest>,
    /// The last commit's number.
    pub committed_seq: Option<Seq>,
    /// Frozen by hand.
    pub frozen: Option<Frozen>,
    /// Held.
    pub held: Option<Hold>,
    /// Releases that were rolled back here, newest first.
    #[serde(default)]
    pub rolled_back: Vec<CommitId>,
    /// Releases that are or were here for which something was let through when they were published, those that came
    /// last first, at most [`TRAIL`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Marked>,
    /// The gates at the last promotion that kept them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<InForce>,
    /// Which requests may still take effect, where time alone fences them off; `None` before the first that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
    /// The steps of what is there, where they run again after an end was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Rerun>,
    /// What later versions keep here.
    #[serde(flatten)]
    pub more: BTreeMap<String, serde_json::Value>,
}

impl State {
    /// This state with the store's time of record `seq` filled in, and with the ids that the record could not hold.
    #[must_use]
    pub fn sealed(mut self, seq: Seq, id: Digest, stored: Option<DateTime<Utc>>) -> Self {
        let note = |moment: &mut Moment| {
            if moment.seq == seq && moment.stored.is_none() {
                moment.stored = stored;
            }
        };
        if let Some(current) = &mut self.current {
            note(&mut current.since);
            current.verified.iter_mut().for_each(note);
        }
        if let Some(past) = self.trail.first_mut() {
            note(&mut past.until);
        }
        if let Some(open) = &mut self.open {
            note(&mut open.since);
            if open.since.seq == seq {
                open.id = Some(id);
            }
        }
        self.frozen.iter_mut().for_each(|frozen| note(&mut frozen.since));
        self.held.iter_mut().for_each(|held| note(&mut held.since));
        self.requests.iter_mut().for_each(|requests| note(&mut requests.over));
        self.again.iter_mut().for_each(|again| note(&mut again.since));
        if self.committed_seq == Some(seq) {
            self.committed = Some(id);
        }
        self
    }

    /// The release that is there.
    pub fn release(&self) -> Option<&ReleaseRef> {
        self.current.as_ref().and_then(|current| current.release.as_ref())
    }

    /// What was let through when this release was published, as far as the lane remembers.
    pub fn allowed(&self, commit: &CommitId) -> Vec<String> {
        let known = self.allowed.iter().find(|marked| marked.commit == *commit);
        known.map(|marked| marked.what.clone()).unwrap_or_default()
    }

    /// Whether what is there is the first release of the lane and nothing verified it since it was moved last: then there
    /// is nothing to go back to. It may be undone unless it was verified before it was moved again, which the records
    /// before tell.
    pub fn is_first(&self) -> bool {
        let brought = |there: &Deployed| {
            there.release.is_some() && there.promotion.is_some() && there.verified.is_none()
        };
        self.trail.is_empty() && self.current.as_ref().is_some_and(brought)
    }

    /// What a rollback without a name would undo, where nothing is there that could come back: what is open, or the
    /// first release.
    pub fn undoable(&self) -> Option<&ReleaseRef> {
        match &self.open {
            Some(open) if self.release().is_none() || open.action == Action::Undo => Some(&open.release),
            Some(_) => None,
            None => self.release().filter(|_| self.is_first()),
        }
    }

    /// The freeze in force at `now`.
    pub fn frozen_at(&self, now: DateTime<Utc>) -> Option<&Frozen> {
        self.frozen.as_ref().filter(|frozen| frozen.until.is_none_or(|until| now < until))
    }
}
