//! The core's conformance suite against the project's own Google Cloud Storage. What fake-gcs-server and odd answers
//! come to is in `servers.rs` and `answers.rs`.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]
#![allow(clippy::print_stdout, reason = "what was left out, and why, must be seen")]

use promote_gcs::{GcsBucket, Limits, SignIn};
use promote_port::location::StoreId;
use promote_port::port::StoreSettings;
use promote_port::port::{Bucket, BucketReader as _, Capabilities, CopyGuard, FenceClass};
use promote_stand_ins::gcs_fake::Fake;
use promote_testing::conformance::{Rival, Subject, run_all};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many checks the suite has.
const CHECKS: usize = 42;

/// What Google can't do: it keeps no SHA-256 and no folders, and no second object is looked at with a write.
const NOT_GCS: [&str; 3] = [
    "digests_are_those_of_the_content",
    "the_fence_is_checked_with_the_write",
    "folders_are_kept_as_is_said",
];

/// What a bucket without versions can't do.
const NO_VERSIONS: [&str; 4] = [
    "old_versions_stay_readable",
    "versions_are_told",
    "old_versions_outlive_a_deletion",
    "copies_of_a_version_are_that_version",
];

fn connect(endpoint: &str, bucket: &str) -> GcsBucket {
    let settings = StoreSettings { endpoint: Some(endpoint.to_owned()), ..StoreSettings::default() };
    // The large object of the suite goes in six pieces.
    let limits = Limits { single: 1 << 20, piece: 1 << 20, ..Limits::default() };
    GcsBucket::sign_in(bucket, &settings, SignIn::Anonymous).with_limits(limits)
}

fn expected(versioned: bool) -> Capabilities {
    Capabilities {
        create: true,
        replace: true,
        copy: CopyGuard::ConditionalCopy,
        source_pin: true,
        versioned,
        stamps: true,
        tokens_tell: true,
        folders: false,
        trusted_answers: true,
        fence: FenceClass::Exact,
        expiry_s: 0,
        allowance_s: 0,
        put_limit: 5 << 40,
        write_limit: Some(5 << 40),
        notes: Vec::new(),
    }
}

fn subject(endpoint: &str, bucket: &str, versioned: bool) -> Subject {
    let place = format!("{endpoint} {bucket} {versioned}");
    let (url, name) = (endpoint.to_owned(), bucket.to_owned());
    let open = move || Arc::new(connect(&url, &name)) as Arc<dyn Bucket>;
    let store = StoreId::Gcs(bucket.to_owned());
    let mut subject = Subject::new(open(), store, "suite/run".parse().unwrap(), expected(versioned))
        .opened_by(open)
        .raced_by("the_second_process", place);
    (subject.listed, subject.page) = (120, 50);
    subject
}

/// The suite runs this in a process of its own. By itself it does nothing.
#[tokio::test]
async fn the_second_process() {
    let Some(rival) = Rival::here() else { return };
    let [endpoint, bucket, versioned] = rival.place().split(' ').collect::<Vec<_>>().try_into().unwrap();
    rival.race(&subject(endpoint, bucket, versioned == "true")).await;
}

async fn examine(title: &str, fake: &Fake, bucket: &str, versioned: bool, skipped: &[&[&str]]) {
    fake.bucket(bucket, versioned);
    let store = connect(&fake.endpoint, bucket);
    let found = store.probe(&"probe".parse().unwrap()).await.unwrap();
    assert_eq!(found, expected(versioned), "{title}");
    assert_eq!(store.list("", None, 10).await.unwrap().objects, [], "{title}: the probe cleans up");
    assert_eq!(fake.listing(bucket), [""; 0], "{title}: old generations, too");
    let report = run_all(&subject(&fake.endpoint, bucket, versioned)).await;
    println!("{title}\n{report}");
    let skipped: BTreeSet<&str> = skipped.concat().into_iter().collect();
    assert_eq!(report.failed, [], "{title}");
    assert_eq!(report.skipped_names().into_iter().collect::<BTreeSet<_>>(), skipped, "{title}");
    assert_eq!(report.passed.len() + skipped.len(), CHECKS, "{title}");
    assert_eq!(fake.open_uploads(), 0, "{title}: lost uploads are given up");
}

#[tokio::test]
async fn a_bucket_with_versions_conforms() {
    let fake = Fake::start().unwrap();
    examine("gcs, versioned", &fake, "acme-releases", true, &[&NOT_GCS]).await;
}

#[tokio::test]
async fn a_bucket_without_versions_conforms() {
    let fake = Fake::start().unwrap();
    examine("gcs", &fake, "acme-releases", false, &[&NOT_GCS, &NO_VERSIONS]).await;
}

#[tokio::test]
async fn a_bucket_that_copies_in_steps_conforms() {
    let fake = Fake::start().unwrap();
    fake.set(|settings| settings.rewrite_step = Some(1 << 20));
    examine("gcs, rewrites of 1 MiB a call", &fake, "acme-steps", true, &[&NOT_GCS]).await;
}
