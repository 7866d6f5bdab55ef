//! Buckets around buckets: what is the same for every store is written once, here, and what can go wrong on the way
//! to a store is played here. Every decorator implements every method by itself, so that none is passed by.
//!
//! In order from the caller to the store: [`Recording`], [`Retrying`], [`Limited`], [`Faulty`].

mod call;
mod fault_plan;
mod faulty;
mod limit;
mod limited;
mod recording;
mod retrying;
#[cfg(test)]
mod tests;
mod turn;

pub use call::Method;
pub use fault_plan::{Crashed, Fault, FaultPlan};
pub use faulty::Faulty;
pub use limit::Limit;
pub use limited::Limited;
pub use recording::{Call, Log, Recording};
pub use retrying::{RetryPolicy, Retrying};
#[cfg(any(test, feature = "memory"))]
pub(crate) use turn::next_turn;
