//! What an archive may have at most, so that reading it ends.

use crate::member_name;
use std::num::NonZeroUsize;

/// What an archive may have at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members, folders included.
    pub members: u64,
    /// Length of the directory, in bytes; it is held in memory.
    pub directory_bytes: u64,
    /// Length of a name, in bytes.
    pub name_bytes: usize,
    /// Unpacked length of one member, in bytes.
    pub member_bytes: u64,
    /// Unpacked length of all members, in bytes.
    pub unpacked: u64,
    /// How many times its packed length a member may unpack to. Deflate itself can't go beyond 1032.
    pub ratio: u64,
    /// Members that unpack to no more than this, in bytes, may have any ratio: small files of zeros are common.
    pub ratio_above: u64,
    /// Threads that unpack; all cores, at most 16, when not given.
    pub threads: Option<NonZeroUsize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 500_000,
            directory_bytes: 256 << 20,
            name_bytes: member_name::LONGEST,
            member_bytes: 32 << 30,
            unpacked: 64 << 30,
            ratio: 250,
            ratio_above: 64 << 20,
            threads: None,
        }
    }
}
