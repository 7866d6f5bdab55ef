//! The core's suite for stores, with manifests for objects and tags for keys, against real registries and a Quay of
//! our own.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]
#![allow(clippy::print_stdout, reason = "what was left out, and why, must be seen")]

mod real;

use promote_port::location::StoreId;
use promote_port::port::{Bucket, BucketReader as _};
use promote_stand_ins::quay_fake::QuayFake;
use promote_testing::conformance::{Subject, run_all};
use real::{Registry, fresh};
use std::sync::Arc;

/// How many checks the suite has.
const CHECKS: usize = 42;

/// What no registry can do: conditions that it checks itself, versions, metadata, objects that are no manifests.
const NO_REGISTRY: [&str; 20] = [
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

/// The path of a repository on its host.
fn bucket_path(bucket: &promote_quay::RegistryBucket) -> String {
    bucket.to_string().split_once('/').unwrap().1.to_owned()
}

async fn examine(title: &str, registry: Registry, deletes: bool) {
    let path = format!("{}/app", fresh());
    let bucket = registry.bucket(&path);
    // A repository is made by its first push.
    real::image(&registry, &format!("{}:first", bucket_path(&bucket)), "first", &["amd64"]);
    let (store, expected) = (StoreId::Image(bucket.to_string()), bucket.capabilities());
    let mut subject = Subject::new(Arc::new(bucket), store, "suite-run".parse().unwrap(), expected)
        .opened_by(move || Arc::new(registry.bucket(&path)) as Arc<dyn Bucket>)
        .of_manifests(deletes);
    // More than one of Quay's pages.
    (subject.listed, subject.page) = (120, 50);
    let report = run_all(&subject).await;
    println!("{title}\n{report}");
    let mut skipped = NO_REGISTRY.to_vec();
    if !deletes {
        skipped.push("delete_needs_the_token");
    }
    let mut found = report.skipped_names();
    found.sort_unstable();
    skipped.sort_unstable();
    assert_eq!(report.failed, [], "{title}");
    assert_eq!(found, skipped, "{title}");
    assert_eq!(report.passed.len() + skipped.len(), CHECKS, "{title}");
}

#[tokio::test]
async fn docker_registry_conforms() {
    examine("docker-registry", Registry::start("docker-registry"), false).await;
}

#[tokio::test]
async fn docker_registry_with_tokens_conforms() {
    examine("docker-registry-token", Registry::start("docker-registry-token"), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quay_conforms() {
    let quay = QuayFake::start().unwrap();
    examine("quay fake", Registry::of(&quay), true).await;
}
