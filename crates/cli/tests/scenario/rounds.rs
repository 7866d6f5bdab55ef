//! How many requests a command sends one after the other: every request takes a second of virtual time, and those sent
//! side by side take one second together.

use crate::stage::Stage;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use promote_core::exit::ExitStatus;
use promote_core::location::Key;
use promote_core::port::{
    Body, Bucket, BucketReader, ByteStream, Capabilities, Clock, Condition, ErrorKind, Headers, Metadata,
    Object, Page, PinnedSource, Precondition, ProviderError, VersionId,
};
use promote_testing::decorator::{Fault, FaultPlan};
use promote_testing::memory::{MemoryBucket, VirtualClock};
use std::fmt;
use std::time::Duration;

/// A bucket a second away.
#[derive(Debug)]
pub(crate) struct Far(pub(crate) MemoryBucket, pub(crate) VirtualClock);

impl Far {
    async fn trip(&self) {
        self.1.sleep(Duration::from_secs(1)).await;
    }
}

impl fmt::Display for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl BucketReader for Far {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    /// Known from the last answer.
    async fn now(&self) -> Result<DateTime<Utc>, ProviderError> {
        self.0.now().await
    }
    async fn head(&self, key: &Key) -> Result<Option<Object>, ProviderError> {
        self.trip().await;
        self.0.head(key).await
    }
    async fn get(&self, key: &Key, limit: usize) -> Result<Option<(Object, bytes::Bytes)>, ProviderError> {
        self.trip().await;
        self.0.get(key, limit).await
    }
    async fn read(&self, key: &Key, version: Option<&VersionId>) -> Result<ByteStream, ProviderError> {
        self.trip().await;
        self.0.read(key, version).await
    }
    async fn list(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, ProviderError> {
        self.trip().await;
        self.0.list(prefix, after, limit).await
    }
}

#[async_trait]
impl Bucket for Far {
    async fn write(
        &self,
        key: &Key,
        body: Body,
        headers: &Headers,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.trip().await;
        self.0.write(key, body, headers, metadata, condition).await
    }
    async fn copy(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        self.trip().await;
        self.0.copy(from, to, metadata, condition).await
    }
    async fn delete(&self, key: &Key, when: &Precondition) -> Result<(), ProviderError> {
        self.trip().await;
        self.0.delete(key, when).await
    }
    async fn probe(&self, scratch: &Key) -> Result<Capabilities, ProviderError> {
        self.0.probe(scratch).await
    }
}

/// Seconds of virtual time that a command takes.
fn rounds(stage: &Stage, line: &str) -> i64 {
    stage.outside.far.store(true, std::sync::atomic::Ordering::SeqCst);
    let before = stage.outside.clock.now();
    stage.run(line);
    stage.outside.far.store(false, std::sync::atomic::Ordering::SeqCst);
    (stage.outside.clock.now() - before).num_seconds()
}

#[test]
fn a_status_takes_two_rounds_however_many_environments_there_are() {
    let stage = Stage::ready();
    assert_eq!(rounds(&stage, "promote status"), 2);
    assert_eq!(rounds(&stage, "promote status prod"), 2);
}

#[test]
fn looking_stays_within_its_rounds() {
    let stage = Stage::ready();
    let found: Vec<i64> =
        ["promote plan prod", "promote plan prod bbbb", "promote diff uat prod", "promote verify uat prod"]
            .iter()
            .map(|line| rounds(&stage, line))
            .collect();
    assert_eq!(found, [3, 2, 2, 3]);
}

#[test]
fn a_store_that_does_not_answer_is_asked_once() {
    for line in ["promote check --online", "promote doctor"] {
        let mut stage = Stage::ready();
        let lost = |plan: FaultPlan, n| plan.with(n, Fault::RequestLost(ErrorKind::Unavailable));
        let faults = (1..=50).fold(FaultPlan::new(), lost);
        stage.outside.faults = faults.clone();
        let (status, out, err) = stage.run(line);
        assert_eq!(status, ExitStatus::Failed, "{line}: {out}{err}");
        assert!(out.contains("did not answer"), "{line}: {out}{err}");
        assert_eq!(faults.calls(), 1, "{line}: {out}{err}");
    }
}
