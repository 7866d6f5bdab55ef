//! The library as another program uses it: every guard is closed where the bare crates went through, and what comes of each
//! call. On stores in memory and in a folder.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod approving;
mod drift;
mod flow;
mod fronts;
mod guards;
mod schemes;
mod stage;
mod stopping;
