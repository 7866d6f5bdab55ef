//! Whatever a writer asks for, and however often: it gets the published bytes or an error.

use super::*;
use crate::port::{ByteStream, Capabilities, Page, Token, VersionId};
use chrono::{DateTime, Utc};
use futures_executor::block_on;
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const SIZE: usize = 20 << 20;

/// A store that can pin nothing, in which somebody writes meanwhile.
#[derive(Debug)]
struct Shifting {
    inner: MemoryBucket,
    content: [Bytes; 2],
    shifted: AtomicBool,
    reads: AtomicUsize,
}

impl fmt::Display for Shifting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

fn content(shift: usize) -> Bytes {
    let block = |n: usize| [u8::try_from((n + shift) % 251).unwrap_or_default(); 1 << 10];
    (0..SIZE >> 10).flat_map(block).collect::<Vec<u8>>().into()
}

#[async_trait]
impl BucketReader for Shifting {
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
    async fn read_range(&self, _: &PinnedSource, offset: u64, length: u64) -> Result<Bytes, ProviderError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let [first, second] = &self.content;
        let now = if self.shifted.load(Ordering::Relaxed) { second } else { first };
        Ok(part(now, offset, length))
    }
    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.inner.list(prefix, after, limit).await
    }
}

/// Lets a move end, or not; counts how often it is asked.
struct Word(AtomicBool, AtomicUsize);

#[async_trait]
impl LastWord for Word {
    async fn may_end(&self, _: u64) -> Result<(), ProviderError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        match self.0.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(ProviderError::new(ErrorKind::Conflict, "prod", "", "it was taken over")),
        }
    }
}

fn shifting() -> (Shifting, PinnedSource) {
    let content = [content(0), content(1)];
    let inner = MemoryBucket::new("m", MemoryKind::gcs_like());
    let location = Location { store: inner.store().clone(), key: "a".parse().unwrap() };
    let pinned = PinnedSource {
        location,
        token: Token("1".to_owned()),
        version: None,
        sha256: Digest::of(&content[0]),
        size: SIZE as u64,
        headers: Headers::default(),
    };
    (Shifting { inner, content, shifted: AtomicBool::new(false), reads: AtomicUsize::new(0) }, pinned)
}

fn source<'a>(from: &'a Shifting, pinned: &'a PinnedSource, last: &'a Word) -> Source<'a> {
    let (hasher, held) = (Hasher::new(), (0, Bytes::new()));
    Source { from, pinned, last, hasher, hashed: 0, known: Vec::new(), held, failed: None }
}

/// Stretches as writers ask for them: one after the other, the same again, across the ends of others, and backwards.
const ASKED: [&[(u64, u64)]; 4] = [
    &[(0, 8 << 20), (8 << 20, 8 << 20), (16 << 20, 4 << 20), (0, 8 << 20)],
    &[(0, 1 << 20), (1 << 20, 8 << 20), (0, 1 << 20), (3 << 20, 17 << 20)],
    &[(5 << 20, 1 << 20), (0, 1), (4 << 20, 9 << 20), (0, 20 << 20)],
    &[(19 << 20, 1 << 20), (0, 8 << 20), (7 << 20, 2 << 20)],
];

#[test]
fn whatever_is_asked_for_again_is_the_same() {
    let all = content(0);
    for asked in ASKED {
        let ((from, pinned), word) = (shifting(), Word(true.into(), 0.into()));
        let mut source = source(&from, &pinned, &word);
        for (offset, length) in asked {
            let got = block_on(source.stretch(*offset, *length)).unwrap();
            assert_eq!(got, part(&all, *offset, *length), "{asked:?} at {offset}");
        }
    }
}

#[test]
fn other_bytes_are_refused_when_a_stretch_is_read_again() {
    for asked in ASKED {
        let ((from, pinned), word) = (shifting(), Word(true.into(), 0.into()));
        let mut source = source(&from, &pinned, &word);
        let (offset, length) = asked[0];
        block_on(source.stretch(offset, length)).unwrap();
        from.shifted.store(true, Ordering::Relaxed);
        // What is held need not be read again.
        source.held = (0, Bytes::new());
        let before = from.reads.load(Ordering::Relaxed);
        let error = block_on(source.stretch(offset, length)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Corrupt, "{asked:?}: {error}");
        assert!(from.reads.load(Ordering::Relaxed) > before);
    }
}

#[test]
fn the_last_bytes_are_handed_out_only_when_the_move_may_end() {
    let ((from, pinned), word) = (shifting(), Word(true.into(), 0.into()));
    let mut source = source(&from, &pinned, &word);
    block_on(source.stretch(0, 8 << 20)).unwrap();
    assert_eq!(word.1.load(Ordering::Relaxed), 0);
    block_on(source.stretch(16 << 20, 4 << 20)).unwrap();
    assert_eq!(word.1.load(Ordering::Relaxed), 1);
    word.0.store(false, Ordering::Relaxed);
    assert_eq!(block_on(source.stretch(19 << 20, 1 << 20)).unwrap_err().kind, ErrorKind::Conflict);
    block_on(source.stretch(0, 8 << 20)).unwrap();
}

#[test]
fn a_store_copies_from_its_own_kind_and_of_a_programs_own_from_itself() {
    let s3 = |name: &str| StoreId::S3(name.to_owned());
    let gcs = |name: &str| StoreId::Gcs(name.to_owned());
    let image = |name: &str| StoreId::Image(name.to_owned());
    let other = |name: &str| StoreId::Other { scheme: "vault".to_owned(), name: name.to_owned() };
    for (from, to, copied) in [
        (s3("a"), s3("b"), true),
        (gcs("a"), gcs("b"), true),
        (StoreId::Local, StoreId::Local, true),
        (image("quay.io/acme/a"), image("quay.io/acme/b"), true),
        (s3("a"), gcs("a"), false),
        (StoreId::Local, s3("a"), false),
        (other("a"), other("a"), true),
        (other("a"), other("b"), false),
    ] {
        assert_eq!(copies(&from, &to), copied, "{from} to {to}");
    }
}
