//! The archives that are promoted: packing them so that the same content always gives the same bytes, verifying any
//! zip before it is published, and reading the repository that they are packed from.
//!
//! Publishing begins here as well: which commit, which files, their bytes. Moving a release is left to the core. Packing and verifying are plain
//! functions over paths; only the ports of `promote-core` that are implemented here are async.

pub mod blob;
mod clean;
mod encoder;
mod file_identity;
pub mod git;
pub mod given_files;
mod member_name;
pub mod pack;
pub mod publication;
pub mod ready;
pub mod tally;
pub mod unpacked;
pub mod verify;
mod zip_writer;
