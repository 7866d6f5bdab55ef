//! A file that is not an object yet.

use crate::digests::of_file;
use crate::error::{Outcome, Trouble};
use crate::folder::Folder;
use crate::stamp::{Stamp, set_now};
use promote_port::digest::{Digest, Hasher};
use promote_port::port::{Blob, Body, ErrorKind};
use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

/// How much of a blob is read at once.
const PIECE: usize = 1 << 20;
/// Drafts that nobody holds are removed after this time.
const STALE: Duration = Duration::from_secs(3600);

/// A draft; removed when it is dropped. It is locked, so that nobody takes it for left over.
#[derive(Debug)]
pub(crate) struct Draft {
    folder: Folder,
    name: String,
    file: File,
    gone: bool,
}

impl Draft {
    /// An empty draft.
    pub(crate) fn new(folder: Folder) -> Outcome<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:x}-{:x}-{count:x}", std::process::id(), since.as_nanos());
        let file = folder.create(&name)?;
        let draft = Self { folder, name, file, gone: false };
        draft.file.try_lock().map_err(io::Error::from)?;
        Ok(draft)
    }

    /// Writes the body and returns its digest.
    pub(crate) fn fill(&mut self, body: &Body) -> Outcome<Digest> {
        self.folder.fills(&self.name)?;
        match body {
            Body::Bytes(bytes) => {
                self.file.write_all(bytes)?;
                Ok(Digest::of(bytes))
            }
            Body::Blob(blob) => self.fill_from(&**blob),
        }
    }

    fn fill_from(&mut self, blob: &dyn Blob) -> Outcome<Digest> {
        let unread = |cause| Trouble {
            cause: Some(cause),
            ..Trouble::invalid("what was to be written can't be read")
        };
        let runtime = Handle::current();
        let (mut hasher, mut offset) = (Hasher::new(), 0);
        while offset < blob.size() {
            let piece = runtime.block_on(blob.read_at(offset, PIECE)).map_err(unread)?;
            if piece.is_empty() {
                return Err(unread(io::ErrorKind::UnexpectedEof.into()));
            }
            self.file.write_all(&piece)?;
            hasher.update(&piece);
            offset += piece.len() as u64;
        }
        let digest = hasher.finish();
        if digest != blob.digest() {
            return Err(Trouble::new(ErrorKind::Corrupt, "what was to be written changed while it was read"));
        }
        Ok(digest)
    }

    /// Takes over the bytes of a file, by sharing blocks where the file system can, and returns the digest of what
    /// has arrived.
    pub(crate) fn fill_by_copy(&mut self, source: &mut File) -> Outcome<Digest> {
        self.folder.fills(&self.name)?;
        io::copy(source, &mut self.file)?;
        Ok(of_file(&self.file)?)
    }

    /// Makes the bytes durable, with a time of change that was not there before; `nudge` counts the attempts.
    pub(crate) fn seal(&self, nudge: u32) -> Outcome<Stamp> {
        let stamp = set_now(&self.file, nudge)?;
        self.folder.sync_file(&self.name, &self.file)?;
        Ok(stamp)
    }

    /// Becomes a new object. `AlreadyExists` when there is one.
    pub(crate) fn link(self, to: &Folder, name: &str) -> io::Result<()> {
        self.folder.link(&self.name, to, name)
    }

    /// Becomes an object in place of another.
    pub(crate) fn replace(mut self, to: &Folder, name: &str) -> io::Result<()> {
        self.folder.rename(&self.name, to, name)?;
        self.gone = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.gone {
            // What can't be removed now is swept later.
            drop(self.folder.remove(&self.name));
        }
    }
}

/// Removes drafts of processes that were killed.
pub(crate) fn sweep(drafts: &Folder) -> io::Result<()> {
    for entry in drafts.entries()? {
        let Ok(file) = drafts.open(&entry.name) else { continue };
        let age = file.metadata()?.modified()?.elapsed().unwrap_or_default();
        if !entry.is_folder && age > STALE && file.try_lock().is_ok() {
            drafts.remove(&entry.name)?;
        }
    }
    Ok(())
}
