//! `clock`: decisions use the store's clock; a machine whose own is far off would still sign and record nonsense.

use super::{Facts, Finding};
use crate::span::Span;

/// The largest difference in seconds.
const LIMIT_S: i64 = 300;

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let off = facts.snapshot.local_at - facts.snapshot.taken_at;
    let far = off.num_seconds().abs();
    (far > LIMIT_S).then(|| {
        let way = if off.num_seconds() > 0 { "ahead of" } else { "behind" };
        Finding::unmet("clock", format!("this machine's clock is {} {way} the store's", Span(off.abs())))
            .with("off_s", off.num_seconds())
            .hint("set the clock")
    })
}
