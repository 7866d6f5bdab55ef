//! Buckets around buckets: what is the same for every store is written once, here, as a
//! [layer](crate::layer). What can go wrong on the way to a store is played by the testing crate.
//!
//! In order from the caller to the store: [`Retrying`], [`Limited`].

mod limit;
mod limited;
mod retrying;
#[cfg(test)]
mod tests;

pub use limit::Limit;
pub use limited::Limited;
pub use retrying::{RetryPolicy, Retrying};
