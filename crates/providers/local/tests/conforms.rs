//! A folder passes the suite that every store must pass.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it counted"
)]

use promote_local::LocalBucket;
use promote_port::location::StoreId;
use promote_port::port::{Bucket, BucketReader};
use promote_testing::conformance::{Rival, Subject, run_all};
use std::path::Path;
use std::sync::Arc;

fn subject(root: &Path) -> Subject {
    let (bucket, folder) = (LocalBucket::open(root), root.to_owned());
    let expected = bucket.capabilities();
    let prefix = "suite/run".parse().unwrap();
    Subject::new(Arc::new(bucket), StoreId::Local, prefix, expected)
        .opened_by(move || Arc::new(LocalBucket::open(&folder)) as Arc<dyn Bucket>)
        .raced_by("the_second_process", root.to_str().unwrap())
}

#[tokio::test]
async fn a_folder_conforms() {
    let root = tempfile::tempdir().unwrap();
    let mut subject = subject(root.path());
    (subject.listed, subject.page) = (1100, 1000);
    let report = run_all(&subject).await;
    println!("{report}");
    assert_eq!(report.failed, []);
    assert_eq!(report.skipped, []);
    assert_eq!(report.passed.len(), 42);
}

/// The suite runs this in a process of its own. By itself it does nothing.
#[tokio::test]
async fn the_second_process() {
    if let Some(rival) = Rival::here() {
        rival.race(&subject(Path::new(rival.place()))).await;
    }
}
