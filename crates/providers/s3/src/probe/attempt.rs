//! The single requests of the probe, and what their answers mean. What follows from them is judged in `probe`.

use crate::S3Bucket;
use crate::copying::Pin;
use crate::failure::turned_down;
use crate::writing::Target;
use async_trait::async_trait;
use bytes::Bytes;
use promote_port::digest::Digest;
use promote_port::location::{Key, StoreId};
use promote_port::port::{ErrorKind, Headers, Object, PinnedSource, Precondition, ProviderError, Token};
use promote_port::probe::{AttemptEnd, Attempts, CONTENTS, Races, Scratch};
use std::collections::BTreeSet;
use std::time::Duration;

/// A way to write an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Put,
    Copy,
    Complete,
}

/// A bucket that is probed.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) bucket: &'a S3Bucket,
    pub(super) scratch: Scratch,
}

#[async_trait]
impl Attempts for Asked<'_> {
    type How = How;

    fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    fn foreign(&self) -> Token {
        Token("00000000000000000000000000000000".to_owned())
    }

    /// What was found of a put decides whether a ledger may be kept here, whose one lock it is.
    fn races(&self, how: How) -> Races {
        let rounds = match how {
            How::Put => 4,
            How::Copy | How::Complete => 1,
        };
        Races { rounds, abreast: 3, tries: 1 }
    }

    async fn attempt(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<AttemptEnd, ProviderError> {
        let done = match how {
            How::Put => {
                let content = CONTENTS.get(variant).copied().unwrap_or_default();
                self.put(key, content, when, Duration::ZERO).await
            }
            _ => self.copy(how, &self.scratch.source(variant)?, key, when, Duration::ZERO).await,
        };
        AttemptEnd::of(done, turned_down)
    }

    async fn describe(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.bucket.describe(key).await
    }
}

impl<'a> Asked<'a> {
    pub(super) fn new(bucket: &'a S3Bucket, root: Key, run: i64) -> Self {
        Self { bucket, scratch: Scratch::new(StoreId::S3(bucket.name.clone()), root, run) }
    }

    /// Writes the two objects that the copies copy. Says whether their tokens tell their contents apart.
    pub(super) async fn prepare(&self) -> Result<bool, ProviderError> {
        let mut tokens = BTreeSet::new();
        for (variant, content) in CONTENTS.iter().enumerate() {
            let key = self.scratch.key(How::Put, format_args!("source{variant}"))?;
            let object = self.put(&key, content, &Precondition::Any, Duration::ZERO).await?;
            self.scratch.add_source(self.scratch.pin(&object, content));
            tokens.insert(object.token);
        }
        Ok(tokens.len() == CONTENTS.len())
    }

    /// `age`: how long ago the request was signed.
    async fn put(
        &self,
        key: &Key,
        content: &[u8],
        when: &Precondition,
        age: Duration,
    ) -> Result<Object, ProviderError> {
        let (headers, metadata) = (Headers::default(), self.scratch.mark());
        let target = Target { key, headers: &headers, metadata: &metadata, when };
        let done = self.bucket.put(&target, Bytes::copy_from_slice(content), &Digest::of(content), age).await;
        self.scratch.remember(key, done.as_ref().ok());
        done
    }

    async fn copy(
        &self,
        how: How,
        source: &PinnedSource,
        key: &Key,
        when: &Precondition,
        age: Duration,
    ) -> Result<Object, ProviderError> {
        let metadata = self.scratch.mark();
        let target = Target { key, headers: &source.headers, metadata: &metadata, when };
        let pin = Pin { bucket: &self.bucket.name, source };
        let done = match how {
            How::Complete => self.bucket.copy_by_parts(&pin, &target).await,
            _ => self.bucket.copy_at_once(&pin, &target, age).await,
        };
        self.scratch.remember(key, done.as_ref().ok());
        done
    }

    /// Copies from a source that is not what the pin says.
    pub(super) async fn attempt_wrong_source(
        &self,
        how: How,
        key: &Key,
    ) -> Result<AttemptEnd, ProviderError> {
        let mut source = self.scratch.source(0)?;
        source.token = self.foreign();
        AttemptEnd::of(self.copy(how, &source, key, &Precondition::Any, Duration::ZERO).await, turned_down)
    }

    /// Sends a request that was signed longer ago than it lives. The store refuses in many ways.
    pub(super) async fn attempt_late(
        &self,
        how: How,
        key: &Key,
        age: Duration,
    ) -> Result<AttemptEnd, ProviderError> {
        let done = match how {
            How::Put => self.put(key, b"late", &Precondition::Absent, age).await,
            _ => self.copy(how, &self.scratch.source(0)?, key, &Precondition::Absent, age).await,
        };
        match done {
            Err(failure) if failure.kind == ErrorKind::Denied => Ok(AttemptEnd::Refused),
            done => AttemptEnd::of(done, turned_down),
        }
    }

    /// Overwrites a source and copies its first version: whether that is what arrives.
    pub(super) async fn old_version_is_copied(&self, how: How, key: &Key) -> Result<bool, ProviderError> {
        let source = self.scratch.key(How::Put, format_args!("versions-{how:?}"))?;
        let [old, new] = CONTENTS;
        let first = self.put(&source, old, &Precondition::Any, Duration::ZERO).await?;
        self.put(&source, new, &Precondition::Any, Duration::ZERO).await?;
        let pinned = self.scratch.pin(&first, old);
        match AttemptEnd::of(
            self.copy(how, &pinned, key, &Precondition::Any, Duration::ZERO).await,
            turned_down,
        )? {
            AttemptEnd::Refused => Ok(false),
            AttemptEnd::Done(_) => {
                Ok(self.bucket.describe(key).await?.is_some_and(|object| object.size == old.len() as u64))
            }
        }
    }

    /// Deletes what was written, versions for good. Whether all of it went.
    pub(super) async fn clean_up(&self) -> bool {
        let made = self.scratch.take_made();
        let mut clean = true;
        let versions: BTreeSet<&Key> =
            made.iter().filter(|(_, version)| version.is_some()).map(|(key, _)| key).collect();
        for (key, version) in &made {
            // A plain deletion of a versioned key only adds a marker.
            if version.is_none() && versions.contains(key) {
                continue;
            }
            clean &= self.bucket.remove_version(key, &Precondition::Any, version.as_ref()).await.is_ok();
        }
        clean
    }
}
