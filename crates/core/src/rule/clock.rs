//! `clock`: decisions use the store's clock; a machine whose own is far off would still record nonsense, and is not
//! taken by everyone whom it signs in to.

use super::{Facts, Finding};
use crate::span::Span;
use chrono::TimeDelta;

/// The largest difference in seconds.
const LIMIT_S: i64 = 300;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let off = facts.snapshot.local_at - facts.snapshot.taken_at;
    clock_is_off(off)
        .map(|detail| Finding::unmet("clock", detail).with("off_s", off.num_seconds()).hint("set the clock"))
}

/// By how much a machine's clock that is so far ahead of a store's is off, in words; `None` while that does no harm.
pub fn clock_is_off(ahead: TimeDelta) -> Option<String> {
    let far = ahead.num_seconds().abs() > LIMIT_S;
    far.then(|| {
        let way = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
        format!("this machine's clock is {} {way} the store's", Span(ahead.abs()))
    })
}
