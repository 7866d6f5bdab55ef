//! Hearing of what moves by itself while it does.

use crate::plan::{Plan, Refusal};

/// Told of each promotion as it begins and ends.
pub trait Watch: Send + Sync {
    /// This is about to be carried out.
    fn begins(&self, plan: &Plan);
    /// It ended, one way or the other.
    fn ends(&self);
    /// This was to be carried out, and may not be.
    fn refused(&self, _refusal: &Refusal) {}
}
