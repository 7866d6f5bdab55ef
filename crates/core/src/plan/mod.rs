//! The decision: a pure, total function over values. It either allows exactly the writes it names, or says that
//! nothing is to be done, or refuses with findings.

mod decide;
mod decision;
mod document;
mod draft;
pub mod saved;
mod steps;
mod undo;

pub use decide::plan;
pub use decision::{Decision, Nothing, Refusal};
pub use document::{Base, Plan, SCHEMA};
