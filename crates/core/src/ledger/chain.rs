//! Checking a whole lane: numbers without gaps, every record naming the one before, every state the one that
//! follows from the state before. Works on records alone, so it can be done offline.

use super::reader::Head;
use super::record::{LedgerId, Seq};
use super::state::{Misfit, State};
use crate::digest::Digest;

/// What is wrong with a chain, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// A number is missing.
    #[error("record {0} is missing")]
    Gap(Seq),
    /// It belongs to another ledger.
    #[error("record {0} belongs to another ledger")]
    Foreign(Seq),
    /// It does not name the record before.
    #[error("record {0} does not follow from the record before: one of the two was changed")]
    Broken(Seq),
    /// It may not follow.
    #[error("record {seq} may not stand there: {why}")]
    Misfit {
        /// Which.
        seq: Seq,
        /// Why.
        why: Misfit,
    },
    /// Its state is not what follows.
    #[error("record {0} states something that does not follow from the records before")]
    State(Seq),
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// How many records were checked.
    pub records: usize,
    /// Everything that is wrong, oldest first.
    pub faults: Vec<ChainFault>,
}

/// Checks the records of a lane, oldest first, from the ledger's genesis on.
pub fn check_chain<'h>(
    ledger: &LedgerId,
    genesis: Digest,
    heads: impl IntoIterator<Item = &'h Head>,
) -> ChainReport {
    let mut report = ChainReport::default();
    let mut prev = genesis;
    let mut state = State::default();
    let mut expected = Seq(1);
    for head in heads {
        let record = &head.record;
        report.records += 1;
        if record.seq != expected {
            report.faults.push(ChainFault::Gap(expected));
        }
        if record.ledger != *ledger {
            report.faults.push(ChainFault::Foreign(record.seq));
        }
        if record.prev != prev {
            report.faults.push(ChainFault::Broken(record.seq));
        }
        // The time of the record before enters a state only as its successor noted it, so that a check gives the
        // same result when a store's own times were lost in a copy of the ledger.
        if let Some(before) = record.seq.0.checked_sub(1) {
            state = restamped(state, Seq(before), prev, record.prev_stored_at);
        }
        match state.after(record) {
            Ok(next) => {
                let next = next.sealed(record.seq, head.id, Some(head.stored_at));
                if next != record.state {
                    report.faults.push(ChainFault::State(record.seq));
                }
            }
            Err(why) => report.faults.push(ChainFault::Misfit { seq: record.seq, why }),
        }
        prev = head.id;
        state = record.state.clone();
        expected = record.seq.next();
    }
    report
}

/// A sealed state with the store's time of its last record as the next record noted it.
fn restamped(mut state: State, seq: Seq, id: Digest, stored: Option<chrono::DateTime<chrono::Utc>>) -> State {
    let clear = |moment: &mut super::state::Moment| {
        if moment.seq == seq {
            moment.stored = None;
        }
    };
    if let Some(current) = &mut state.current {
        clear(&mut current.since);
        current.verified.iter_mut().for_each(clear);
    }
    if let Some(past) = state.trail.first_mut() {
        clear(&mut past.until);
    }
    if let Some(open) = &mut state.open {
        clear(&mut open.since);
    }
    state.frozen.iter_mut().for_each(|frozen| clear(&mut frozen.since));
    state.held.iter_mut().for_each(|held| clear(&mut held.since));
    state.sealed(seq, id, stored)
}
