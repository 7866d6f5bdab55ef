//! One object on its way between two kinds of stores, which don't copy from each other: it is read in stretches, hashed
//! as they pass, and written under the same condition as a copy would be. No more of it is in memory than the writer
//! has under way. When and where to write, and what a failure means, is left to whoever moves it.

use crate::digest::{Digest, Hasher};
use crate::location::{Key, Location, StoreId};
use crate::port::wire::{self, Wire};
use crate::port::{
    Blob, Body, Bucket, BucketReader, Condition, ErrorKind, Headers, Metadata, Object, PinnedSource,
    ProviderError,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_channel::{mpsc, oneshot};
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use std::io;
use std::pin::pin;

/// Objects up to this length, in bytes, are read with one request, and are checked before any of it is written.
pub(crate) const SMALL: u64 = 4 << 20;

/// The least that is read at once, in bytes: many writers want less.
const STRETCH: u64 = 8 << 20;

/// Whether a store copies from another by itself: they are of one kind. Else the bytes pass through this machine. Of a store
/// that a program brings along nothing is known but that it copies from itself.
pub(crate) fn copies(from: &StoreId, to: &StoreId) -> bool {
    match (from, to) {
        (StoreId::Other { .. }, StoreId::Other { .. }) => from == to,
        _ => matches!(
            (from, to),
            (StoreId::Local, StoreId::Local)
                | (StoreId::S3(_), StoreId::S3(_))
                | (StoreId::Gcs(_), StoreId::Gcs(_))
                | (StoreId::Image(_), StoreId::Image(_))
                | (StoreId::Memory(_), StoreId::Memory(_))
        ),
    }
}

/// Who is asked whether a move may still take effect: reading takes long, and somebody may have taken over meanwhile.
#[async_trait]
pub(crate) trait LastWord: Sync {
    /// Fails when it may not, or when that can't be told. Asked right before the last bytes of an object of `size` bytes are
    /// handed out.
    async fn may_end(&self, size: u64) -> Result<(), ProviderError>;
}

/// A stretch of the content that the writer wants.
struct Wanted {
    offset: u64,
    length: u64,
    answer: oneshot::Sender<io::Result<Bytes>>,
}

/// The content as the writer sees it. It is read where the move is awaited, not where it is written: a store may write
/// on a thread of its own.
#[derive(Debug)]
struct Passing {
    size: u64,
    digest: Digest,
    ask: mpsc::UnboundedSender<Wanted>,
}

#[async_trait]
impl Blob for Passing {
    fn size(&self) -> u64 {
        self.size
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let over = || io::Error::new(io::ErrorKind::BrokenPipe, "the move is over");
        let length = (length as u64).min(self.size.saturating_sub(offset));
        if length == 0 {
            return Ok(Bytes::new());
        }
        let (answer, answered) = oneshot::channel();
        self.ask.unbounded_send(Wanted { offset, length, answer }).map_err(|_| over())?;
        answered.await.map_err(|_| over())?
    }
}

/// The reading half.
struct Source<'a> {
    from: &'a dyn BucketReader,
    pinned: &'a PinnedSource,
    last: &'a dyn LastWord,
    /// Of the bytes from the beginning up to here.
    hasher: Hasher,
    hashed: u64,
    /// Where each stretch ends that was hashed, and what was in it: a writer may want it again, and gets the same.
    known: Vec<(u64, Digest)>,
    /// The stretch that was read last, and where it begins: a writer that wants little wants the rest of it next.
    held: (u64, Bytes),
    failed: Option<ProviderError>,
}

