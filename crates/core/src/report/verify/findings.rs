//! Counting what a check of a ledger comes to, beside the chains.

use super::check::LedgerCheck;

/// How many faults beside the chains are told one by one.
const MOST_FAULTS: usize = 1000;

/// What no check finds, whoever makes it. The page on the ledger's format says why.
const NOT_FOUND: [&str; 5] = [
    "newest records, or newest marks on a release (block, pin), that were deleted",
    "a change of the newest record of a lane that makes sense",
    "a change of a manifest or of a newest mark that no record names yet",
    "a made-up entry below `seen/`, or a made-up finding of a probe",
    "times and names that were made up when a record was written",
];

/// What was found beside the chains.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) check: LedgerCheck,
    more: u64,
}

impl Findings {
    pub(super) fn fault(&mut self, fault: String) {
        match self.check.faults.len() < MOST_FAULTS {
            true => self.check.faults.push(fault),
            false => self.more += 1,
        }
    }

    /// The document.
    pub(super) fn check(self) -> LedgerCheck {
        let mut check = self.check;
        check.intact = check.faults.is_empty();
        if self.more > 0 {
            check.faults.push(format!("{} more are not listed", self.more));
        }
        check.not_found = NOT_FOUND.to_vec();
        check
    }
}
