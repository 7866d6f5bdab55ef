//! What the reader hands to the threads that compress, and what these hand to the writer.

use super::error::PackError;
use crate::encoder::Encoder;
use crate::file_identity::{FileIdentity, open_regular};
use promote_core::digest::Digest;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

/// Bytes of a member that fits in memory, or the file that holds them.
pub(super) enum Raw {
    Bytes(Vec<u8>),
    File(PathBuf, FileIdentity),
}

/// One piece of work.
pub(super) enum Job {
    Whole { raw: Raw, reply: SyncSender<Result<Whole, PackError>> },
    Piece { before: Vec<u8>, raw: Vec<u8>, last: bool, reply: SyncSender<Result<Piece, PackError>> },
}

/// A compressed, or stored, member.
pub(super) struct Whole {
    pub(super) crc: u32,
    pub(super) digest: Digest,
    pub(super) raw: u64,
    pub(super) deflated: bool,
    pub(super) data: Vec<u8>,
}

/// A compressed piece of a longer member.
pub(super) struct Piece {
    pub(super) crc: u32,
    pub(super) raw: usize,
    pub(super) data: Vec<u8>,
}

/// Buffers that are used again, which saves the system the work of clearing new ones.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    pub(super) fn take(&self) -> Vec<u8> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    pub(super) fn give(&self, buffer: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// Compresses until there are no more jobs.
pub(super) fn work(jobs: &Mutex<Receiver<Job>>, buffers: &Buffers) {
    let mut encoder = Encoder::new();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Nobody listens any more when the writer has failed; the jobs that are left are then done for nothing.
        match (job, &mut encoder) {
            (Job::Whole { raw, reply }, Ok(encoder)) => {
                let _ = reply.send(whole(encoder, raw));
            }
            (Job::Piece { before, raw, last, reply }, Ok(encoder)) => {
                let _ = reply.send(piece(encoder, &before, &raw, last, buffers));
                buffers.give(raw);
            }
            (Job::Whole { reply, .. }, Err(_)) => {
                let _ = reply.send(Err(encoder_failed()));
            }
            (Job::Piece { reply, .. }, Err(_)) => {
                let _ = reply.send(Err(encoder_failed()));
            }
        }
    }
}

fn encoder_failed() -> PackError {
    PackError::Inside("the deflate encoder failed")
}

fn whole(encoder: &mut Encoder, raw: Raw) -> Result<Whole, PackError> {
    let bytes = match raw {
        Raw::Bytes(bytes) => bytes,
        Raw::File(path, identity) => read_file(&path, &identity)?,
    };
    let (crc, digest, raw) = (crc32fast::hash(&bytes), Digest::of(&bytes), bytes.len() as u64);
    let packed = encoder.whole(&bytes).map_err(|_| encoder_failed())?;
    let deflated = packed.is_some();
    Ok(Whole { crc, digest, raw, deflated, data: packed.unwrap_or(bytes) })
}

fn piece(
    encoder: &mut Encoder,
    before: &[u8],
    raw: &[u8],
    last: bool,
    buffers: &Buffers,
) -> Result<Piece, PackError> {
    let mut data = buffers.take();
    encoder.piece(before, raw, last, &mut data).map_err(|_| encoder_failed())?;
    Ok(Piece { crc: crc32fast::hash(raw), raw: raw.len(), data })
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> PackError {
    PackError::Unreadable { path: path.display().to_string(), source }
}

pub(super) fn changed(path: &Path) -> PackError {
    PackError::Changed { path: path.display().to_string() }
}

/// Opens the very file that was listed.
pub(super) fn open_listed(path: &Path, identity: &FileIdentity) -> Result<File, PackError> {
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(changed(path)),
        Err(error) => return Err(unreadable(path, error)),
    };
    check_same(path, &file, identity)?;
    Ok(file)
}

/// Refuses a file that is no longer what was listed.
pub(super) fn check_same(path: &Path, file: &File, identity: &FileIdentity) -> Result<(), PackError> {
    if identity.holds(file).map_err(|source| unreadable(path, source))? { Ok(()) } else { Err(changed(path)) }
}

fn read_file(path: &Path, identity: &FileIdentity) -> Result<Vec<u8>, PackError> {
    let mut file = open_listed(path, identity)?;
    let mut bytes = Vec::with_capacity(usize::try_from(identity.size).unwrap_or_default().saturating_add(1));
    file.by_ref()
        .take(identity.size + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| unreadable(path, source))?;
    if bytes.len() as u64 != identity.size {
        return Err(changed(path));
    }
    check_same(path, &file, identity)?;
    Ok(bytes)
}
