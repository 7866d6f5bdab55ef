//! Whole commands, driven in process on real folders, a real repository and the real shell.

// Tests stop where something is not as it must be.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod adopting;
mod counted;
mod demo;
mod publishing;
mod sayings;
mod setting_up;
mod stage;
