//! Whole commands, driven in process on real folders, a real repository and the real shell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop at the first surprise, and say what they did"
)]

mod adopting;
mod counted;
mod demo;
mod importing;
mod publishing;
mod retention;
mod sayings;
mod setting_up;
mod stage;
