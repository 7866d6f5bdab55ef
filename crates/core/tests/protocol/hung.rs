//! A store that takes a move and never answers: how long that is waited for, and what is said and recorded then.

use crate::stage::{End, Stage, actor, content, name, resume, run, wanted};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::location::Key;
use promote_core::patience::{ANSWER, DEADLINE};
use promote_core::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Clock as _, Condition, ErrorKind, Headers,
    Metadata, Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use promote_core::request::Request;
use promote_testing::memory::{MemoryBucket, MemoryKind, VirtualClock};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Takes each request to copy, does nothing, and is given up after the time that every answer has.
#[derive(Debug)]
struct Hung {
    inner: MemoryBucket,
    clock: VirtualClock,
    asked: AtomicUsize,
}

impl fmt::Display for Hung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Hung {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.inner.now().await
    }
    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.inner.head(key).await
    }
    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.inner.get(key, limit).await
    }
    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.inner.read(key, version).await
    }
    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.inner.list(prefix, after, limit).await
    }
}

#[async_trait]
impl Bucket for Hung {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.inner.write(key, body, headers, metadata, condition).await
    }
    async fn copy(
        &self,
        _from: &PinnedSource,
        to: &Key,
        _metadata: &Metadata,
        _condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.clock.advance(ANSWER);
        Err(ProviderError::new(ErrorKind::Unknown, self, to, "no answer came"))
    }
    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.inner.delete(key, when).await
    }
    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.inner.probe(scratch).await
    }
}

#[test]
fn a_store_that_never_answers_a_move_ends_it_within_the_deadline_as_unfinished() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = Stage::ready(kind);
        let hung = Arc::new(Hung {
            inner: stage.bucket.clone(),
            clock: stage.clock.clone(),
            asked: AtomicUsize::new(0),
        });
        let begun = stage.clock.steady();
        let world = stage.world_on(Arc::clone(&hung) as Arc<dyn Bucket>);
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        let end = block_on(run(&world, &stage.config, request));
        let took = stage.clock.steady().saturating_sub(begun);
        let End::Failed(failure) = end else { panic!("{end:?}") };
        assert_eq!(failure.exit, ExitStatus::Unfinished, "{failure:?}");
        assert!(!failure.hints.is_empty(), "{failure:?}");
        assert!(took < DEADLINE + ANSWER, "{took:?}");
        assert_eq!(hung.asked.load(Ordering::Relaxed), 2);
        // What is told is what is so: it is open, and nothing has moved.
        assert!(stage.state("prod").open.is_some());
        assert_eq!(stage.target("prod"), Some(content('a')));
        let finished = block_on(resume(&stage.world(), &stage.config, "prod", "bob"));
        assert!(matches!(finished, End::Done(_)), "{finished:?}");
        assert_eq!(stage.target("prod"), Some(content('b')));
        assert!(stage.state("prod").open.is_none());
    }
}
