//! The store passes the suite that every store must pass, and a project keeps its releases in it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its report is printed"
)]

use own_store::{SCHEME, Vault};
use promote::conformance::{Subject, run_all};
use promote::port::{Body, Condition, Headers, Metadata, StoreId};
use promote::{Ended, Promotion};

fn id() -> StoreId {
    StoreId::Other { scheme: SCHEME.to_owned(), name: "main".to_owned() }
}

#[tokio::test]
async fn it_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Vault::opener(folder.path().to_path_buf())("main").unwrap();
    let expected = bucket.capabilities();
    let report = run_all(&Subject::new(bucket, id(), "suite/run".parse().unwrap(), expected)).await;
    println!("{report}");
    assert_eq!(report.failed, []);
    // It keeps no versions, and that is all it lacks.
    assert!(
        report.skipped_names().iter().all(|name| name.contains("version")),
        "{:?}",
        report.skipped_names()
    );
}

/// Two handles are as good as two processes: what they share is the folder.
#[tokio::test]
async fn of_two_who_create_the_same_object_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Vault::opener(folder.path().to_path_buf())("main").unwrap();
    let (one, other, key) = (open(), open(), "lock".parse().unwrap());
    let (headers, metadata, absent) = (Headers::default(), Metadata::new(), Condition::absent());
    let write = |text: &'static str| Body::Bytes(text.into());
    one.write(&key, write("one"), &headers, &metadata, &absent).await.unwrap();
    other.write(&key, write("other"), &headers, &metadata, &absent).await.unwrap_err();
    assert_eq!(other.get(&key, 9).await.unwrap().unwrap().1, "one");
}

#[tokio::test]
async fn a_project_keeps_its_releases_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = "project = \"shop\"\nenvironments = [\"staging\", \"prod\"]\n\
                source = \"vault://main/releases/{sha}.txt\"\ntarget = \"vault://main/deploy/{env}.txt\"\n";
    std::fs::write(folder.path().join("promote.toml"), file).unwrap();
    std::fs::write(folder.path().join("built.txt"), "the release").unwrap();
    let root = folder.path().join("vaults");
    let project = promote::open(folder.path()).scheme(SCHEME, Vault::opener(root.clone())).build().unwrap();
    let commit = "a".repeat(40);
    project.publish(&commit).path("built.txt").await.unwrap();
    let ending = project.promote(Promotion::to("prod").unwrap()).await.unwrap();
    assert_eq!(ending.ended, Ended::Moved, "{}", ending.json());
    let key = "deploy/prod.txt".parse().unwrap();
    let held = Vault::opener(root)("main").unwrap().get(&key, 99).await.unwrap().unwrap();
    assert_eq!(held.1, "the release");
}
