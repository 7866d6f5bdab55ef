//! A folder passes the suite that every store must pass.

use promote_local::LocalBucket;
use promote_port::location::StoreId;
use promote_port::port::BucketReader;
use promote_testing::conformance::{Subject, run_all};
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
