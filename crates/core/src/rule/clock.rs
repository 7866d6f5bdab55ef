//! `clock`: decisions use the store's clock; a machine whose own is far off would still record nonsense, and is not
//! taken by everyone whom it signs in to.

use super::{Facts, Finding};
use crate::port::clock_is_off;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let off = facts.snapshot.local_at - facts.snapshot.taken_at;
    clock_is_off(off)
        .map(|detail| Finding::unmet("clock", detail).with("off_s", off.num_seconds()).hint("set the clock"))
}
