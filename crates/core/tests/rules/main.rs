//! Each rule by itself: facts in, finding out. The table in the book is compared with the rules that there are.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it finds a fault"
)]

#[allow(dead_code, reason = "the stages of other tests use all of it")]
#[path = "../acting/mod.rs"]
mod acting;
mod approvals;
mod before;
mod book;
mod checks;
mod evidence;
mod facts;
mod going_past;
mod people;
mod release;
#[allow(dead_code, reason = "the protocol's tests use all of it")]
#[path = "../protocol/stage.rs"]
mod stage;
mod target;
mod time;
