//! The store passes the suite that every store must pass, and a project keeps its releases in it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its report is printed"
)]

use own_store::{SCHEME, Vault};
use promote::conformance::{Rival, Subject, run_all};
use promote::port::StoreId;
use promote::{Ended, Promotion};
use std::path::Path;

fn id() -> StoreId {
    StoreId::Other { scheme: SCHEME.to_owned(), name: "main".to_owned() }
}

/// What is examined: the store in this folder, which any process may open.
fn subject(folder: &Path) -> Subject {
    let root = folder.to_path_buf();
    let open = move || Vault::opener(root.clone())("main").unwrap();
    let bucket = open();
    let expected = bucket.capabilities();
    Subject::new(bucket, id(), "suite/run".parse().unwrap(), expected)
        .opened_by(open)
        .raced_by("the_second_process", folder.to_str().unwrap())
}

/// The suite runs this in a process of its own, which races with it. By itself it does nothing.
#[tokio::test]
async fn the_second_process() {
    if let Some(rival) = Rival::here() {
        rival.race(&subject(Path::new(rival.place()))).await;
    }
}

#[tokio::test]
async fn it_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let report = run_all(&subject(folder.path())).await;
    println!("{report}");
    assert_eq!(report.failed, []);
    // It keeps no versions and no folders, and that is all it lacks.
    let lacks = |name: &&str| name.contains("version") || *name == "folders_are_kept_as_is_said";
    assert!(report.skipped_names().iter().all(|name| lacks(&&**name)), "{:?}", report.skipped_names());
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
