//! Flows between which somebody else acts: what they say and record is still true.

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
mod automation;
mod ledgers;
mod meddled;
mod meddler;
#[allow(dead_code, reason = "the protocol's tests use all of it")]
#[path = "../protocol/stage.rs"]
mod stage;
mod verified;
