//! The records of one lane: first their numbers, as a listing tells them, then the records, oldest first.

use super::check::ChainCheck;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::ledger::chain::ChainCheck as Chain;
use crate::ledger::named::Named;
use crate::ledger::{Genesis, LedgerError, LedgerReader, Seq};
use crate::names::LaneName;
use futures_util::{StreamExt as _, stream};

/// How many records are asked for at once: each may have 48 KiB.
const IN_FLIGHT: usize = 32;

/// How many gaps are followed. Behind more of them nothing is checked, which is a fault by itself.
const MOST_RUNS: usize = 10_000;

/// The numbers of a lane's records.
#[derive(Debug)]
pub(super) struct Listed {
    lane: LaneName,
    /// Numbers without a gap between them, each from the highest to the lowest, the newest first.
    runs: Vec<(u64, u64)>,
    untold: bool,
}

impl Listed {
    pub(super) fn new(lane: LaneName) -> Self {
        Self { lane, runs: Vec::new(), untold: false }
    }

    pub(super) fn lane(&self) -> &LaneName {
        &self.lane
    }

    /// Takes the next number, newest first.
    pub(super) fn take(&mut self, seq: Seq) {
        let room = self.runs.len() < MOST_RUNS;
        match self.runs.last_mut() {
            Some((_, lowest)) if *lowest == seq.0 + 1 => *lowest = seq.0,
            _ if room => self.runs.push((seq.0, seq.0)),
            _ => self.untold = true,
        }
    }

    /// What is said of a lane without records.
    pub(super) fn empty(self) -> ChainCheck {
        ChainCheck { lane: self.lane.to_string(), records: 0, intact: true, newest: None, faults: Vec::new() }
    }

    /// Reads the records, checks their chain, and takes in what they name. `names` alone is of interest when the chain
    /// was checked before.
    pub(super) async fn fold(
        self,
        reader: &LedgerReader,
        (genesis, id): (&Genesis, Digest),
        check: bool,
        names: &mut Named,
    ) -> Result<ChainCheck, Failure> {
        let lane = &self.lane;
        let mut chain = Chain::new(&genesis.ledger, id);
        let mut newest = None;
        let numbers = self.runs.iter().copied().rev().flat_map(|(highest, lowest)| lowest..=highest).map(Seq);
        let mut reads = stream::iter(numbers)
            .map(|seq| async move { (seq, reader.record_at_once(lane, seq).await) })
            .buffered(IN_FLIGHT);
        while let Some((seq, read)) = reads.next().await {
            if let Some(before) = seq.0.checked_sub(1).filter(|before| chain.expected().0 <= *before) {
                chain.missing(Seq(before));
            }
            match read {
                Ok(Some(head)) => {
                    names.learn(&head.record);
                    newest = Some(head.id);
                    if check {
                        chain.take(&head);
                    }
                }
                Ok(None) => chain.missing(seq),
                Err(LedgerError::Store(error)) if !error.is_finding() => {
                    return Err(Failure::from_read("reading the ledger", error));
                }
                Err(other) => {
                    let cause = std::error::Error::source(&other).map(|it| format!(": {it}"));
                    newest = None;
                    chain.unreadable(seq, format!("{other}{}", cause.unwrap_or_default()));
                }
            }
        }
        let report = chain.report();
        let mut faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
        if report.more > 0 {
            faults.push(format!("{} more are not listed", report.more));
        }
        if self.untold {
            faults.push(format!("more than {MOST_RUNS} gaps: the records before them were not checked"));
        }
        Ok(ChainCheck {
            lane: lane.to_string(),
            records: report.records,
            intact: faults.is_empty(),
            newest: newest.map(|id: Digest| id.to_string()),
            faults,
        })
    }
}
