//! A folder passes the suite that every store must pass.

use promote_core::conformance::{Subject, run_all};
use promote_core::location::StoreId;
use promote_core::port::BucketReader;
use promote_local::LocalBucket;
use std::sync::Arc;

#[tokio::test]
async fn a_folder_conforms() {
    let root = tempfile::tempdir().unwrap();
    let bucket = LocalBucket::open(root.path());
    let expected = bucket.capabilities();
    let prefix = "suite/run".parse().unwrap();
    let mut subject = Subject::new(Arc::new(bucket), StoreId::Local, prefix, expected);
    (subject.listed, subject.page) = (1100, 1000);
    let report = run_all(&subject).await;
    println!("{report}");
    assert_eq!(report.failed, []);
    assert_eq!(report.skipped, []);
    assert_eq!(report.passed.len(), 34);
}
