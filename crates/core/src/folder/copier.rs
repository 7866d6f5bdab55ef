//! One file of a folder on its way to the target, and one on its way out of it: sent, and after any doubt looked at.

use super::manifest::FolderFile;
use super::standing::Watch;
use super::{Write, headers, inside};
use crate::digest::Digest;
use crate::ledger::TargetMove;
use crate::location::{Key, Location, StoreId};
use crate::port::{
    Body, Bucket, BucketReader, Clock, Condition, ErrorKind, Metadata, Object, PinnedSource, Precondition,
    ProviderError, Token,
};
use crate::relay::{self, SMALL, relay, whole};
use crate::retry::Attempts;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Names of what is written beside each file.
const COMMIT: &str = "promote-commit";
const ID: &str = "promote-id";
const SHA256: &str = "promote-sha256";

/// What became of one file.
pub(super) enum CopyOutcome {
    /// The target holds it, with this token.
    Landed(FolderFile),
    /// The target does not hold it any more.
    Gone,
    /// It was not what was expected there: somebody else wrote.
    Refused(ProviderError),
    /// It was not tried, since something else went wrong.
    Left,
}

/// What is sent of one file.
enum Content {
    /// Nothing: the store copies this object by itself.
    Copied(PinnedSource),
    /// These bytes, which were checked.
    Held(Bytes),
    /// This object, a part after the other.
    Passing(PinnedSource),
}

/// What all files of one promotion have in common.
pub(super) struct FileCopier<'a> {
    /// The store of the release's folder.
    pub(super) from: &'a dyn BucketReader,
    /// Its name.
    pub(super) store: &'a StoreId,
    /// The store of the target.
    pub(super) to: &'a dyn Bucket,
    /// What is written beside the manifest.
    pub(super) metadata: &'a Metadata,
    /// How each file is written; what must hold of it is told with it.
    pub(super) condition: &'a Condition,
    /// The clock that pauses are slept on.
    pub(super) clock: &'a dyn Clock,
    pub(super) watch: Watch<'a>,
    /// The prefix of the source.
    pub(super) below: &'a str,
    /// The prefix of the target.
    pub(super) above: &'a str,
    /// Counts what took effect of all that is sent.
    pub(super) done: Option<&'a AtomicUsize>,
    /// Whether anything may have been written.
    pub(super) touched: AtomicBool,
    /// Whether an answer was lost.
    pub(super) doubt: AtomicBool,
    /// Whether something went wrong, so that nothing new is begun.
    pub(super) stop: AtomicBool,
}

/// Whether the target's store copies from the source's by itself.
pub(super) fn copies(moved: &TargetMove) -> bool {
    relay::copies(&moved.source.location.store, &moved.target.store)
}

/// Whether an object holds this file: by the store's word, else by what was written beside it.
fn holds(object: &Object, file: &FolderFile) -> bool {
    let stamped = || object.metadata.get(SHA256) == Some(&file.sha256.hex());
    object.size == file.size && object.sha256.map_or_else(stamped, |found| found == file.sha256)
}

/// The content that a promotion's mark on a file of a target names.
pub(super) fn marked(object: &Object) -> Option<Digest> {
    object.metadata.get(ID)?;
    object.metadata.get(COMMIT)?;
    Digest::from_hex(object.metadata.get(SHA256)?).ok()
}

