//! The archives that are promoted: packing them so that the same content always gives the same bytes, verifying any
//! zip before it is published, and reading the repository that they are packed from.
//!
//! Moving archives, naming them and running build commands are left to the callers. Packing and verifying are plain
//! functions over paths; only the ports of `promote-core` that are implemented here are async.

pub mod blob;
mod encoder;
mod file_identity;
pub mod git;
mod member_name;
pub mod pack;
pub mod unpacked;
pub mod verify;
mod zip_writer;
