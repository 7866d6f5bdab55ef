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
use promote_port::port::{Bucket, BucketReader};
use promote_testing::conformance::{Rival, Subject, run_all};
use stage::{BRANCH, Stage};
use std::path::Path;
use std::sync::Arc;

/// What a branch does not do, by the names of the checks.
const LEFT_OUT: [&str; 15] = [
    "parts_are_those_of_the_pinned_object",
    "old_versions_stay_readable",
    "versions_are_told",
    "old_versions_outlive_a_deletion",
    "digests_are_those_of_the_content",
    "metadata_and_headers_come_back",
    "tokens_never_come_back",
    "the_fence_is_checked_with_the_write",
    "copies_need_the_pinned_source",
    "copies_of_a_version_are_that_version",
    "copies_keep_to_their_condition",
    "copies_onto_themselves_change_metadata",
    "folders_are_kept_as_is_said",
    "one_of_many_copies_wins",
    "two_processes_never_move_the_same_target",
];

/// The branch as two clones have it, of which a further handle and the second process use the other one.
fn subject(clone: &Path, other: &Path) -> Subject {
    let (bucket, again) = (GitBucket::open(clone, BRANCH, None), other.to_owned());
    let expected = bucket.capabilities();
    let store = StoreId::Git(BRANCH.to_owned());
    let mut subject = Subject::new(Arc::new(bucket), store, "suite/run".parse().unwrap(), expected)
        .opened_by(move || Arc::new(GitBucket::open(&again, BRANCH, None)) as Arc<dyn Bucket>)
        .raced_by("the_second_process", other.to_str().unwrap());
    (subject.found_stays, subject.rounds) = (true, 6);
    subject
}

/// The suite runs this in a process of its own. By itself it does nothing.
#[tokio::test]
async fn the_second_process() {
    if let Some(rival) = Rival::here() {
        let clone = Path::new(rival.place());
        rival.race(&subject(clone, clone)).await;
    }
}

async fn conforms(subject: &Subject) {
    let report = run_all(subject).await;
    println!("{report}");
    assert_eq!(report.failed, []);
    assert_eq!(report.skipped_names(), LEFT_OUT);
    assert_eq!(report.passed.len(), 27);
}

#[tokio::test]
async fn a_branch_at_a_remote_conforms() {
    let stage = Stage::new();
    conforms(&subject(&stage.clone("one"), &stage.clone("other"))).await;
}

#[tokio::test]
async fn a_branch_without_a_remote_conforms() {
    let stage = Stage::new();
    let alone = stage.alone("alone");
    conforms(&subject(&alone, &alone)).await;
}
