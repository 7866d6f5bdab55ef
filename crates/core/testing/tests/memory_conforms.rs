//! The buckets in memory pass the suite that every store must pass, and a store that is worse than it claims does not.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its report is printed"
)]

use futures_executor::block_on;
use promote_port::location::StoreId;
use promote_port::port::{Capabilities, CopyGuard};
use promote_testing::conformance::{Report, Subject, run_all};
use promote_testing::memory::{MemoryBucket, MemoryKind, Tokens};
use std::sync::Arc;

fn examine(kind: MemoryKind, expected: Capabilities) -> Report {
    let by_folder = kind.by_parts;
    let bucket = Arc::new(MemoryBucket::new("acme", kind));
    let store = StoreId::Memory("acme".to_owned());
    let mut subject = Subject::new(bucket.clone(), store, "suite/run".parse().unwrap(), expected)
        .opened_by(move || bucket.clone())
        .in_memory();
    subject.by_folder = by_folder;
    (subject.listed, subject.page) = (1100, 1000);
    let report = block_on(run_all(&subject));
    println!("{report}");
    report
}

/// What no other process can be asked for.
const BETWEEN_PROCESSES: [&str; 3] = [
    "two_processes_never_create_the_same",
    "two_processes_never_replace_the_same",
    "two_processes_never_move_the_same_target",
];

#[test]
fn every_honest_kind_passes() {
    let cases = [
        (MemoryKind::local_like(), vec![]),
        (
            MemoryKind::gcs_like(),
            vec!["digests_are_those_of_the_content", "the_fence_is_checked_with_the_write"],
        ),
        (MemoryKind::s3_like(), vec!["tokens_never_come_back", "the_fence_is_checked_with_the_write"]),
        (MemoryKind::by_folder(), vec!["tokens_never_come_back", "the_fence_is_checked_with_the_write"]),
        (MemoryKind::unprobed(), vec!["tokens_never_come_back", "the_fence_is_checked_with_the_write"]),
        (
            MemoryKind::without_conditional_copy(CopyGuard::ConditionalPut),
            vec!["tokens_never_come_back", "the_fence_is_checked_with_the_write"],
        ),
    ];
    for (kind, skipped) in cases {
        let keeps_folders = kind.truth.folders;
        let report = examine(kind.clone(), kind.truth);
        assert_eq!(report.failed, []);
        let folders = if keeps_folders { vec![] } else { vec!["folders_are_kept_as_is_said"] };
        let skipped = [skipped, folders, BETWEEN_PROCESSES.to_vec()].concat();
        assert_eq!(report.skipped_names(), skipped);
        assert_eq!(report.passed.len() + skipped.len(), 42);
        let (_, why) = report.skipped.last().unwrap();
        assert!(why.contains("in this one's memory"), "{why}");
    }
}

/// The same suite with manifests for objects and tags for keys: what a registry is held to.
#[test]
fn a_registry_of_images_passes_by_its_own_nature() {
    let kind = MemoryKind::registry_like();
    let store = StoreId::Memory("acme".to_owned());
    let bucket = Arc::new(MemoryBucket::new("acme", kind.clone()));
    let mut subject = Subject::new(bucket.clone(), store, "suite-run".parse().unwrap(), kind.truth)
        .opened_by(move || bucket.clone())
        .of_manifests(true);
    (subject.listed, subject.page) = (120, 50);
    let report = block_on(run_all(&subject));
    println!("{report}");
    assert_eq!(report.failed, []);
    let skipped = [
        "parts_are_those_of_the_pinned_object",
        "old_versions_stay_readable",
        "versions_are_told",
        "old_versions_outlive_a_deletion",
        "create_refuses_what_exists",
        "empty_objects_are_objects",
        "metadata_and_headers_come_back",
        "replace_needs_the_token",
        "replace_of_nothing_conflicts",
        "tokens_never_come_back",
        "the_fence_is_checked_with_the_write",
        "copies_of_a_version_are_that_version",
        "copies_onto_themselves_change_metadata",
        "folders_are_kept_as_is_said",
        "one_of_many_creators_wins",
        "one_of_many_replacers_wins",
        "one_of_many_copies_wins",
        "two_processes_never_create_the_same",
        "two_processes_never_replace_the_same",
        "two_processes_never_move_the_same_target",
    ];
    assert_eq!(report.skipped_names(), skipped);
    assert_eq!(report.passed.len() + skipped.len(), 42);
}

#[test]
fn what_a_store_lacks_is_skipped_and_counted() {
    let kind = MemoryKind::ignoring_conditions();
    let report = examine(kind.clone(), kind.truth);
    assert_eq!(report.failed_names(), ["delete_needs_the_token"], "it ignores the condition without a word");
    assert_eq!(report.skipped.len(), 19);
}

/// Each ability that is claimed and not there must be found out by name.
#[test]
fn overdone_claims_are_found_out() {
    let honest = MemoryKind::local_like();
    let broken = |change: fn(&mut MemoryKind)| {
        let mut kind = honest.clone();
        change(&mut kind);
        examine(kind, honest.truth.clone()).failed_names()
    };
    type Case = (fn(&mut MemoryKind), &'static [&'static str]);
    let cases: [Case; 6] = [
        (|kind| kind.truth.create = false, &["create_refuses_what_exists", "one_of_many_creators_wins"]),
        (|kind| kind.truth.replace = false, &["replace_needs_the_token", "one_of_many_replacers_wins"]),
        (
            |kind| kind.truth.copy = CopyGuard::None,
            &["copies_keep_to_their_condition", "one_of_many_copies_wins"],
        ),
        (|kind| kind.truth.source_pin = false, &["copies_need_the_pinned_source"]),
        (|kind| kind.truth.versioned = false, &["old_versions_stay_readable"]),
        (|kind| kind.tokens = Tokens::Content, &["tokens_never_come_back"]),
    ];
    for (change, expected) in cases {
        let failed = broken(change);
        for check in expected {
            assert!(failed.contains(check), "{check} passed; failed: {failed:?}");
        }
    }
    let fence = broken(|kind| kind.truth.fence = promote_port::port::FenceClass::Exact);
    assert_eq!(fence, ["the_fence_is_checked_with_the_write", "probing_finds_what_is_claimed"]);
}
