//! The ledger: an append-only chain of records for each lane, kept beside the artifacts. What a chain may hold is
//! [`State::after`]'s to say, where a record lies is [`key`]'s, reading and appending are [`Ledger`]'s.

pub mod alive;
pub mod allowed;
pub mod answers;
pub mod append;
pub mod approval;
pub mod chain;
pub mod deployed;
pub mod entry;
mod error;
pub mod evidence;
mod failure;
mod gates;
pub mod genesis;
mod going_on;
pub mod heed;
pub mod identity;
pub mod key;
pub mod layout;
pub mod manifest;
pub mod named;
mod opening;
pub mod reader;
pub mod record;
mod reduce;
pub mod remembered;
mod requests;
mod saying;
pub mod standstill;
pub mod state;
pub mod statement;
mod strength;
mod strict;
mod survey;
mod terms;
pub mod told;
pub mod trail;

pub use crate::port::Stored;
pub use crate::promotion::PromotionId;
pub use alive::{Alive, LastSign};
pub use allowed::{Allowed, Dirty, Marked, Unmerged};
pub use answers::StoredApproval;
pub use append::{AppendError, Ledger};
pub use approval::{Answer, Approval, Bound, Replaced, SignedApproval};
pub use chain::{ChainCheck, ChainFault, ChainReport, check_chain};
pub use deployed::{Deployed, Frozen, Hold, Moment, OpenIntent, PastDeployment, Rerun, TargetState};
pub use entry::{Block, NewestEvidence, ReleaseEntry, StoredEntry, Word};
pub use error::LedgerError;
pub use evidence::{Evidence, EvidenceResult, StoredEvidence};
pub(crate) use failure::{not_added, not_taken};
pub use gates::{GateList, Gates, InForce};
pub use genesis::Genesis;
pub use identity::Identity;
pub use manifest::{BuiltArtifact, FolderSize, Manifest};
pub use reader::{Head, LedgerReader};
pub use record::Record;
pub use reduce::TransitionError;
pub use remembered::{Remembered, SeenArtifacts};
pub use requests::{CLOCKS, Life, Requests};
pub use standstill::{AllFrozen, Standstill, StoredStandstill};
pub use state::State;
pub use statement::{
    Abort, Before, Commit, Freeze, Intent, Landed, Mark, Observe, Outcome, Restored, RestoredEnd, Shape,
    Sign, SignedStep, StepRecord, TargetMove, Verified,
};
pub use strength::{Proof, Strength};
pub use terms::{Action, Actor, Kind, LedgerId, OutcomeResult, Override, ReleaseRef, Seq, Why, entry_name};
pub use told::{Told, Untold};
