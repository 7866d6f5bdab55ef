//! The single requests of the probe: where they write, how they ended, and whether the store then holds what it
//! said. What follows from them is judged in `probe`.

use crate::S3Bucket;
use crate::copying::Pin;
use crate::failure::turned_down;
use crate::writing::Target;
use bytes::Bytes;
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    ErrorKind, Headers, Metadata, Object, PinnedSource, Precondition, ProviderError, Token,
};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const MARK: &str = "promote-probe";
const CONTENTS: [&[u8]; 2] = [b"one", b"another"];

/// A way to write an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Put,
    Copy,
    Complete,
}

/// How an attempt ended, as the store says.
#[derive(Debug)]
pub(super) enum Ended {
    Done(Box<Object>),
    Refused,
}

/// Where the probe writes, and what it has seen.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) bucket: &'a S3Bucket,
    root: Key,
    run: i64,
    count: AtomicU64,
    disagreed: AtomicBool,
    sources: Mutex<Vec<PinnedSource>>,
    made: Mutex<BTreeSet<(Key, Option<String>)>>,
}

impl<'a> Place<'a> {
    pub(super) fn new(bucket: &'a S3Bucket, root: Key, run: i64) -> Self {
        Self {
            bucket,
            root,
            run,
            count: AtomicU64::new(0),
            disagreed: AtomicBool::new(false),
            sources: Mutex::new(Vec::new()),
            made: Mutex::new(BTreeSet::new()),
        }
    }

    /// A key of this run. Another run's leavings don't disturb it.
    pub(super) fn key(&self, how: How, name: &str) -> Result<Key, ProviderError> {
        self.root.join(&format!("{}/{how:?}-{name}", self.run)).map_err(|bad| {
            ProviderError::new(ErrorKind::Invalid, self.bucket, &self.root, "can't probe below this key")
                .caused_by(bad)
        })
    }

    /// Writes the two objects that the copies copy. Says whether their tokens tell their contents apart.
    pub(super) async fn prepare(&self) -> Result<bool, ProviderError> {
        for (variant, content) in CONTENTS.iter().enumerate() {
            let key = self.key(How::Put, &format!("source{variant}"))?;
            let object = self.write(&key, content, &Precondition::Any).await?;
            let source = self.pin(&object, content);
            self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(source);
        }
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(sources.windows(2).all(|pair| matches!(pair, [one, two] if one.token != two.token)))
    }

    fn pin(&self, object: &Object, content: &[u8]) -> PinnedSource {
        PinnedSource {
            location: Location { store: StoreId::S3(self.bucket.name.clone()), key: object.key.clone() },
            token: object.token.clone(),
            version: object.version.clone(),
            sha256: Digest::of(content),
            size: content.len() as u64,
            headers: Headers::default(),
        }
    }

