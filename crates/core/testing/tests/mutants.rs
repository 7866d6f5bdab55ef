//! Stores that are wrong in one way that is easily made, each of which one check must find. What is kept in one process only
//! is tried on a store that two processes share: see `promote-local`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![deny(clippy::missing_trait_methods)]

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_executor::block_on;
use promote_port::location::{Key, StoreId};
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, ErrorKind, Headers, Metadata, Names,
    Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use promote_testing::conformance::{Report, Subject, run_all};
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// Nothing, or all that is found would be the wrapper's doing.
    Nothing,
    /// A listing is `SELECT … WHERE key LIKE prefix || '%'`.
    ListsByPattern,
    /// Versions are kept and named, and `versions` is left to its default.
    TellsNoVersions,
    /// Deleting an object deletes its versions.
    DeletesVersions,
    /// What was looked at once is not looked at again.
    RemembersHeads,
    /// Folders are said to be kept, and an object keeps nothing from being below it.
    ClaimsFolders,
}

#[derive(Debug)]
struct Flawed {
    inner: MemoryBucket,
    flaw: Flaw,
    deleted: Mutex<BTreeSet<(Key, VersionId)>>,
    heads: Mutex<std::collections::BTreeMap<Key, Object>>,
}

impl Flawed {
    fn new(inner: MemoryBucket, flaw: Flaw) -> Self {
        Self { inner, flaw, deleted: Mutex::default(), heads: Mutex::default() }
    }

    fn is_deleted(&self, key: &Key, version: &VersionId) -> bool {
        self.deleted.lock().unwrap().contains(&(key.clone(), version.clone()))
    }
}

/// SQL's `LIKE` with a percent sign at the end, as SQLite has it: ASCII of any case is alike.
fn like(text: &[u8], pattern: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => true,
        (Some((b'%', rest)), _) => (0..=text.len()).any(|at| like(&text[at..], rest)),
        (Some(_), None) => false,
        (Some((wanted, pattern)), Some((found, text))) => {
            (*wanted == b'_' || wanted.eq_ignore_ascii_case(found)) && like(text, pattern)
        }
    }
}

impl fmt::Display for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Flawed {
    fn capabilities(&self) -> Capabilities {
        let folders = self.flaw == Flaw::ClaimsFolders;
        Capabilities { folders, ..self.inner.capabilities() }
    }

    fn config_hints(&self) -> Vec<(&'static str, String)> {
        self.inner.config_hints()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.inner.now().await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        if self.flaw != Flaw::RemembersHeads {
            return self.inner.head(key).await;
        }
        let known = self.heads.lock().unwrap().get(key).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let found = self.inner.head(key).await?;
        self.heads.lock().unwrap().extend(found.clone().map(|object| (key.clone(), object)));
        Ok(found)
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.inner.get(key, limit).await
    }

    async fn get_with_metadata(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.inner.get_with_metadata(key, limit).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        if version.is_some_and(|version| self.is_deleted(key, version)) {
            return Err(ProviderError::new(ErrorKind::NotFound, self, key, "there is no such version"));
        }
        self.inner.read(key, version).await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        self.inner.read_range(from, offset, length).await
    }

    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        self.inner.expires(key).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.inner.versioning().await
    }

    async fn tags(&self, key: &Key) -> Result<Option<usize>, ProviderError> {
        self.inner.tags(key).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        if self.flaw == Flaw::TellsNoVersions {
            return Ok(Vec::new());
        }
        let mut found = self.inner.versions(key, 1000).await?;
        found.retain(|object| !object.version.as_ref().is_some_and(|version| self.is_deleted(key, version)));
        found.truncate(limit);
        Ok(found)
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        if self.flaw != Flaw::ListsByPattern || !(1..=1000).contains(&limit) {
            return self.inner.list(prefix, after, limit).await;
        }
        let (mut found, mut place) = (Page::default(), after.cloned());
        loop {
            let page = self.inner.list("", place.as_ref(), 1000).await?;
            place = page.objects.last().map(|object| object.key.clone());
            found.objects.extend(page.objects);
            if !page.more {
                break;
            }
        }
        found.objects.retain(|object| like(object.key.as_str().as_bytes(), prefix.as_bytes()));
        found.more = found.objects.len() > limit;
        found.objects.truncate(limit);
        Ok(found)
    }

    async fn empty_folders(&self, prefix: &str, most: usize) -> Result<Vec<Key>, ProviderError> {
        self.inner.empty_folders(prefix, most).await
    }

    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        self.inner.names(prefix, requests).await
    }
}

