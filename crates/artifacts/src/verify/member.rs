//! One member's bytes: its own header against the directory's, its place in the file, its data against length and
//! checksum.

use super::VerifyError;
use super::directory::{Record, reader_error};
use crate::pack::MemberKind;
use promote_core::digest::{Digest, Hasher};
use rawzip::{FileReader, ZipArchive};
use std::io::Read;
use zlib_rs::{Inflate, InflateFlush, Status};

const IN: usize = 64 << 10;
const OUT: usize = 256 << 10;
/// A name and an extra field of the greatest length.
const HEADER: usize = 128 << 10;
const DESCRIPTOR: u16 = 1 << 3;
/// Whether a link is longer than any system allows.
const LONGEST_TARGET: u64 = 4096;
/// The flags that change how the data is read: encryption, descriptor, patches, strong encryption, UTF-8, masking.
const FLAGS: u16 = 1 | DESCRIPTOR | 1 << 5 | 1 << 6 | 1 << 11 | 1 << 13;

/// One thread's buffers and decoder.
pub(super) struct MemberReader {
    header: Vec<u8>,
    packed: Vec<u8>,
    raw: Vec<u8>,
    inflate: Inflate,
}

/// What is known of a member after its bytes were read.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) digest: Digest,
    /// The target, for a link.
    pub(super) target: Option<String>,
}

impl MemberReader {
    pub(super) fn new() -> Self {
        let inflate = Inflate::new(false, 15);
        Self { header: vec![0; HEADER], packed: vec![0; IN], raw: vec![0; OUT], inflate }
    }

    /// Checks everything about the member. `next` is where the following one, or the directory, begins.
    pub(super) fn check(
        &mut self,
        archive: &ZipArchive<FileReader>,
        record: &Record,
        next: u64,
    ) -> Result<Content, VerifyError> {
        let name = || record.name.clone();
        let met = |error| reader_error(error, Some(&record.name));
        let entry = archive.get_entry(record.found).map_err(met)?;
        let (_, end) = entry.compressed_data_range();
        if end > next {
            return Err(VerifyError::Overlap { name: name() });
        }
        let differ = |what| VerifyError::Mismatch { name: name(), what };
        let local = entry.local_header(&mut self.header).map_err(met)?;
        let streamed = record.flags & DESCRIPTOR != 0;
        // Behind a descriptor the local header may leave its numbers out.
        let same = |local: u64, declared: u64| local == declared || (streamed && local == 0);
        if local.file_path().as_bytes() != record.name.as_bytes() {
            return Err(differ("the name"));
        } else if local.compression_method().as_u16() != if record.deflated { 8 } else { 0 } {
            return Err(differ("the method"));
        } else if (local.flags().bits() ^ record.flags) & FLAGS != 0 {
            return Err(differ("the flags"));
        } else if !same(local.crc32().into(), record.crc.into()) {
            return Err(differ("the checksum"));
        } else if !same(local.compressed_size_hint(), record.packed) && !is_left_out(&local, streamed) {
            return Err(differ("the packed size"));
        } else if !same(local.uncompressed_size_hint(), record.size) && !is_left_out(&local, streamed) {
            return Err(differ("the size"));
        }
        let gap = next - end;
        match entry.reader().data_descriptor().map_err(met)? {
            None if gap != 0 => return Err(VerifyError::StrayBytes { place: "between members" }),
            None => {}
            Some(found) => {
                // With or without its signature, with 32- or 64-bit sizes.
                if ![12, 16, 20, 24].contains(&gap) {
                    return Err(VerifyError::StrayBytes { place: "between members" });
                }
                let numbers = (found.crc32(), found.compressed_size(), found.uncompressed_size());
                if numbers != (record.crc, record.packed, record.size) {
                    return Err(differ("the data descriptor"));
                }
            }
        }
        self.content(&mut entry.reader(), record)
    }

    fn content(&mut self, from: &mut dyn Read, record: &Record) -> Result<Content, VerifyError> {
        let is_link = record.kind == Some(MemberKind::Link);
        if is_link && record.size > LONGEST_TARGET {
            let target = format!("{} bytes", record.size);
            return Err(VerifyError::Link { name: record.name.clone(), target });
        }
        let (mut crc, mut hasher, mut target) = (crc32fast::Hasher::new(), Hasher::new(), Vec::new());
        let mut take = |bytes: &[u8]| {
            crc.update(bytes);
            hasher.update(bytes);
            if is_link {
                target.extend_from_slice(bytes);
            }
        };
        if record.deflated {
            self.inflated(from, record, &mut take)?;
        } else {
            self.stored(from, record, &mut take)?;
        }
        if crc.finalize() != record.crc {
            return Err(VerifyError::Checksum { name: record.name.clone() });
        }
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|error| VerifyError::Link {
                name: record.name.clone(),
                target: String::from_utf8_lossy(error.as_bytes()).into_owned(),
            })
        };
        let target = if is_link { Some(text(target)?) } else { None };
        Ok(Content { digest: hasher.finish(), target })
    }

    fn fill(&mut self, from: &mut dyn Read, record: &Record) -> Result<usize, VerifyError> {
        match from.read(&mut self.packed) {
            Ok(count) => Ok(count),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(VerifyError::Truncated { name: Some(record.name.clone()) })
            }
            Err(error) => Err(VerifyError::Read(error)),
        }
    }

    fn stored(
        &mut self,
        from: &mut dyn Read,
        record: &Record,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let mut size = 0;
        loop {
            let count = self.fill(from, record)?;
            if count == 0 {
                break;
            }
            size += count as u64;
            take(self.packed.get(..count).unwrap_or_default());
        }
        if size == record.size {
            Ok(())
        } else {
            Err(VerifyError::Truncated { name: Some(record.name.clone()) })
        }
    }

    fn inflated(
        &mut self,
        from: &mut dyn Read,
        record: &Record,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let damaged = || VerifyError::Data { name: record.name.clone() };
        let wrong_size = || VerifyError::Size { name: record.name.clone(), declared: record.size };
        self.inflate.reset(false);
        let mut ended = false;
        while !ended {
            let count = self.fill(from, record)?;
            if count == 0 {
                return Err(damaged());
            }
            let mut rest = self.packed.get(..count).unwrap_or_default();
            loop {
                let (taken, given) = (self.inflate.total_in(), self.inflate.total_out());
                let status = self.inflate.decompress(rest, &mut self.raw, InflateFlush::NoFlush);
                let status = status.map_err(|_| damaged())?;
                let taken = usize::try_from(self.inflate.total_in() - taken).unwrap_or(usize::MAX);
                let given = usize::try_from(self.inflate.total_out() - given).unwrap_or(usize::MAX);
                if self.inflate.total_out() > record.size {
                    return Err(wrong_size());
                }
                take(self.raw.get(..given).unwrap_or_default());
                rest = rest.get(taken..).unwrap_or_default();
                ended = status == Status::StreamEnd;
                if ended || (given < self.raw.len() && rest.is_empty()) {
                    break;
                }
                if taken == 0 && given == 0 {
                    return Err(damaged());
                }
            }
        }
        if self.inflate.total_in() != record.packed {
            Err(damaged())
        } else if self.inflate.total_out() != record.size {
            Err(wrong_size())
        } else {
            Ok(())
        }
    }
}

/// Whether the local header says that its sizes are behind the data. Both then count as left out together.
fn is_left_out(local: &rawzip::ZipLocalFileHeader<'_>, streamed: bool) -> bool {
    streamed && local.compressed_size_hint() == 0 && local.uncompressed_size_hint() == 0
}
