//! Whole commands, driven in process on real folders, a real repository and the real shell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop at the first surprise, and say what they did"
)]

mod adopting;
mod approving;
mod around;
mod branches;
mod bytes;
mod copied;
mod counted;
mod demo;
mod evidence;
mod exchanged;
mod foreign;
mod freezing;
mod full_disk;
#[path = "../hint/mod.rs"]
mod hint;
mod importing;
mod in_place;
mod kept;
mod loosened;
mod obstructed;
mod odd;
mod origins;
mod outputs;
mod own_release;
mod plain_answers;
mod previewed;
mod proposed;
mod pruned;
mod publishing;
mod reasons;
mod relocated;
mod retention;
mod sayings;
mod second_runs;
mod setting_up;
mod stage;
mod too_large;
mod unacted;
mod unnamable;
mod verifying;
mod versions;
mod writing;
mod wrong_lines;
