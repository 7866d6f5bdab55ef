//! Reads members in their order and cuts them into jobs. Small files of the work tree are read by the threads that
//! compress them; everything else passes here once, so long members get their digest here.

use super::budget::Budget;
use super::error::PackError;
use super::jobs::{Buffers, Job, Piece, Raw, Whole, changed, check_same, open_listed, unreadable};
use super::listing::{Content, Item, Listing, MemberKind};
use crate::encoder::{PIECE, WHOLE, WINDOW};
use crate::git::BlobStream;
use crate::tally::Tally;
use promote_core::digest::{Digest, Hasher};
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How a Git LFS pointer begins.
const LFS: [&[u8]; 2] =
    [b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];
const LONGEST_LFS: usize = 1024;

/// What the writer does next.
pub(super) enum Step<'a> {
    Whole { item: &'a Item, cost: usize, done: Receiver<Result<Whole, PackError>> },
    Begin { item: &'a Item, size: u64 },
    Piece(Receiver<Result<Piece, PackError>>),
    End { item: &'a Item, digest: Digest },
    Failed(PackError),
}

/// The reader's ways to the others.
pub(super) struct Reader<'a> {
    pub(super) jobs: SyncSender<Job>,
    pub(super) steps: SyncSender<Step<'a>>,
    pub(super) budget: &'a Budget,
    pub(super) buffers: &'a Buffers,
    pub(super) tally: &'a Tally,
}

/// Why reading ended early.
enum Stop {
    /// The writer has given up and knows why.
    Writer,
    Error(PackError),
}

impl<E: Into<PackError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl<'a> Reader<'a> {
    /// Reads everything, then closes the ways.
    pub(super) fn run(self, listing: &'a Listing) {
        if let Err(Stop::Error(error)) = self.read(listing) {
            let _ = self.steps.send(Step::Failed(error));
        }
    }

    fn read(&self, listing: &'a Listing) -> Result<(), Stop> {
        let mut blobs = open_blobs(listing)?;
        for item in &listing.items {
            match &item.content {
                Content::Bytes(bytes) => self.whole(item, Raw::Bytes(bytes.clone()), bytes.len())?,
                Content::File { path, identity } => match usize::try_from(identity.size) {
                    Ok(size) if size <= WHOLE => {
                        self.whole(item, Raw::File(path.clone(), *identity), size)?
                    }
                    _ => {
                        let mut file = open_listed(path, identity)?;
                        self.pieces(item, &mut file, identity.size, path)?;
                        check_same(path, &file, identity)?;
                    }
                },
                Content::Blob(object) => {
                    let blobs = blobs.as_mut().ok_or(PackError::Inside("there is no repository"))?;
                    self.blob(item, object, blobs)?;
                }
            }
        }
        Ok(())
    }

    fn blob(&self, item: &'a Item, object: &str, blobs: &mut BlobStream) -> Result<(), Stop> {
        let size = blobs.next(object)?;
        let path = Path::new(&item.name);
        let length = match usize::try_from(size) {
            Ok(length) if length <= WHOLE => length,
            _ => return self.pieces(item, blobs, size, path),
        };
        let mut bytes = vec![0; length];
        blobs.read_exact(&mut bytes).map_err(|source| unreadable(path, source))?;
        let pointer = length <= LONGEST_LFS && LFS.iter().any(|start| bytes.starts_with(start));
        if pointer && item.kind != MemberKind::Link {
            return Err(PackError::LfsPointer { path: item.name.clone() }.into());
        }
        self.whole(item, Raw::Bytes(bytes), length)
    }

    fn whole(&self, item: &'a Item, raw: Raw, cost: usize) -> Result<(), Stop> {
        if !self.budget.take(cost) {
            return Err(Stop::Writer);
        }
        self.tally.add(cost as u64);
        let (reply, done) = sync_channel(1);
        self.job(Job::Whole { raw, reply })?;
        self.step(Step::Whole { item, cost, done })
    }

    fn pieces(&self, item: &'a Item, from: &mut dyn Read, size: u64, path: &Path) -> Result<(), Stop> {
        self.step(Step::Begin { item, size })?;
        let mut hasher = Hasher::new();
        let mut before = Vec::new();
        let mut left = size;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            if !self.budget.take(length) {
                return Err(Stop::Writer);
            }
            let mut raw = self.buffers.take();
            let read = from.take(length as u64).read_to_end(&mut raw);
            read.map_err(|source| unreadable(path, source))?;
            if raw.len() != length {
                return Err(changed(path).into());
            }
            left -= length as u64;
            self.tally.add(length as u64);
            hasher.update(&raw);
            let next = raw.get(length.saturating_sub(WINDOW)..).unwrap_or_default().to_vec();
            let (reply, done) = sync_channel(1);
            self.job(Job::Piece { before, raw, last: left == 0, reply })?;
            self.step(Step::Piece(done))?;
            before = next;
        }
        self.step(Step::End { item, digest: hasher.finish() })
    }

    fn job(&self, job: Job) -> Result<(), Stop> {
        self.jobs.send(job).map_err(|_| Stop::Writer)
    }

    fn step(&self, step: Step<'a>) -> Result<(), Stop> {
        self.steps.send(step).map_err(|_| Stop::Writer)
    }
}

fn open_blobs(listing: &Listing) -> Result<Option<BlobStream>, PackError> {
    let object = |item: &Item| match &item.content {
        Content::Blob(object) => Some(object.clone()),
        _ => None,
    };
    let objects: Vec<String> = listing.items.iter().filter_map(object).collect();
    match &listing.repository {
        Some(repository) if !objects.is_empty() => Ok(Some(BlobStream::open(repository, objects)?)),
        _ => Ok(None),
    }
}
