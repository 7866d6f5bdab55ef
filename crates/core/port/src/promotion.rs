//! The name of one promotion, which its records, its marks on targets and a forge's pages share.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names one promotion (or one attempt to finish it): ten characters of time and six of chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromotionId(pub String);

impl PromotionId {
    /// From a clock reading and randomness, in Crockford's base 32, so that ids sort by time.
    pub fn new(at: DateTime<Utc>, nonce: [u8; 16]) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let digit = |value: u64| DIGITS.get((value & 31) as usize).map_or('0', |b| *b as char);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let time = (0..10).rev().map(|place| digit(millis >> (5 * place)));
        Self(time.chain(nonce.iter().take(6).map(|byte| digit(u64::from(*byte)))).collect())
    }
}

impl fmt::Display for PromotionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
