//! The protocol under faults: crashes at every call, lost answers, late requests, races, and the request budget.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    reason = "tests stop at the first surprise, and say what they did"
)]

#[allow(dead_code, reason = "the stages of other tests use all of it")]
#[path = "../acting/mod.rs"]
mod acting;
mod alive;
mod approved;
mod blocked;
mod budget;
mod bytes;
mod crash;
mod deploying;
mod evidence;
mod first;
mod gate;
mod hung;
mod invariants;
mod lease;
mod manifests;
mod overtaking;
mod race;
mod redeployed;
mod repeated;
mod signs;
mod stage;
mod standstill;
mod stopped;
mod tags;
mod takeover;
mod undo;
