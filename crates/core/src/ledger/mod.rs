//! The ledger: an append-only chain of records for each lane, kept beside the artifacts. What a chain may hold is
//! [`State::after`]'s to say, where a record lies is [`key`]'s, reading and appending are [`Ledger`]'s.

pub mod append;
pub mod chain;
pub mod genesis;
pub mod key;
pub mod manifest;
pub mod reader;
pub mod record;
pub mod state;
mod strict;

pub use append::{AppendError, Ledger};
pub use chain::{ChainCheck, ChainFault, ChainReport, check_chain};
pub use genesis::Genesis;
pub use manifest::{BuiltArtifact, Manifest};
pub use reader::{Head, LedgerError, LedgerReader, ReleaseEntry};
pub use record::{
    Abort, Action, Actor, Before, Commit, Freeze, Intent, Kind, Landed, LedgerId, Mark, Observe, Outcome,
    OutcomeResult, Override, PromotionId, Record, ReleaseRef, Seq, StepRecord, TargetMove, Verified, Why,
};
pub use state::{Frozen, Held, Moment, Occupancy, OpenIntent, Past, State, TargetState};
