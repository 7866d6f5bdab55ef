//! The decision as a function: total, deterministic, never a write without a condition; and the plan as a document.

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
mod decide;
#[allow(dead_code, reason = "the tests of rules use all of it")]
#[path = "../rules/facts.rs"]
mod facts;
mod properties;
mod saved;
#[allow(dead_code, reason = "the protocol's tests use all of it")]
#[path = "../protocol/stage.rs"]
mod stage;
mod versions;