impl FileCopier<'_> {
    /// A place in the target.
    pub(super) fn place(&self, path: &Key) -> Result<Key, ProviderError> {
        let place = inside(self.above, path);
        place.map_err(|error| {
            self.error(ErrorKind::Invalid, path, "its place in the target has no key").caused_by(error)
        })
    }

    pub(super) fn error(&self, kind: ErrorKind, path: &Key, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self.to, format!("{}{path}", self.above), message)
    }

    fn condition(&self, when: &Precondition) -> Condition {
        let fence = self.condition.fence.clone();
        Condition { when: when.clone(), way: self.condition.way, fence }
    }

    fn metadata(&self, file: &FolderFile) -> Metadata {
        let ours = self.metadata;
        let mut metadata: Metadata = [COMMIT, ID]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), ours.get(name)?.clone())))
            .collect();
        metadata.insert(SHA256.to_owned(), file.sha256.hex());
        metadata
    }

    /// Brings one file. `pin` is its source, where the store copies by itself.
    ///
    /// # Errors
    /// What will not be better for other files either, or can't be told.
    pub(super) async fn bring(
        &self,
        write: Write,
        pin: Option<PinnedSource>,
    ) -> Result<CopyOutcome, ProviderError> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(CopyOutcome::Left);
        }
        self.ended(self.try_bring(&write, pin).await)
    }

    async fn try_bring(
        &self,
        write: &Write,
        pin: Option<PinnedSource>,
    ) -> Result<CopyOutcome, ProviderError> {
        let key = self.place(&write.file.path)?;
        let landed =
            |token: Token| CopyOutcome::Landed(FolderFile { token: Some(token), ..write.file.clone() });
        let to = self.to;
        if write.look
            && let Some(object) = to.head(&key).await?
            && holds(&object, &write.file)
        {
            return Ok(landed(object.token));
        }
        let content = match pin {
            Some(pin) => Content::Copied(pin),
            None => self.content(&write.file).await?,
        };
        let (mut last, mut unknown) = (None, false);
        let mut attempts = Attempts::new(self.clock, write.file.size);
        while attempts.another() {
            self.watch.check().await?;
            let error = match self.send(&key, write, &content).await {
                Ok(object) => {
                    self.went_on();
                    let other = object.sha256.is_some_and(|found| found != write.file.sha256);
                    if other || object.size != write.file.size {
                        let message =
                            "what arrived is not the release's file: the release's own folder was changed";
                        return Err(self.error(ErrorKind::Corrupt, &write.file.path, message));
                    }
                    return Ok(landed(object.token));
                }
                Err(error) => error,
            };
            match error.kind {
                ErrorKind::Conflict if !unknown => return Ok(CopyOutcome::Refused(error)),
                ErrorKind::Unavailable => attempts.pause(&error).await,
                ErrorKind::Conflict | ErrorKind::Unknown => {
                    // Perhaps it was written all the same, now or by an earlier try.
                    unknown = true;
                    self.doubt.store(true, Ordering::Relaxed);
                    self.touched.store(true, Ordering::Relaxed);
                    let seen = to.head(&key).await?;
                    if let Some(object) = seen.as_ref().filter(|object| holds(object, &write.file)) {
                        self.went_on();
                        return Ok(landed(object.token.clone()));
                    }
                    let as_before = match (&write.when, &seen) {
                        (Precondition::Matches(token), Some(object)) => *token == object.token,
                        (Precondition::Absent, None) | (Precondition::Any, _) => true,
                        _ => false,
                    };
                    if !as_before {
                        return Ok(CopyOutcome::Refused(error));
                    }
                }
                _ => return Err(error),
            }
            last = Some(error);
        }
        Err(last.unwrap_or_else(|| self.error(ErrorKind::Unavailable, &write.file.path, "it was never sent")))
    }

    async fn send(&self, key: &Key, write: &Write, content: &Content) -> Result<Object, ProviderError> {
        let (metadata, condition) = (self.metadata(&write.file), self.condition(&write.when));
        let Self { from, to, .. } = *self;
        match content {
            Content::Copied(pin) => to.copy(pin, key, &metadata, &condition).await,
            Content::Held(bytes) => {
                let body = Body::Bytes(bytes.clone());
                to.write(key, body, &headers(&write.file.path), &metadata, &condition).await
            }
            Content::Passing(pin) => relay((from, pin), (to, key), &metadata, &condition, &self.watch).await,
        }
    }

    /// What is to be sent of a file of the source, for a store that doesn't copy it by itself: a small one whole and
    /// checked, else the very object to read.
    async fn content(&self, file: &FolderFile) -> Result<Content, ProviderError> {
        let from = self.from;
        let error = |kind, message: &str| {
            ProviderError::new(kind, from, format!("{}{}", self.below, file.path), message)
        };
        let key = inside(self.below, &file.path)
            .map_err(|cause| error(ErrorKind::Invalid, "it has no key").caused_by(cause))?;
        let location = Location { store: self.store.clone(), key };
        if file.size <= SMALL {
            return whole(from, &location, file.size, file.sha256).await.map(Content::Held);
        }
        let gone = || error(ErrorKind::NotFound, "the release's folder lacks this file");
        let found = from.head(&location.key).await?.ok_or_else(gone)?;
        if found.size != file.size {
            return Err(error(ErrorKind::Corrupt, "it is not what was published: its length differs"));
        }
        Ok(Content::Passing(PinnedSource {
            location,
            token: found.token,
            version: found.version,
            sha256: file.sha256,
            size: file.size,
            headers: headers(&file.path),
        }))
    }

    /// Removes one file that has this token.
    ///
    /// # Errors
    /// What will not be better for other files either, or can't be told.
    pub(super) async fn remove(&self, path: Key, token: Token) -> Result<CopyOutcome, ProviderError> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(CopyOutcome::Left);
        }
        self.ended(self.try_remove(&path, &token).await)
    }

    fn ended(&self, end: Result<CopyOutcome, ProviderError>) -> Result<CopyOutcome, ProviderError> {
        if end.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        end
    }

    /// Something took effect that was sent just now.
    fn went_on(&self) {
        self.touched.store(true, Ordering::Relaxed);
        self.done.iter().for_each(|done| {
            done.fetch_add(1, Ordering::Relaxed);
        });
    }

    async fn try_remove(&self, path: &Key, token: &Token) -> Result<CopyOutcome, ProviderError> {
        let key = self.place(path)?;
        let to = self.to;
        let mut last = None;
        let mut attempts = Attempts::new(self.clock, 0);
        while attempts.another() {
            self.watch.check().await?;
            let error = match to.delete(&key, &Precondition::Matches(token.clone())).await {
                Ok(()) => {
                    self.went_on();
                    return Ok(CopyOutcome::Gone);
                }
                Err(error) => error,
            };
            match error.kind {
                ErrorKind::Unavailable => attempts.pause(&error).await,
                ErrorKind::Conflict | ErrorKind::Unknown => {
                    if error.kind == ErrorKind::Unknown {
                        self.doubt.store(true, Ordering::Relaxed);
                        self.touched.store(true, Ordering::Relaxed);
                    }
                    match to.head(&key).await? {
                        None => return Ok(CopyOutcome::Gone),
                        Some(object) if object.token != *token => return Ok(CopyOutcome::Refused(error)),
                        Some(_) => {}
                    }
                }
                _ => return Err(error),
            }
            last = Some(error);
        }
        Err(last.unwrap_or_else(|| self.error(ErrorKind::Unavailable, path, "it was never sent")))
    }
}
