//! The single requests of the probe: where they write, how they ended, and whether the store then holds what it
//! said. What follows from them is judged in `probe`.

use crate::GcsBucket;
use crate::failure::turned_down;
use crate::resource::Target;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Body, Condition, ErrorKind, Headers, Metadata, Object, PinnedSource, Precondition, ProviderError, Token,
    VersionId,
};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const MARK: &str = "promote-probe";
const CONTENTS: [&[u8]; 2] = [b"one", b"another"];

/// How often an attempt is made again that the store put off.
const PUT_OFF: u32 = 5;

/// A way to write an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Whole,
    Pieces,
    Copy,
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
    pub(super) bucket: &'a GcsBucket,
    root: Key,
    run: i64,
    count: AtomicU64,
    disagreed: AtomicBool,
    sources: Mutex<Vec<PinnedSource>>,
    made: Mutex<BTreeSet<(Key, Option<VersionId>)>>,
}

impl<'a> Place<'a> {
    pub(super) fn new(bucket: &'a GcsBucket, root: Key, run: i64) -> Self {
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

    /// Writes the two objects that the copies copy.
    pub(super) async fn prepare(&self) -> Result<(), ProviderError> {
        for (variant, content) in CONTENTS.iter().enumerate() {
            let object =
                self.must_write(&self.key(How::Whole, &format!("source{variant}"))?, content).await?;
            let source = self.pin(&object, content);
            self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(source);
        }
        Ok(())
    }

    fn pin(&self, object: &Object, content: &[u8]) -> PinnedSource {
        PinnedSource {
            location: Location { store: StoreId::Gcs(self.bucket.name.clone()), key: object.key.clone() },
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

    fn remember(&self, key: &Key, object: Option<&Object>) {
        let version = object.and_then(|object| object.version.clone());
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert((key.clone(), version));
    }

    async fn write(
        &self,
        how: How,
        key: &Key,
        source: &PinnedSource,
        content: &[u8],
        when: &Precondition,
    ) -> Result<Object, ProviderError> {
        let number = self.count.fetch_add(1, Ordering::Relaxed).to_string();
        let (headers, metadata) = (Headers::default(), Metadata::from([(MARK.to_owned(), number)]));
        let target = Target { key, headers: &headers, metadata: &metadata, when };
        let bytes = Bytes::copy_from_slice(content);
        let done = match how {
            How::Whole => self.bucket.put(&target, bytes).await,
            How::Pieces => self.bucket.upload(&target, Body::Bytes(bytes).blob().as_ref()).await,
            How::Copy => {
                let condition = Condition::on(when.clone());
                self.bucket.copy_inside(source, key, &metadata, &condition).await
            }
        };
        self.remember(key, done.as_ref().ok());
        done
    }

    /// Writes without any condition, and goes on only when that worked.
    async fn must_write(&self, key: &Key, content: &[u8]) -> Result<Object, ProviderError> {
        let nothing = PinnedSource {
            location: Location { store: StoreId::Gcs(self.bucket.name.clone()), key: key.clone() },
            token: Token("1".to_owned()),
            version: None,
            sha256: Digest::of(content),
            size: content.len() as u64,
            headers: Headers::default(),
        };
        self.patiently(|| self.write(How::Whole, key, &nothing, content, &Precondition::Any)).await
    }

    /// Makes the attempt again when the store put it off: Google takes about one write a second of an object.
    async fn patiently<T, C>(&self, attempt: impl Fn() -> C) -> Result<T, ProviderError>
    where
        C: Future<Output = Result<T, ProviderError>>,
    {
        let mut wait = Duration::from_secs(1);
        for _ in 0..PUT_OFF {
            match attempt().await {
                Err(failure) if failure.kind == ErrorKind::Unavailable => {
                    let asked = failure.retry_after();
                    if asked.is_none() {
                        return Err(failure);
                    }
                    tokio::time::sleep(asked.unwrap_or_default().clamp(wait, Duration::from_secs(30))).await;
                    wait *= 2;
                }
                end => return end,
            }
        }
        attempt().await
    }

    /// What an answer means here. A missing right or a broken connection ends the probe; being unable does not.
    fn ended(done: Result<Object, ProviderError>) -> Result<Ended, ProviderError> {
        match done {
            Ok(object) => Ok(Ended::Done(Box::new(object))),
            Err(failure) if failure.kind == ErrorKind::Denied || !turned_down(&failure) => Err(failure),
            Err(_) => Ok(Ended::Refused),
        }
    }

    async fn attempt_now(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<Object, ProviderError> {
        let content = CONTENTS.get(variant).copied().unwrap_or_default();
        self.write(how, key, &self.source(variant)?, content, when).await
    }

    /// Writes one of the two contents under a condition.
    pub(super) async fn attempt(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<Ended, ProviderError> {
        Self::ended(self.patiently(|| self.attempt_now(how, key, variant, when)).await)
    }

    /// The same, as one of many: being put off is being refused.
    pub(super) async fn attempt_once(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<Ended, ProviderError> {
        match self.attempt_now(how, key, variant, when).await {
            Err(failure) if failure.kind == ErrorKind::Unavailable && failure.retry_after().is_some() => {
                Ok(Ended::Refused)
            }
            done => Self::ended(done),
        }
    }

    /// Copies from a source that is not what the pin says.
    pub(super) async fn attempt_wrong_source(&self, key: &Key) -> Result<Ended, ProviderError> {
        let mut source = self.source(0)?;
        source.token = Token("1".to_owned());
        Self::ended(self.patiently(|| self.write(How::Copy, key, &source, b"", &Precondition::Any)).await)
    }

    /// Writes an object twice: both generations, old and new.
    async fn rewritten(&self, name: &str) -> Result<[Object; 2], ProviderError> {
        let key = self.key(How::Whole, name)?;
        let [old, new] = CONTENTS;
        Ok([self.must_write(&key, old).await?, self.must_write(&key, new).await?])
    }

    /// Replaces a source and copies its first generation: whether that is what arrives.
    pub(super) async fn old_version_is_copied(&self) -> Result<bool, ProviderError> {
        let [first, _] = self.rewritten("replaced-source").await?;
        let (key, [old, _]) = (self.key(How::Copy, "old")?, CONTENTS);
        let source = self.pin(&first, old);
        let copy = self.patiently(|| self.write(How::Copy, &key, &source, old, &Precondition::Any)).await;
        match Self::ended(copy)? {
            Ended::Refused => Ok(false),
            Ended::Done(_) => {
                Ok(self.bucket.describe(&key).await?.is_some_and(|object| object.size == old.len() as u64))
            }
        }
    }

    /// Whether the first generation of a replaced object can be read: whether versions are kept.
    pub(super) async fn old_version_is_read(&self) -> Result<bool, ProviderError> {
        let [first, _] = self.rewritten("replaced").await?;
        match self.bucket.stream(&first.key, first.version.as_ref()).await {
            Ok(stream) => {
                let whole: Vec<Bytes> = stream.try_collect().await?;
                Ok(whole.concat() == CONTENTS[0])
            }
            Err(failure) if failure.kind == ErrorKind::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Whether a deletion that expects another generation is refused. Who may not delete learns nothing, and needs
    /// to know nothing.
    pub(super) async fn deletion_keeps_to_its_condition(&self) -> Result<bool, ProviderError> {
        let [old, new] = self.rewritten("deleted").await?;
        let wrong = Precondition::Matches(old.token);
        match self.patiently(|| self.bucket.remove(&new.key, &wrong, None)).await {
            Ok(()) => Ok(false),
            Err(failure) if failure.kind == ErrorKind::Denied || turned_down(&failure) => Ok(true),
            Err(failure) => Err(failure),
        }
    }

    /// Whether the same content has another generation each time, also after a deletion.
    pub(super) async fn generations_never_return(&self) -> Result<bool, ProviderError> {
        let key = self.key(How::Whole, "again")?;
        let mut seen = BTreeSet::new();
        for round in 0..3 {
            seen.insert(self.must_write(&key, CONTENTS[0]).await?.token);
            if round == 1 {
                match self.patiently(|| self.bucket.remove(&key, &Precondition::Any, None)).await {
                    Err(failure) if failure.kind != ErrorKind::Denied => return Err(failure),
                    _ => {}
                }
            }
        }
        Ok(seen.len() == 3)
    }

    /// Looks whether the key holds exactly this object, and remembers when it does not, as far as the store `said` so.
    pub(super) async fn settled(
        &self,
        key: &Key,
        expected: Option<&Object>,
        said: bool,
    ) -> Result<(), ProviderError> {
        if !said {
            return Ok(());
        }
        let agree = match (self.bucket.describe(key).await?, expected) {
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

    /// Deletes what was written, every generation of it for good. Whether all of it went.
    pub(super) async fn clean_up(&self) -> bool {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        let mut clean = true;
        for (key, version) in &made {
            // An attempt that was refused made nothing, as far as is known; what the key holds is looked at last.
            if version.is_some() {
                let removed =
                    self.patiently(|| self.bucket.remove(key, &Precondition::Any, version.as_ref()));
                clean &= removed.await.is_ok();
            }
        }
        let keys: BTreeSet<&Key> = made.iter().map(|(key, _)| key).collect();
        for key in keys {
            match self.bucket.describe(key).await {
                Ok(None) => {}
                Ok(Some(left)) => {
                    clean &= self.bucket.remove(key, &Precondition::Any, left.version.as_ref()).await.is_ok();
                }
                Err(_) => clean = false,
            }
        }
        clean
    }
}
