//! Whole commands, driven in process on stores in memory with a clock that stands still unless it is moved. Each
//! scenario is a transcript: command lines, what they print on either stream, how they end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop at the first surprise, and say what they did"
)]

mod advancing;
mod asking;
mod blocked;
mod copied;
mod cut_off;
mod deploying;
mod exits;
mod first;
mod gitlab;
mod happy;
#[path = "../hint/mod.rs"]
mod hint;
mod hints;
mod history;
mod hostile;
mod identity;
mod json;
mod refused;
mod retention;
mod rounds;
mod stage;
mod taking_over;
mod trust;
mod usage;
mod way_back;
mod widths;
