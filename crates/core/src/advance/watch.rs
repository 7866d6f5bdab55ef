//! Hearing of what moves by itself while it does.

use crate::plan::Plan;

/// Told of each promotion as it begins and ends.
pub trait Watch: Send + Sync {
    /// This is about to be carried out.
    fn begins(&self, plan: &Plan);
    /// It ended, one way or the other.
    fn ends(&self);
}
