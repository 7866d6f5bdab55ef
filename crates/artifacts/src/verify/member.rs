//! One member's bytes: its own header against the directory's, its place in the file, its data against length and
//! checksum.

use super::VerifyError;
use super::directory::Record;
use super::local;
use crate::file_identity::read_at;
use crate::pack::MemberKind;
use crate::tally::Tally;
use promote_core::digest::{Digest, Hasher};
use std::fs::File;
use std::io::{self, Read};
use zlib_rs::{Inflate, InflateFlush, Status};

const IN: usize = 64 << 10;
const OUT: usize = 256 << 10;
/// Whether a link is longer than any system allows.
const LONGEST_TARGET: u64 = 4096;
/// One thread's buffers and decoder.
pub(super) struct MemberReader {
    packed: Vec<u8>,
    raw: Vec<u8>,
    inflate: Inflate,
    tally: Tally,
}

/// What is known of a member after its bytes were read.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) digest: Digest,
    /// The target, for a link.
    pub(super) target: Option<String>,
}

impl MemberReader {
    /// What it reads is counted.
    pub(super) fn new(tally: &Tally) -> Self {
        let inflate = Inflate::new(false, 15);
        Self { packed: vec![0; IN], raw: vec![0; OUT], inflate, tally: tally.clone() }
    }

    /// Checks everything about the member. `next` is where the following one, or the directory, begins.
    pub(super) fn check(&mut self, file: &File, record: &Record, next: u64) -> Result<Content, VerifyError> {
        let start = local::check(file, record, next)?;
        let tally = self.tally.clone();
        self.content(&mut Data { file, at: start, end: start + record.packed, tally }, record)
    }

    fn content(&mut self, from: &mut dyn Read, record: &Record) -> Result<Content, VerifyError> {
        let is_link = record.kind == Some(MemberKind::Link);
        if is_link && record.size > LONGEST_TARGET {
            let target = format!("{} bytes", record.size);
            return Err(VerifyError::Link { name: record.raw.clone(), target });
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
            return Err(VerifyError::Checksum { name: record.raw.clone() });
        }
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|error| VerifyError::Link {
                name: record.raw.clone(),
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
                Err(VerifyError::Truncated { name: Some(record.raw.clone()) })
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
            Err(VerifyError::Truncated { name: Some(record.raw.clone()) })
        }
    }

    fn inflated(
        &mut self,
        from: &mut dyn Read,
        record: &Record,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let damaged = || VerifyError::Data { name: record.raw.clone() };
        let wrong_size = || VerifyError::Size { name: record.raw.clone(), declared: record.size };
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

/// The bytes of the file from `at` to `end`.
struct Data<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    tally: Tally,
}

impl Read for Data<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let Some(wanted) = buffer.get_mut(..left) else { return Ok(0) };
        let count = read_at(self.file, wanted, self.at)?;
        self.at += count as u64;
        self.tally.add(count as u64);
        // The file was long enough when its end was found.
        if count == left { Ok(count) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}
