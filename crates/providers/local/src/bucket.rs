//! The folder as a bucket: every call is handed to a thread that may block.

use crate::empty;
use crate::error::{Outcome, Trouble};
use crate::open_object::OpenObject;
use crate::steps::Steps;
use crate::store::Store;
use crate::walk;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use promote_port::digest::{Digest, Hasher};
use promote_port::location::Key;
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, CopyGuard, ErrorKind, FenceClass,
    Headers, Metadata, Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// How much of an object is read at once.
const PIECE: usize = 256 << 10;

/// A folder as object store. Keys are paths below it. Needs a Tokio runtime.
#[derive(Debug, Clone)]
pub struct LocalBucket {
    store: Arc<Store>,
    shown: String,
}

impl LocalBucket {
    /// The store in this folder. Touches nothing: a folder that is missing or lies on a network file system is
    /// reported by the first call.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self::with_steps(root, Steps::default())
    }

    pub(crate) fn with_steps(root: impl Into<PathBuf>, steps: Steps) -> Self {
        let root = root.into();
        let shown = root.display().to_string();
        Self { store: Arc::new(Store::new(root, steps)), shown }
    }

    async fn run<T: Send + 'static>(
        &self,
        subject: &str,
        work: impl FnOnce(&Store) -> Outcome<T> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let store = Arc::clone(&self.store);
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(end) => end.map_err(|trouble| self.error(subject, trouble)),
            // The thread was lost, and what it had done by then can't be told.
            Err(lost) => {
                Err(ProviderError::new(ErrorKind::Unknown, self, subject, "the work was broken off")
                    .caused_by(lost))
            }
        }
    }

    fn error(&self, subject: &str, trouble: Trouble) -> ProviderError {
        let about = trouble.way.as_deref().unwrap_or(subject);
        let mut error = ProviderError::new(trouble.kind, self, about, trouble.message);
        error.hints.extend(trouble.hint.map(str::to_owned));
        // That a name is too long here tells nothing of what lies there.
        let too_long = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::InvalidFilename;
        if trouble.cause.as_ref().is_some_and(too_long) {
            error = error.refusal();
        }
        match trouble.cause {
            Some(cause) => error.caused_by(cause),
            None => error,
        }
    }
}

impl fmt::Display for LocalBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "folder {}", self.shown)
    }
}

/// Reads at most `limit` bytes of an object that has no more.
fn read_small(store: &Store, key: &Key, limit: usize) -> Outcome<Option<(Object, Bytes)>> {
    let Some(mut found) = store.open(key, None)? else { return Ok(None) };
    let too_long = || Trouble::new(ErrorKind::Corrupt, format!("it has more than {limit} bytes"));
    if found.stamp.size > limit as u64 {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    (&mut found.file).take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(too_long());
    }
    if found.expected.is_some_and(|digest| digest != Digest::of(&bytes)) {
        return Err(Trouble::new(ErrorKind::Corrupt, "its bytes are not those that were written"));
    }
    let object = store.object(key, &found)?;
    Ok(Some((object, Bytes::from(bytes))))
}

/// A file that is being read, and what it must turn out to be.
struct Reading {
    file: File,
    hasher: Hasher,
    expected: Option<Digest>,
}

impl Reading {
    fn of(found: OpenObject) -> Self {
        Self { expected: found.expected, file: found.file, hasher: Hasher::new() }
    }

    /// The next piece; `None` at the end.
    fn next(mut self) -> Outcome<Option<(Bytes, Self)>> {
        let mut piece = Vec::with_capacity(PIECE);
        (&mut self.file).take(PIECE as u64).read_to_end(&mut piece)?;
        if !piece.is_empty() {
            self.hasher.update(&piece);
            return Ok(Some((piece.into(), self)));
        }
        let found = self.hasher.finish();
        if self.expected.is_some_and(|expected| expected != found) {
            return Err(Trouble::new(ErrorKind::Corrupt, "its bytes are not those that were written"));
        }
        Ok(None)
    }
}

#[async_trait]
impl BucketReader for LocalBucket {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            create: true,
            replace: true,
            copy: CopyGuard::ConditionalCopy,
            source_pin: true,
            versioned: true,
            stamps: true,
            tokens_tell: true,
            folders: true,
            trusted_answers: true,
            fence: FenceClass::Atomic,
            expiry_s: 0,
            allowance_s: 0,
            put_limit: u64::MAX,
            write_limit: Some(u64::MAX),
            notes: Vec::new(),
        }
    }

    /// The folder's time is this machine's, since the file system is.
    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        Ok(std::time::SystemTime::now().into())
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        let of = key.clone();
        self.run(key.as_str(), move |store| store.head(&of)).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        let of = key.clone();
        self.run(key.as_str(), move |store| read_small(store, &of, limit)).await
    }

    /// When the bytes turn out not to be those that were written, the stream ends with `Corrupt`.
    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        let (of, version) = (key.clone(), version.cloned());
        let found = self.run(key.as_str(), move |store| store.open(&of, version.as_ref())).await?;
        let none = || Trouble::new(ErrorKind::NotFound, "there is no such object or version");
        let found = found.ok_or_else(|| self.error(key.as_str(), none()))?;
        let start = (self.clone(), key.clone(), Reading::of(found));
        let pieces = stream::try_unfold(start, |(bucket, key, reading)| async move {
            let next = bucket.run(key.as_str(), move |_| reading.next()).await?;
            Ok(next.map(|(piece, reading)| (piece, (bucket, key, reading))))
        });
        Ok(pieces.boxed())
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        let of = from.clone();
        self.run(from.location.key.as_str(), move |store| store.part(&of, offset, length)).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        let of = key.clone();
        self.run(key.as_str(), move |store| store.versions(&of, limit)).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        if !(1..=1000).contains(&limit) {
            return Err(self.error(prefix, Trouble::invalid("a page has 1 to 1000 objects")));
        }
        let (below, after) = (prefix.to_owned(), after.cloned());
        let page = move |store: &Store| walk::list(store, &below, after.as_ref(), limit);
        self.run(prefix, page).await.map(|(page, _)| page)
    }

    async fn empty_folders(&self, prefix: &str, most: usize) -> Result<Vec<Key>, ProviderError> {
        let below = prefix.to_owned();
        self.run(prefix, move |store: &Store| empty::folders(&store.root()?, &below, most)).await
    }
}

#[async_trait]
impl Bucket for LocalBucket {
    /// A write that is dropped goes on to its end, like a request that is on its way.
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let (to, headers, metadata) = (key.clone(), headers.clone(), metadata.clone());
        let condition = condition.clone();
        let work = move |store: &Store| store.write(&to, &body, &headers, &metadata, &condition);
        self.run(key.as_str(), work).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let (from, target, metadata) = (from.clone(), to.clone(), metadata.clone());
        let condition = condition.clone();
        self.run(to.as_str(), move |store| store.copy(&from, &target, &metadata, &condition)).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        let (of, when) = (key.clone(), when.clone());
        self.run(key.as_str(), move |store| store.delete(&of, &when)).await
    }

    /// Tries locks and links in the store's own folder; nothing is written at `scratch`.
    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.run(scratch.as_str(), Store::probe).await?;
        Ok(self.capabilities())
    }
}
