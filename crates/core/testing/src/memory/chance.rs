//! Numbers that look random and are the same in every run.

use promote_port::port::Entropy;
use std::sync::atomic::{AtomicU64, Ordering};

/// Deterministic nonces: the same seed gives the same sequence. For tests only, since anybody can foretell them.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

/// The step of the generator: 2^64 divided by the golden ratio, made odd, so that all states are visited.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededEntropy {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next 64 bits (SplitMix64).
    pub fn next(&self) -> u64 {
        let mut word = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn nonce(&self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence_without_repetition() {
        let (one, two) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let first: Vec<_> = (0..1000).map(|_| one.nonce()).collect();
        assert_eq!(first, (0..1000).map(|_| two.nonce()).collect::<Vec<_>>());
        assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), 1000);
        assert_ne!(SeededEntropy::new(8).nonce(), first[0]);
    }
}
