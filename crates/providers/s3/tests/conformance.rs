//! The core's conformance suite against real servers. What each is found to honour is asserted in `servers.rs`;
//! here it is what the suite holds the provider to.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]
#![allow(clippy::print_stdout, reason = "what was left out, and why, must be seen")]

#[allow(dead_code, reason = "shared with `servers.rs`, which needs more of it")]
mod real;

use promote_port::location::StoreId;
use promote_port::port::{Bucket, CopyGuard};
use promote_testing::conformance::{Rival, Subject, run_all};
use real::Store;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many checks the suite has.
const CHECKS: usize = 42;

/// What S3 itself can't do, so that nothing that speaks its protocol is held to it.
const NOT_S3: [&str; 3] =
    ["tokens_never_come_back", "the_fence_is_checked_with_the_write", "folders_are_kept_as_is_said"];

/// What SeaweedFS can't do where it keeps versions: it cuts a page before it puts the names in order, so that `a/b.c`
/// comes a page before `a/b`.
const NO_ORDER: [&str; 1] = ["pages_keep_the_stores_order"];

/// What a bucket without versions can't do.
const NO_VERSIONS: [&str; 4] = [
    "old_versions_stay_readable",
    "versions_are_told",
    "old_versions_outlive_a_deletion",
    "copies_of_a_version_are_that_version",
];

/// The bucket at this place, held to what a probe finds there.
async fn subject(place: &str) -> Subject {
    let (bucket, name) = real::found(place);
    let expected = bucket.probe(&"probe".parse().unwrap()).await.unwrap();
    let at = place.to_owned();
    let mut subject =
        Subject::new(Arc::new(bucket), StoreId::S3(name), "suite/run".parse().unwrap(), expected)
            .opened_by(move || Arc::new(real::found(&at).0) as Arc<dyn Bucket>)
            .raced_by("the_second_process", place);
    subject.rounds = 12;
    subject
}

/// The suite runs this in a process of its own. By itself it does nothing.
#[tokio::test]
async fn the_second_process() {
    if let Some(rival) = Rival::here() {
        rival.race(&subject(rival.place()).await).await;
    }
}

/// Examines one bucket. `skipped` are the checks that it can't be held to.
async fn examine(title: &str, store: Store, copy: CopyGuard, skipped: &[&[&str]]) {
    let mut subject = subject(&store.place()).await;
    assert_eq!(subject.expected.copy, copy, "{title}: {:?}", subject.expected);
    let skipped: BTreeSet<&str> = skipped.concat().into_iter().collect();
    // Its folders are those of a file system, and so is its order, where it keeps no versions.
    subject.by_folder = title == "seaweedfs";
    subject.pages_keep_order = !skipped.contains(NO_ORDER[0]);
    // One more page than a listing has at most.
    (subject.listed, subject.page) = (120, 50);
    let report = run_all(&subject).await;
    println!("{title}\n{report}");
    assert_eq!(report.failed, [], "{title}");
    assert_eq!(report.skipped_names().into_iter().collect::<BTreeSet<_>>(), skipped, "{title}");
    assert_eq!(report.passed.len() + skipped.len(), CHECKS, "{title}");
}

#[tokio::test]
async fn seaweedfs_conforms() {
    let store = Store::start("seaweedfs").await;
    examine("seaweedfs", store, CopyGuard::ConditionalCopy, &[&NOT_S3, &NO_VERSIONS]).await;
}

#[tokio::test]
async fn seaweedfs_with_versions_conforms() {
    let store = Store::versioned("seaweedfs").await;
    examine("seaweedfs, versioned", store, CopyGuard::ConditionalCopy, &[&NOT_S3, &NO_ORDER]).await;
}

#[tokio::test]
async fn ministack_conforms() {
    let store = Store::versioned("ministack").await;
    examine("ministack, versioned", store, CopyGuard::ConditionalComplete, &[&NOT_S3]).await;
}

#[tokio::test]
async fn ministack_with_signatures_conforms() {
    let store = Store::start("ministack-auth").await;
    examine("ministack-auth", store, CopyGuard::ConditionalComplete, &[&NOT_S3, &NO_VERSIONS]).await;
}

#[tokio::test]
async fn moto_conforms() {
    let store = Store::versioned("moto").await;
    examine("moto, versioned", store, CopyGuard::ConditionalPut, &[&NOT_S3]).await;
}
