//! Filling a new ledger from what is there already: versions of targets that are overwritten, the names of targets
//! that get a new name each time, what a moved tag names, and folders that say what they hold. What is found is a claim about the past, so it is recorded as observed and never as
//! verified. Looking ([`survey`]) changes nothing; [`carry_out`] writes what a survey found.

mod carry;
mod folders;
mod releases;
mod scan;
mod survey;
mod timeline;
mod traces;

pub use carry::{Imported, carry_out};
pub use survey::survey;
pub use timeline::{Candidate, Event, Stay, holder, stays};

use crate::commit::CommitId;
use crate::ledger::{Head, Manifest, ReleaseRef, TargetState};
use crate::names::{EnvironmentName, LaneName};
use chrono::{DateTime, Utc};

/// What the reason of each imported record begins with.
pub const REASON: &str = "imported: ";

/// How a manifest says that the release was published before there was a ledger.
pub const BUILT: &str = "imported";

/// A record that is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Since when the release was there; `None` when it is only known to be there now.
    pub since: Option<DateTime<Utc>>,
    /// The release; `None` for what is there now and is of no release that is known.
    pub release: Option<ReleaseRef>,
    /// What was let through when it was published.
    pub allowed: Vec<String>,
    /// What the targets held.
    pub targets: Vec<TargetState>,
    /// Where that is known from, in words.
    pub told: String,
    /// What a person should know of it.
    pub warning: Option<String>,
}

/// Something that was found and can't be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What: a version or a name.
    pub what: String,
    /// Why.
    pub why: String,
}

/// The past of one lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LanePlan {
    /// The lane.
    pub lane: LaneName,
    /// Its first environment, which names it.
    pub environment: EnvironmentName,
    /// Every record, oldest first.
    pub records: Vec<Planned>,
    /// How many of them an earlier import wrote that was cut off.
    pub already: usize,
    /// The lane's newest record now.
    pub head: Option<Head>,
    /// What was left out.
    pub left: Vec<Left>,
}

/// What an import comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportPlan {
    /// Lane by lane, in the order of the environments.
    pub lanes: Vec<LanePlan>,
    /// Releases that were never published to this ledger.
    pub manifests: Vec<Manifest>,
}

impl ImportPlan {
    /// How many records are still to be written.
    pub fn to_write(&self) -> usize {
        self.lanes.iter().map(|lane| lane.records.len() - lane.already.min(lane.records.len())).sum()
    }

    /// The releases that become known.
    pub fn releases(&self) -> impl Iterator<Item = &CommitId> {
        self.manifests.iter().map(|manifest| &manifest.commit)
    }
}
