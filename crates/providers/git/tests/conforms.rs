//! A branch passes the suite that every store must pass, as far as a ledger needs it: with a remote, and in a
//! repository of its own.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it counted"
)]

mod stage;

use promote_git::GitBucket;
use promote_port::location::StoreId;
use promote_port::port::BucketReader;
use promote_testing::conformance::{Subject, run_all};
use stage::Stage;
use std::sync::Arc;

/// What a branch does not do, by the names of the checks.
const LEFT_OUT: [&str; 11] = [
    "parts_are_those_of_the_pinned_object",
    "old_versions_stay_readable",
    "digests_are_those_of_the_content",
    "metadata_and_headers_come_back",
    "tokens_never_come_back",
    "the_fence_is_checked_with_the_write",
    "copies_need_the_pinned_source",
    "copies_of_a_version_are_that_version",
    "copies_keep_to_their_condition",
    "copies_onto_themselves_change_metadata",
    "one_of_many_copies_wins",
];

async fn conforms(bucket: GitBucket) {
    let expected = bucket.capabilities();
    let bucket = Arc::new(bucket);
    let prefix = "suite/run".parse().unwrap();
    let store = StoreId::Git("promote-ledger".to_owned());
    let report = run_all(&Subject::new(bucket, store, prefix, expected)).await;
    println!("{report}");
    assert_eq!(report.failed, []);
    assert_eq!(report.skipped_names(), LEFT_OUT);
    assert_eq!(report.passed.len(), 23);
}

#[tokio::test]
async fn a_branch_at_a_remote_conforms() {
    let stage = Stage::new();
    conforms(stage.bucket(&stage.clone("one"))).await;
}

#[tokio::test]
async fn a_branch_without_a_remote_conforms() {
    let stage = Stage::new();
    conforms(stage.bucket(&stage.alone("alone"))).await;
}
