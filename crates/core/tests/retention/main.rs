//! Retention: what is a root, the life of a release until it is gone, every interruption, and every race with a
//! promotion or a pin.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where it finds a fault, and says what it did"
)]

#[allow(dead_code, reason = "the stages of other tests use all of it")]
#[path = "../acting/mod.rs"]
mod acting;
mod crash;
mod life;
mod many;
mod old;
mod properties;
mod race;
#[allow(dead_code, reason = "the release's tests use all of it")]
#[path = "../release/stage.rs"]
mod release;
mod roots;
#[allow(dead_code, reason = "the protocol's tests use all of it")]
#[path = "../protocol/stage.rs"]
mod stage;
