//! Folders in memory: manifests from anybody, differences, publishing, bringing an environment's folder to a release
//! under every kind of fault, and verifying.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub,
    reason = "tests stop at the first surprise, and say what they did"
)]

mod bringing;
mod budget;
mod crash;
mod difference;
mod manifest;
mod meddling;
mod order;
mod passing;
mod publishing;
mod source;
mod stage;
mod verify;