    fn source(&self, variant: usize) -> Result<PinnedSource, ProviderError> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.get(variant).cloned().ok_or_else(|| {
            ProviderError::new(ErrorKind::Invalid, self.bucket, &self.root, "the probe has no such source")
        })
    }

    fn mark(&self) -> Metadata {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        Metadata::from([(MARK.to_owned(), number.to_string())])
    }

    fn remember(&self, key: &Key, object: Option<&Object>) {
        let version = object.and_then(|object| object.version.clone()).map(|version| version.0);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert((key.clone(), version));
    }

    async fn write(&self, key: &Key, content: &[u8], when: &Precondition) -> Result<Object, ProviderError> {
        self.put(key, content, when, Duration::ZERO).await
    }

    async fn put(
        &self,
        key: &Key,
        content: &[u8],
        when: &Precondition,
        age: Duration,
    ) -> Result<Object, ProviderError> {
        let (headers, metadata) = (Headers::default(), self.mark());
        let target = Target { key, headers: &headers, metadata: &metadata, when };
        let done = self.bucket.put(&target, Bytes::copy_from_slice(content), &Digest::of(content), age).await;
        self.remember(key, done.as_ref().ok());
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
        let metadata = self.mark();
        let target = Target { key, headers: &source.headers, metadata: &metadata, when };
        let pin = Pin { bucket: &self.bucket.name, source };
        let done = match how {
            How::Complete => self.bucket.copy_by_parts(&pin, &target).await,
            _ => self.bucket.copy_at_once(&pin, &target, age).await,
        };
        self.remember(key, done.as_ref().ok());
        done
    }

    /// What an answer means here. A missing right or a broken connection ends the probe; being unable does not.
    fn ended(done: Result<Object, ProviderError>) -> Result<Ended, ProviderError> {
        match done {
            Ok(object) => Ok(Ended::Done(Box::new(object))),
            Err(failure) if failure.kind == ErrorKind::Denied || !turned_down(&failure) => Err(failure),
            Err(_) => Ok(Ended::Refused),
        }
    }

    /// Writes one of the two contents under a condition.
    pub(super) async fn attempt(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<Ended, ProviderError> {
        let done = match how {
            How::Put => {
                let content = CONTENTS.get(variant).copied().unwrap_or_default();
                self.write(key, content, when).await
            }
            _ => self.copy(how, &self.source(variant)?, key, when, Duration::ZERO).await,
        };
        Self::ended(done)
    }

    /// Copies from a source that is not what the pin says.
    pub(super) async fn attempt_wrong_source(&self, how: How, key: &Key) -> Result<Ended, ProviderError> {
        let mut source = self.source(0)?;
        source.token = Token("00000000000000000000000000000000".to_owned());
        Self::ended(self.copy(how, &source, key, &Precondition::Any, Duration::ZERO).await)
    }

    /// Sends a request that was signed longer ago than it lives. The store refuses in many ways.
    pub(super) async fn attempt_late(
        &self,
        how: How,
        key: &Key,
        age: Duration,
    ) -> Result<Ended, ProviderError> {
        let done = match how {
            How::Put => self.put(key, b"late", &Precondition::Absent, age).await,
            _ => self.copy(how, &self.source(0)?, key, &Precondition::Absent, age).await,
        };
        match done {
            Err(failure) if failure.kind == ErrorKind::Denied => Ok(Ended::Refused),
            done => Self::ended(done),
        }
    }

    /// Overwrites a source and copies its first version: whether that is what arrives.
    pub(super) async fn old_version_is_copied(&self, how: How, key: &Key) -> Result<bool, ProviderError> {
        let place = self.key(How::Put, &format!("versions-{how:?}"))?;
        let [old, new] = CONTENTS;
        let first = self.write(&place, old, &Precondition::Any).await?;
        self.write(&place, new, &Precondition::Any).await?;
        match Self::ended(
            self.copy(how, &self.pin(&first, old), key, &Precondition::Any, Duration::ZERO).await,
        )? {
            Ended::Refused => Ok(false),
            Ended::Done(_) => {
                Ok(self.bucket.describe(key).await?.is_some_and(|object| object.size == old.len() as u64))
            }
        }
    }

    /// Looks whether the key holds exactly this object, and remembers when it does not.
    pub(super) async fn settled(&self, key: &Key, expected: Option<&Object>) -> Result<(), ProviderError> {
        let there = self.bucket.describe(key).await?;
        let agree = match (&there, expected) {
            (None, None) => true,
            (Some(there), Some(expected)) => {
                there.token == expected.token && there.metadata.get(MARK) == expected.metadata.get(MARK)
            }
            _ => false,
        };
        if !agree {
            self.disagreed.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether every answer so far was true.
    pub(super) fn agreed(&self) -> bool {
        !self.disagreed.load(Ordering::Relaxed)
    }

    /// Whether some write was given a version.
    pub(super) fn saw_versions(&self) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter().any(|(_, version)| version.is_some())
    }

    /// Deletes what was written, versions for good. Whether all of it went.
    pub(super) async fn clean_up(&self) -> bool {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        let mut clean = true;
        let versions: BTreeSet<&Key> =
            made.iter().filter(|(_, version)| version.is_some()).map(|(key, _)| key).collect();
        for (key, version) in &made {
            // A plain deletion of a versioned key only adds a marker.
            if version.is_none() && versions.contains(key) {
                continue;
            }
            let version = version.clone().map(promote_port::port::VersionId);
            clean &= self.bucket.remove_version(key, &Precondition::Any, version.as_ref()).await.is_ok();
        }
        clean
    }
}
