//! The ledger as a format and as a chain: frozen bytes, strict reading, which record may follow which, what a check
//! finds, and what becomes of an append when answers get lost.

#![allow(clippy::disallowed_methods, reason = "a test reads its own files")]
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
mod allowed;
mod append;
mod book;
mod chain;
mod golden;
mod lanes;
mod life;
mod limits;
mod reducer;
mod samples;
#[allow(dead_code, reason = "the protocol's tests use all of it")]
#[path = "../protocol/stage.rs"]
mod stage;
mod strict;
mod whole;
