//! A store whose conditions are kept in one process only: it looks at the object, and writes without a condition, under a
//! lock that other processes don't see. The suite must find it, and nothing but the race of two processes does.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![deny(clippy::missing_trait_methods)]

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use promote_local::LocalBucket;
use promote_port::location::{Key, StoreId};
use promote_port::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Condition, ErrorKind, FenceClass, Headers,
    Metadata, Names, Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use promote_testing::conformance::{Rival, Subject, run_all};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use tokio::sync::{Mutex, MutexGuard};

/// The lock of this process, whatever handle asks.
static LOCK: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

#[derive(Debug)]
struct OneProcess(LocalBucket);

impl OneProcess {
    /// Checks the condition, and keeps the lock for the write.
    async fn admit(&self, key: &Key, when: &Precondition) -> Result<MutexGuard<'static, ()>, ProviderError> {
        let lock = LOCK.lock().await;
        let there = self.0.head(key).await?.map(|object| object.token);
        let met = match when {
            Precondition::Any => true,
            Precondition::Absent => there.is_none(),
            Precondition::Matches(token) => there.as_ref() == Some(token),
        };
        // As far away as a server is.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        if met { Ok(lock) } else { Err(ProviderError::new(ErrorKind::Conflict, self, key, "it was changed")) }
    }
}

impl fmt::Display for OneProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl BucketReader for OneProcess {
    fn capabilities(&self) -> Capabilities {
        Capabilities { fence: FenceClass::Exact, ..self.0.capabilities() }
    }

    fn config_hints(&self) -> Vec<(&'static str, String)> {
        self.0.config_hints()
    }

    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.0.now().await
    }

    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.0.head(key).await
    }

    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.0.get(key, limit).await
    }

    async fn get_with_metadata(
        &self,
        key: &Key,
        limit: usize,
    ) -> Result<Option<(Object, Bytes)>, ProviderError> {
        self.0.get_with_metadata(key, limit).await
    }

    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.0.read(key, version).await
    }

    async fn read_range(
        &self,
        from: &PinnedSource,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, ProviderError> {
        self.0.read_range(from, offset, length).await
    }

    async fn expires(&self, key: &Key) -> Result<Option<String>, ProviderError> {
        self.0.expires(key).await
    }

    async fn versioning(&self) -> Result<Option<bool>, ProviderError> {
        self.0.versioning().await
    }

    async fn tags(&self, key: &Key) -> Result<Option<usize>, ProviderError> {
        self.0.tags(key).await
    }

    async fn versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        self.0.versions(key, limit).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.0.list(prefix, after, limit).await
    }

    async fn empty_folders(&self, prefix: &str, most: usize) -> Result<Vec<Key>, ProviderError> {
        self.0.empty_folders(prefix, most).await
    }

    async fn names(&self, prefix: &str, requests: usize) -> Result<Names, ProviderError> {
        self.0.names(prefix, requests).await
    }
}

#[async_trait]
impl Bucket for OneProcess {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let _lock = self.admit(key, &condition.when).await?;
        self.0.write(key, body, headers, metadata, &Condition::on(Precondition::Any)).await
    }

    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let _lock = self.admit(to, &condition.when).await?;
        self.0.copy(from, to, metadata, &Condition::on(Precondition::Any)).await
    }

    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        let _lock = self.admit(key, when).await?;
        self.0.delete(key, &Precondition::Any).await
    }

    async fn probe(&self, _scratch: &Key) -> Result<Capabilities, ProviderError> {
        Ok(self.capabilities())
    }
}

fn subject(root: &Path) -> Subject {
    let folder = root.to_owned();
    let open = move || Arc::new(OneProcess(LocalBucket::open(&folder))) as Arc<dyn Bucket>;
    let bucket = open();
    let expected = bucket.capabilities();
    let mut subject = Subject::new(bucket, StoreId::Local, "suite/run".parse().unwrap(), expected)
        .opened_by(open)
        .raced_by("the_second_process", root.to_str().unwrap());
    subject.large = 1 << 20;
    subject
}

#[tokio::test]
async fn two_processes_find_it_out() {
    let root = tempfile::tempdir().unwrap();
    let report = run_all(&subject(root.path())).await;
    let expected = [
        "two_processes_never_create_the_same",
        "two_processes_never_replace_the_same",
        "two_processes_never_move_the_same_target",
    ];
    assert_eq!(report.failed_names(), expected, "{report}");
}

/// The suite runs this in a process of its own. By itself it does nothing.
#[tokio::test]
async fn the_second_process() {
    if let Some(rival) = Rival::here() {
        rival.race(&subject(Path::new(rival.place()))).await;
    }
}
