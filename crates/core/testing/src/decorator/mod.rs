//! Buckets around buckets that play what can go wrong on the way to a store, and note what went over it. Every decorator
//! implements every method by itself, so that none is passed by.
//!
//! In order from the caller to the store: [`Recording`], the core's `Retrying` and `Limited`, [`Faulty`].

mod call;
mod fault_plan;
mod faulty;
mod recording;
mod turn;

pub use call::Method;
pub use fault_plan::{Crashed, Fault, FaultPlan};
pub use faulty::Faulty;
pub use recording::{Call, Log, Recording};
pub(crate) use turn::next_turn;
