//! Gates and locators that are in force: which there are in a file ([`in_force`]), and what of them was loosened since
//! the last promotion ([`loosened`]). Values only; reading them from the ledger is `observe`'s, judging is the rule's.

mod compare;
mod list;

pub use compare::{Loosened, loosened};
pub(crate) use list::filled;
pub use list::in_force;

use crate::ledger::{Frozen, GateList};
use crate::names::LaneName;

/// What the ledger tells of the gates that the ones in the file are compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Before {
    /// Nothing to compare: the lists are the same, or none was kept and nothing says that there should be one.
    #[default]
    Same,
    /// The list at the last promotion, which is another one than now.
    List(GateList),
    /// There was another list, and it can't be read any more: why.
    Lost(String),
    /// The lane was never promoted to, and another lane of the ledger holds one of its targets.
    Lane(Box<OtherLane>),
    /// The lane was never promoted to, and a target says that a promotion put it there which this ledger does not know.
    Stranger {
        /// The target.
        target: String,
        /// The promotion. Foreign text.
        promotion: String,
    },
}

/// Another lane that holds a target of this one.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherLane {
    /// The lane.
    pub lane: LaneName,
    /// The target that both have.
    pub target: String,
    /// Its list at its last promotion, where it has one.
    pub list: Option<GateList>,
    /// Its freeze.
    pub frozen: Option<Frozen>,
}