#[async_trait]
impl Bucket for Flawed {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let written = self.inner.write(key, body, headers, metadata, condition).await?;
        self.heads.lock().unwrap().insert(key.clone(), written.clone());
        Ok(written)
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let written = self.inner.copy(from, to, metadata, condition).await?;
        self.heads.lock().unwrap().insert(to.clone(), written.clone());
        Ok(written)
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        let gone = match self.flaw {
            Flaw::DeletesVersions => self.inner.versions(key, 1000).await?,
            _ => Vec::new(),
        };
        self.inner.delete(key, when).await?;
        self.heads.lock().unwrap().remove(key);
        let named = |object: Object| object.version.map(|version| (key.clone(), version));
        self.deleted.lock().unwrap().extend(gone.into_iter().filter_map(named));
        Ok(())
    }

    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.inner.probe(scratch).await
    }
}

fn examine(flaw: Flaw) -> Report {
    let kind = MemoryKind::local_like();
    let inner = MemoryBucket::new("acme", kind.clone());
    let open = move || Arc::new(Flawed::new(inner.clone(), flaw)) as Arc<dyn Bucket>;
    let store = StoreId::Memory("acme".to_owned());
    let mut subject = Subject::new(open(), store, "suite/run".parse().unwrap(), kind.truth).in_memory();
    (subject.large, subject.rounds) = (1 << 20, 4);
    block_on(run_all(&subject.opened_by(open)))
}

#[test]
fn each_flaw_is_found_by_the_check_for_it() {
    let cases: [(Flaw, &[&str]); 6] = [
        (Flaw::Nothing, &[]),
        (Flaw::ListsByPattern, &["prefixes_are_taken_literally"]),
        (Flaw::TellsNoVersions, &["versions_are_told", "old_versions_outlive_a_deletion"]),
        (Flaw::DeletesVersions, &["old_versions_outlive_a_deletion"]),
        (Flaw::RemembersHeads, &["further_handles_see_what_was_written"]),
        (Flaw::ClaimsFolders, &["folders_are_kept_as_is_said"]),
    ];
    for (flaw, expected) in cases {
        let report = examine(flaw);
        assert_eq!(report.failed_names(), expected, "{flaw:?}\n{report}");
    }
}

/// Who says nothing of other handles and processes is not passed by for it.
#[test]
fn what_is_not_said_fails() {
    let kind = MemoryKind::local_like();
    let bucket = Arc::new(MemoryBucket::new("acme", kind.clone()));
    let store = StoreId::Memory("acme".to_owned());
    let report = block_on(run_all(&Subject::new(bucket, store, "suite/run".parse().unwrap(), kind.truth)));
    let expected = [
        "further_handles_see_what_was_written",
        "two_processes_never_create_the_same",
        "two_processes_never_replace_the_same",
        "two_processes_never_move_the_same_target",
    ];
    assert_eq!(report.failed_names(), expected, "{report}");
}

/// A test that does not race, or is not there, fails the store as well.
#[test]
fn a_second_process_that_says_nothing_fails() {
    let kind = MemoryKind::local_like();
    let bucket = Arc::new(MemoryBucket::new("acme", kind.clone()));
    let store = StoreId::Memory("acme".to_owned());
    let subject = Subject::new(bucket, store, "suite/run".parse().unwrap(), kind.truth);
    let subject = subject.raced_by("there_is_no_such_test", "nowhere");
    let stop = block_on(promote_testing::conformance::two_processes_never_create_the_same(&subject));
    let why = format!("{:?}", stop.unwrap_err());
    assert!(why.contains("said nothing: a test with `there_is_no_such_test`"), "{why}");
}
