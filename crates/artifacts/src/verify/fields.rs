//! Numbers in the archive's headers, one after the other; all are little-endian. What they mean is said where they
//! are taken.

use super::VerifyError;
use crate::file_identity::read_at;
use std::fs::File;

/// What each record of the directory begins with.
pub(super) const RECORD: u32 = 0x0201_4b50;
/// The lengths and the checksum follow the data.
pub(super) const DESCRIPTOR: u16 = 1 << 3;
/// 4.5, which 64-bit sizes need. Info-ZIP's reader takes up to 4.6, Python's up to 6.3.
pub(super) const NEWEST_VERSION: u16 = 45;

/// What is left of a header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `count` bytes; `None` when there are fewer.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.bytes(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.bytes(8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

/// `length` bytes of the file from `offset` on; `None` when the file ends before.
pub(super) fn read(file: &File, offset: u64, length: usize) -> Result<Option<Vec<u8>>, VerifyError> {
    let mut buffer = vec![0; length];
    let count = read_at(file, &mut buffer, offset).map_err(VerifyError::Read)?;
    Ok((count == length).then_some(buffer))
}
