//! What was heard of whoever is at a lane, as data.

use crate::ledger::Head;
use chrono::{DateTime, Utc};

/// What was heard of whoever is at a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The newest record that they wrote themselves. What others say of the lane meanwhile is no word of theirs.
    pub word: Head,
    /// Their newest sign of life beside the records.
    pub sign: Option<DateTime<Utc>>,
}

impl Heard {
    /// When they were heard of last.
    pub fn last(&self) -> DateTime<Utc> {
        self.sign.map_or(self.word.stored_at, |sign| sign.max(self.word.stored_at))
    }
}
