//! Buckets around buckets that play what can go wrong on the way to a store, and note what went over it.
//!
//! In order from the caller to the store: [`Recording`], the core's `Retrying` and `Limited`, [`Faulty`].

mod fault_plan;
mod faulty;
mod recording;
mod turn;

pub use fault_plan::{Crashed, Fault, FaultPlan};
pub use faulty::Faulty;
#[doc(no_inline)]
pub use promote_port::layer::Method;
pub use recording::{Call, Log, Recording};
pub(crate) use turn::next_turn;
