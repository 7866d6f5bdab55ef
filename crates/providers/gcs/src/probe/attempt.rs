//! The single requests of the probe, and what their answers mean. What follows from them is judged in `probe`.

use crate::GcsBucket;
use crate::failure::turned_down;
use crate::resource::Target;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Body, Condition, ErrorKind, Headers, Object, PinnedSource, Precondition, ProviderError, Token,
};
use promote_port::probe::{AttemptEnd, Attempts, CONTENTS, Races, Scratch};
use std::collections::BTreeSet;
use std::time::Duration;

/// How often an attempt is made again that the store put off.
const PUT_OFF: u32 = 5;

/// A way to write an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Whole,
    Pieces,
    Copy,
}

/// A bucket that is probed.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) bucket: &'a GcsBucket,
    pub(super) scratch: Scratch,
}

#[async_trait]
impl Attempts for Asked<'_> {
    type How = How;

    fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// No object was ever the first of a store's life.
    fn foreign(&self) -> Token {
        Token("1".to_owned())
    }

    /// Google slows down who writes one object many times a second, so that nobody may win.
    fn races(&self, _how: How) -> Races {
        Races { rounds: 6, abreast: 1, tries: 3 }
    }

    async fn attempt(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<AttemptEnd, ProviderError> {
        AttemptEnd::of(self.patiently(|| self.attempt_now(how, key, variant, when)).await, turned_down)
    }

    async fn attempt_once(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<AttemptEnd, ProviderError> {
        match self.attempt_now(how, key, variant, when).await {
            Err(failure) if failure.kind == ErrorKind::Unavailable && failure.retry_after().is_some() => {
                Ok(AttemptEnd::Refused)
            }
            done => AttemptEnd::of(done, turned_down),
        }
    }

    async fn describe(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.bucket.describe(key).await
    }

    async fn rest(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

impl<'a> Asked<'a> {
    pub(super) fn new(bucket: &'a GcsBucket, root: Key, run: i64) -> Self {
        Self { bucket, scratch: Scratch::new(StoreId::Gcs(bucket.name.clone()), root, run) }
    }

    /// Writes the two objects that the copies copy.
    pub(super) async fn prepare(&self) -> Result<(), ProviderError> {
        for (variant, content) in CONTENTS.iter().enumerate() {
            let key = self.scratch.key(How::Whole, format_args!("source{variant}"))?;
            let object = self.must_write(&key, content).await?;
            self.scratch.add_source(self.scratch.pin(&object, content));
        }
        Ok(())
    }

    async fn write(
        &self,
        how: How,
        key: &Key,
        source: &PinnedSource,
        content: &[u8],
        when: &Precondition,
    ) -> Result<Object, ProviderError> {
        let (headers, metadata) = (Headers::default(), self.scratch.mark());
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
        self.scratch.remember(key, done.as_ref().ok());
        done
    }

    /// Writes without any condition, and goes on only when that worked.
    async fn must_write(&self, key: &Key, content: &[u8]) -> Result<Object, ProviderError> {
        let nothing = PinnedSource {
            location: Location { store: StoreId::Gcs(self.bucket.name.clone()), key: key.clone() },
            token: self.foreign(),
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

    async fn attempt_now(
        &self,
        how: How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<Object, ProviderError> {
        let content = CONTENTS.get(variant).copied().unwrap_or_default();
        self.write(how, key, &self.scratch.source(variant)?, content, when).await
    }

    /// Copies from a source that is not what the pin says.
    pub(super) async fn attempt_wrong_source(&self, key: &Key) -> Result<AttemptEnd, ProviderError> {
        let mut source = self.scratch.source(0)?;
        source.token = self.foreign();
        AttemptEnd::of(
            self.patiently(|| self.write(How::Copy, key, &source, b"", &Precondition::Any)).await,
            turned_down,
        )
    }

    /// Writes an object twice: both generations, old and new.
    async fn rewritten(&self, name: &str) -> Result<[Object; 2], ProviderError> {
        let key = self.scratch.key(How::Whole, name)?;
        let [old, new] = CONTENTS;
        Ok([self.must_write(&key, old).await?, self.must_write(&key, new).await?])
    }

    /// Replaces a source and copies its first generation: whether that is what arrives.
    pub(super) async fn old_version_is_copied(&self) -> Result<bool, ProviderError> {
        let [first, _] = self.rewritten("replaced-source").await?;
        let (key, [old, _]) = (self.scratch.key(How::Copy, "old")?, CONTENTS);
        let source = self.scratch.pin(&first, old);
        let copy = self.patiently(|| self.write(How::Copy, &key, &source, old, &Precondition::Any)).await;
        match AttemptEnd::of(copy, turned_down)? {
            AttemptEnd::Refused => Ok(false),
            AttemptEnd::Done(_) => {
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
        let key = self.scratch.key(How::Whole, "again")?;
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

    /// Deletes what was written, every generation of it for good. Whether all of it went.
    pub(super) async fn clean_up(&self) -> bool {
        let made = self.scratch.take_made();
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
