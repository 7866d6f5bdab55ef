//! Packing: the same content gives the same bytes, whatever the machine, the order, the umask, the clock and the number
//! of threads. Choosing what to pack gives a [`Listing`]; packing it gives a zip and its digests.
//!
//! One thread reads, several compress, the caller's thread writes and computes the archive's digest. What lies between
//! them is bounded, so memory grows neither with the archive nor with a file. The number of the pack format stands
//! in the archive's comment, as `promote-pack/1`.

mod budget;
mod error;
pub(crate) mod folder;
mod jobs;
mod listing;
mod own;
mod reader;
mod selection;

pub use error::PackError;
pub(crate) use listing::{ContentHasher, case_warnings};
pub use listing::{Listing, MemberKind, Origin, Warning};
pub use own::Own;

use crate::encoder::FORMAT;
use crate::tally::Tally;
use crate::zip_writer::{Member, Streamed, ZipWriter};
use budget::Budget;
use jobs::{Buffers, Piece};
use promote_core::digest::{Digest, Hasher};
use reader::{Reader, Step};
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// More threads gain little, and each holds memory.
const MOST_THREADS: usize = 16;
/// Bytes read ahead for each thread.
const AHEAD: usize = 4 << 20;
/// Jobs that wait, besides the limit in bytes.
const WAITING: usize = 1024;
const WRITE: usize = 256 << 10;

/// How to pack. Nothing here shows in the bytes.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Threads that compress; all cores, at most 16, when not given.
    pub threads: Option<NonZeroUsize>,
    /// Counts what was read.
    pub tally: Tally,
}

/// An archive that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// SHA-256 of the zip: the identity of the artifact.
    pub digest: Digest,
    /// Length of the zip in bytes.
    pub size: u64,
    /// SHA-256 of what is in it, the same for every encoder.
    pub content: Digest,
    /// How many members it has.
    pub members: u64,
    /// Number of the pack format.
    pub format: u32,
}

/// Packs into a file. The file appears at `path`, or replaces what was there, only when it is complete; its mode is that of
/// any new file.
///
/// # Errors
/// When a member can't be read, changed or is refused, or the archive can't be written.
pub fn pack_to(listing: &Listing, path: &Path, options: &Options) -> Result<Packed, PackError> {
    // A device is written to as it is, and never replaced by a file. A pipe is opened by whoever can wait for its reader.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let out = std::fs::OpenOptions::new().write(true).open(path).map_err(PackError::Write)?;
        return pack(listing, &out, options);
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".promote-pack-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The system takes the umask off, as for any new file.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder).map_err(PackError::Write)?;
    let packed = pack(listing, file.as_file(), options)?;
    file.persist(path).map_err(|error| PackError::Write(error.error))?;
    Ok(packed)
}

/// Packs into any writer, forwards only.
///
/// # Errors
/// As [`pack_to`]. What was written before is then no archive.
pub fn pack<W: Write>(listing: &Listing, out: W, options: &Options) -> Result<Packed, PackError> {
    let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS);
    let threads = options.threads.map_or_else(cores, NonZeroUsize::get);
    options.tally.expect(listing.size().unwrap_or(0), 1);
    let budget = Budget::new(threads * AHEAD);
    let buffers = Buffers::default();
    let (jobs, waiting) = sync_channel(WAITING);
    let waiting = Mutex::new(waiting);
    let (steps, next) = sync_channel(WAITING);
    let result = thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| jobs::work(&waiting, &buffers));
        }
        let tally = &options.tally;
        let reader = Reader { jobs, steps, budget: &budget, buffers: &buffers, tally };
        scope.spawn(move || reader.run(listing));
        let result = write(next, out, &budget, &buffers);
        budget.close();
        result
    });
    let (packed, members) = result?;
    // A thread that went away without a word would otherwise look like the end.
    if members != listing.members() as u64 {
        return Err(PackError::Inside("a thread ended early"));
    }
    Ok(packed)
}

fn write<W: Write>(
    steps: Receiver<Step<'_>>,
    out: W,
    budget: &Budget,
    buffers: &Buffers,
) -> Result<(Packed, u64), PackError> {
    let lost = |_| PackError::Inside("a thread ended early");
    let mut zip = ZipWriter::new(BufWriter::with_capacity(WRITE, Hashing { out, hasher: Hasher::new() }));
    let mut content = ContentHasher::default();
    let mut streamed: Option<(Streamed<'_>, crc32fast::Hasher, u64)> = None;
    let mut members = 0;
    for step in steps {
        match step {
            Step::Whole { item, cost, done } => {
                let whole = done.recv().map_err(lost)??;
                let member = Member { name: &item.name, mode: item.kind.mode() };
                zip.whole(member, whole.crc, whole.raw, whole.deflated, &whole.data)
                    .map_err(PackError::Write)?;
                content.member(item.kind, &whole.digest, &item.name);
                budget.give(cost);
                members += 1;
            }
            Step::Begin { item, size } => {
                let member = Member { name: &item.name, mode: item.kind.mode() };
                let begun = zip.begin(member, size).map_err(PackError::Write)?;
                streamed = Some((begun, crc32fast::Hasher::new(), 0));
            }
            Step::Piece(done) => {
                let Piece { crc, raw, data } = done.recv().map_err(lost)??;
                if let Some((begun, crcs, size)) = &mut streamed {
                    zip.data(begun, &data).map_err(PackError::Write)?;
                    crcs.combine(&crc32fast::Hasher::new_with_initial_len(crc, raw as u64));
                    *size += raw as u64;
                }
                buffers.give(data);
                budget.give(raw);
            }
            Step::End { item, digest } => {
                if let Some((begun, crcs, size)) = streamed.take() {
                    zip.end(begun, crcs.finalize(), size).map_err(PackError::Write)?;
                    content.member(item.kind, &digest, &item.name);
                    members += 1;
                }
            }
            Step::Failed(error) => return Err(error),
        }
    }
    let (out, size) = zip.finish(&format!("promote-pack/{FORMAT}")).map_err(PackError::Write)?;
    let hashing = out.into_inner().map_err(|error| PackError::Write(error.into_error()))?;
    let digest = hashing.hasher.finish();
    Ok((Packed { digest, size, content: content.finish(), members, format: FORMAT }, members))
}

/// A writer that computes the digest of what passes.
struct Hashing<W> {
    out: W,
    hasher: Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
