//! Gates and locators that are in force: which there are in a file ([`in_force`]), and what of them was loosened since
//! the last promotion ([`loosened`]). Values only; reading them from the ledger is `observe`'s, judging is the rule's.

mod compare;
mod list;

pub use compare::{Loosened, loosened};
pub(crate) use list::filled;
pub use list::in_force;

use crate::ledger::{Frozen, GateList};
use crate::names::{EnvironmentName, LaneName};

/// What the ledger tells of the gates that the ones in the file are compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Before {
    /// Nothing to compare: the lists are the same, or none was kept and nothing says that there should be one.
    #[default]
    Same,
    /// The list at the last promotion, which is another one than now; and the lanes from which environments came that were
    /// not in it.
    List(GateList, Vec<OtherLane>),
    /// There was another list, and it can't be read any more: why.
    Lost(String),
    /// The lane was never promoted to, and other lanes of the ledger hold one of its targets, or were last promoted to
    /// with one of its environments, or are in the file no more.
    Lanes(Vec<OtherLane>),
    /// The lane was never promoted to, and a target says that a promotion put it there which this ledger does not know.
    Stranger {
        /// The target.
        target: String,
        /// The promotion. Foreign text.
        promotion: String,
    },
}

/// Another lane, whose gates held for what is this one's now.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherLane {
    /// The lane.
    pub lane: LaneName,
    /// What was its.
    pub shared: Shared,
    /// Its list at its last promotion, where it has one: of the environments that left it, where it keeps its target.
    pub list: Option<GateList>,
    /// Its freeze.
    pub frozen: Option<Frozen>,
}

/// What one lane has of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// A target.
    Target(String),
    /// Environments, which read the other lane's target then, and now another one.
    Environments(Vec<EnvironmentName>),
    /// Nothing that is known: no environment of it is in the file any more, under whatever name it may go on.
    Unknown,
}
