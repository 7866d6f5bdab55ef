//! A release of an image, a folder in place, a folder by pointer and a zip: moved in the order written, the zip last,
//! stopped at every single call, and then finished or undone.

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
mod adopting;
mod again;
mod budget;
mod crash;
mod disturbed;
mod meanwhile;
mod obstructed;
mod order;
mod passing;
mod pruned;
mod published;
mod relocated;
mod renamed;
mod slow;
mod stage;
mod verified;