impl Source<'_> {
    /// Answers the writer until it wants nothing more.
    async fn serve(&mut self, mut wanted: mpsc::UnboundedReceiver<Wanted>) {
        while let Some(Wanted { offset, length, answer }) = wanted.next().await {
            let found = match self.stretch(offset, length).await {
                Ok(bytes) => Ok(bytes),
                Err(error) => {
                    let told = io::Error::other(error.message.clone());
                    self.failed.get_or_insert(error);
                    Err(told)
                }
            };
            // Whoever asked may have given up.
            drop(answer.send(found));
        }
    }

    /// `length` bytes from `offset`, hashed, and so is all that comes before them.
    async fn stretch(&mut self, offset: u64, length: u64) -> Result<Bytes, ProviderError> {
        if self.failed.is_some() {
            return Err(self.error(ErrorKind::Unavailable, "it was given up"));
        }
        while self.hashed < offset {
            self.read(self.hashed, STRETCH.min(offset - self.hashed)).await?;
        }
        if !self.holds(offset, length) {
            self.read(offset, length.max(STRETCH).min(self.pinned.size - offset)).await?;
        }
        if offset.saturating_add(length) >= self.pinned.size {
            self.last.may_end(self.pinned.size).await.map_err(unsent)?;
        }
        let (start, bytes) = &self.held;
        Ok(part(bytes, offset - start, length))
    }

    /// Whether what was read last has all of this.
    fn holds(&self, offset: u64, length: u64) -> bool {
        let (start, bytes) = &self.held;
        let skip = offset.checked_sub(*start);
        skip.is_some_and(|skip| skip.saturating_add(length) <= bytes.len() as u64)
    }

    /// The stretches that were hashed before and of which any part lies in here, as their beginning, end and digest.
    fn known(&self, offset: u64, end: u64) -> Vec<(u64, u64, Digest)> {
        let first = self.known.partition_point(|(until, _)| *until <= offset);
        let mut start = first.checked_sub(1).and_then(|before| self.known.get(before)).map_or(0, |it| it.0);
        let mut found = Vec::new();
        for (until, digest) in self.known.iter().skip(first) {
            if start >= end {
                break;
            }
            found.push((start, *until, *digest));
            start = *until;
        }
        found
    }

    /// Reads and hashes at least `length` bytes from `offset`: what was hashed before is read as it was then, so that it can be
    /// compared. The last bytes are handed out only when all of them are the published ones.
    async fn read(&mut self, offset: u64, length: u64) -> Result<(), ProviderError> {
        let known = self.known(offset, offset + length);
        let start = known.first().map_or(offset, |(start, ..)| *start);
        let end = known.last().map_or(0, |(_, end, _)| *end).max(offset + length);
        self.held = (start, Bytes::new());
        let bytes = self.from.read_range(self.pinned, start, end - start).await.map_err(unsent)?;
        if bytes.len() as u64 != end - start {
            return Err(
                self.error(ErrorKind::Corrupt, "the store gave another part of it than was asked for")
            );
        }
        for (from, until, digest) in known {
            if Digest::of(&part(&bytes, from - start, until - from)) != digest {
                return Err(self.error(ErrorKind::Corrupt, CHANGED));
            }
        }
        if end > self.hashed {
            let fresh = part(&bytes, self.hashed - start, end - self.hashed);
            self.hasher.update(&fresh);
            self.known.push((end, Digest::of(&fresh)));
            self.hashed = end;
            let (done, size) = (self.hashed, self.pinned.size);
            wire::tell(|| Wire::Bytes { doing: "send", what: self.pinned.location.to_string(), done, size });
            if done == size && self.hasher.clone().finish() != self.pinned.sha256 {
                return Err(self.error(ErrorKind::Corrupt, CHANGED));
            }
        }
        self.held = (start, bytes);
        Ok(())
    }

    fn error(&self, kind: ErrorKind, message: &str) -> ProviderError {
        ProviderError::new(kind, self.from, &self.pinned.location, message)
    }
}

const CHANGED: &str = "the source is not what was published: its digest differs";

/// `length` bytes from `skip`, as far as there are any.
fn part(bytes: &Bytes, skip: u64, length: u64) -> Bytes {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(place(skip)..place(skip.saturating_add(length)))
}

/// Moves one object. Where it is not what was published, nothing of it takes effect.
///
/// # Errors
/// What a store answered. Another kind than `Unknown` says that nothing was written.
pub(crate) async fn relay(
    (from, pinned): (&dyn BucketReader, &PinnedSource),
    (to, key): (&dyn Bucket, &Key),
    metadata: &Metadata,
    condition: &Condition,
    last: &dyn LastWord,
) -> Result<Object, ProviderError> {
    let headers = &Headers { expires: None, ..pinned.headers.clone() };
    if pinned.size <= SMALL {
        let bytes = whole(from, &pinned.location, pinned.size, pinned.sha256).await?;
        last.may_end(pinned.size).await.map_err(unsent)?;
        return to.write(key, Body::Bytes(bytes), headers, metadata, condition).await;
    }
    let (ask, wanted) = mpsc::unbounded();
    let passing = Passing { size: pinned.size, digest: pinned.sha256, ask };
    let (hasher, held) = (Hasher::new(), (0, Bytes::new()));
    let mut source = Source { from, pinned, last, hasher, hashed: 0, known: Vec::new(), held, failed: None };
    let body = Body::Blob(std::sync::Arc::new(passing));
    let end = {
        let writing = pin!(to.write(key, body, headers, metadata, condition));
        match select(writing, pin!(source.serve(wanted))).await {
            Either::Left((end, _)) => end,
            Either::Right(((), writing)) => writing.await,
        }
    };
    match (end, source.failed) {
        // The writer only knows that it could not read on.
        (Err(error), Some(failed)) if error.kind == ErrorKind::Invalid => Err(failed),
        (end, _) => end,
    }
}

/// All of a small object, when it is what was published; `size` is its length in bytes.
///
/// # Errors
/// What the store answered: `NotFound` and `Corrupt` for another one.
pub(crate) async fn whole(
    from: &dyn BucketReader,
    location: &Location,
    size: u64,
    sha256: Digest,
) -> Result<Bytes, ProviderError> {
    let limit = usize::try_from(size).unwrap_or(usize::MAX);
    let Some((_, bytes)) = from.get(&location.key, limit).await.map_err(unsent)? else {
        return Err(ProviderError::new(ErrorKind::NotFound, from, location, "the source is gone"));
    };
    if Digest::of(&bytes) == sha256 {
        return Ok(bytes);
    }
    Err(ProviderError::new(ErrorKind::Corrupt, from, location, CHANGED))
}

/// A read that got no answer has written nothing, and what is no object was put in the source's place.
fn unsent(mut error: ProviderError) -> ProviderError {
    error.kind = match error.kind {
        ErrorKind::Unknown => ErrorKind::Unavailable,
        ErrorKind::Invalid => ErrorKind::Conflict,
        kind => kind,
    };
    error
}

#[cfg(test)]
mod tests;
