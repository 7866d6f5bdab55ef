//! Checking a whole lane: numbers without gaps, every record naming the one before, every state the one that
//! follows from the state before. Works on records alone, so it can be done offline.

use super::reader::Head;
use super::reduce::TransitionError;
use super::state::State;
use super::terms::{Kind, LedgerId, Seq};
use crate::digest::Digest;
use crate::location::Location;
use crate::names::ArtifactName;

/// What is wrong with a chain, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// A number is missing.
    #[error("record {0} is missing")]
    Gap(Seq),
    /// Several numbers are missing.
    #[error("records {0} to {1} are missing")]
    Gaps(Seq, Seq),
    /// What lies in its place is not this record.
    #[error("record {seq} can't be read: {why}")]
    Unreadable {
        /// Which.
        seq: Seq,
        /// Why.
        why: String,
    },
    /// It belongs to another ledger.
    #[error("record {0} belongs to another ledger")]
    Foreign(Seq),
    /// It does not name the record before.
    #[error("record {0} does not follow from the record before: one of the two was changed")]
    Broken(Seq),
    /// It may not follow.
    #[error("record {seq} may not stand there: {why}")]
    Transition {
        /// Which.
        seq: Seq,
        /// Why.
        why: TransitionError,
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
    /// Everything that is wrong, oldest first; of very many the first [`MOST_FAULTS`].
    pub faults: Vec<ChainFault>,
    /// How many more there are.
    pub more: usize,
}

/// How many faults of one chain are told one by one.
pub const MOST_FAULTS: usize = 1000;

/// Checks a lane record by record, in memory that does not grow with the ledger.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    ledger: LedgerId,
    prev: Digest,
    state: State,
    expected: Seq,
    /// Whether what came right before is not known, so that nothing can be said of what follows from it.
    lost: bool,
    /// The targets of the intent that is open.
    moving: Vec<(Option<ArtifactName>, Location)>,
    report: ChainReport,
}

impl ChainCheck {
    /// Before the first record of a lane of this ledger.
    pub fn new(ledger: &LedgerId, genesis: Digest) -> Self {
        Self {
            ledger: ledger.clone(),
            prev: genesis,
            state: State::default(),
            expected: Seq(1),
            lost: false,
            moving: Vec::new(),
            report: ChainReport::default(),
        }
    }

    /// Takes the next record, oldest first.
    pub fn take(&mut self, head: &Head) {
        let record = &head.record;
        let seq = record.seq;
        self.report.records += 1;
        let lost = std::mem::take(&mut self.lost);
        if seq != self.expected {
            self.fault(ChainFault::Gap(self.expected));
        }
        if record.ledger != self.ledger {
            self.fault(ChainFault::Foreign(seq));
        }
        if record.prev != self.prev && !lost {
            self.fault(ChainFault::Broken(seq));
        }
        // The time of the record before enters a state only as its successor noted it, so that a check gives the
        // same result when a store's own times were lost in a copy of the ledger.
        let mut before = std::mem::take(&mut self.state);
        if let Some(number) = seq.0.checked_sub(1) {
            before = restamped(before, Seq(number), self.prev, record.prev_stored_at);
        }
        let carried = before.requests.clone();
        match before.after(record) {
            _ if lost => {}
            Ok(next) => {
                let mut next = next.sealed(seq, head.id, Some(head.stored_at));
                // What a later version keeps there is covered by the hashes; what it means is not known here.
                next.more.clone_from(&record.state.more);
                // A writer of an older version has none, or carries on what it found.
                if [&None, &carried].contains(&&record.state.requests) {
                    next.requests.clone_from(&record.state.requests);
                }
                if next != record.state {
                    self.fault(ChainFault::State(seq));
                }
            }
            Err(why) => self.fault(ChainFault::Transition { seq, why }),
        }
        if let Some(commit) = &record.commit
            && record.kind == Kind::Commit
            && !lost
        {
            let landed = commit.targets.iter().map(|one| (one.artifact.as_ref(), &one.target));
            if !landed.eq(self.moving.iter().map(|(artifact, target)| (artifact.as_ref(), target))) {
                self.fault(ChainFault::Transition { seq, why: TransitionError::Targets });
            }
        }
        if let Some(intent) = &record.intent
            && record.kind == Kind::Intent
        {
            self.moving =
                intent.targets.iter().map(|one| (one.artifact.clone(), one.target.clone())).collect();
        }
        self.prev = head.id;
        self.state = record.state.clone();
        self.expected = seq.next();
    }

    /// The numbers up to this one are missing: nothing lies in their places.
    pub fn missing(&mut self, last: Seq) {
        self.fault(match self.expected == last {
            true => ChainFault::Gap(last),
            false => ChainFault::Gaps(self.expected, last),
        });
        self.expected = last.next();
        self.lost = true;
    }

    /// What lies in the next record's place is not that record.
    pub fn unreadable(&mut self, seq: Seq, why: String) {
        self.fault(ChainFault::Unreadable { seq, why });
        self.report.records += 1;
        self.expected = seq.next();
        self.lost = true;
    }

    /// The number that is expected next.
    pub fn expected(&self) -> Seq {
        self.expected
    }

    /// What was found so far.
    pub fn report(&self) -> &ChainReport {
        &self.report
    }

    fn fault(&mut self, fault: ChainFault) {
        match self.report.faults.len() < MOST_FAULTS {
            true => self.report.faults.push(fault),
            false => self.report.more += 1,
        }
    }
}

/// Checks the records of a lane, oldest first, from the ledger's genesis on.
pub fn check_chain<'h>(
    ledger: &LedgerId,
    genesis: Digest,
    heads: impl IntoIterator<Item = &'h Head>,
) -> ChainReport {
    let mut check = ChainCheck::new(ledger, genesis);
    heads.into_iter().for_each(|head| check.take(head));
    check.report
}

/// A sealed state with the store's time of its last record as the next record noted it.
fn restamped(mut state: State, seq: Seq, id: Digest, stored: Option<chrono::DateTime<chrono::Utc>>) -> State {
    let clear = |moment: &mut super::deployed::Moment| {
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
    state.requests.iter_mut().for_each(|requests| clear(&mut requests.over));
    state.sealed(seq, id, stored)
}
