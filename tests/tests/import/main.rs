//! A project that was promoted by hand begins with `promote`: the versions of its targets on a real S3 server become its
//! history, and so do tags at a registry and folders that say what they hold.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod folders;
mod images;

use promote_tests::bucket::{self, s3api};
use promote_tests::gcs_fake::Fake;
use promote_tests::project::{Project, s3_file, store_file};
use promote_tests::server::Server;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// What was left out of an environment, each with its reason.
fn left_out(plan: &Value, environment: usize) -> Vec<String> {
    let left = plan["environments"][environment]["left_out"].as_array().unwrap();
    left.iter()
        .map(|one| format!("{}: {}", one["what"].as_str().unwrap(), one["why"].as_str().unwrap()))
        .collect()
}

/// Since when each release was in an environment.
fn entries(plan: &Value, environment: usize) -> Vec<(Option<String>, String)> {
    let entries = plan["environments"][environment]["entries"].as_array().unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    entries
        .iter()
        .map(|one| (text(&one["since"]), text(&one["sha"]).unwrap_or_else(|| "unknown".to_owned())))
        .collect()
}

#[test]
fn hand_copied_objects_on_google_cloud_storage_are_matched() {
    let fake = Fake::start().unwrap();
    fake.bucket("acme-shop", true);
    let project = Project::new(PROGRAM).unwrap();
    project.write("promote.toml", store_file("gs", "acme-shop", &fake.endpoint)).unwrap();
    let client = |arguments: &[&str]| {
        promote_tests::client::python(
            &[include_str!("../../src/gcs_client.py"), &fake.endpoint],
            arguments,
            &Default::default(),
        )
        .unwrap();
    };
    let commits: Vec<String> = ["one", "two"]
        .iter()
        .map(|text| {
            let commit = project.commit("app.txt", &format!("{text}\n"), &format!("feat: {text}")).unwrap();
            client(&["put", "acme-shop", &format!("shop/{commit}.zip"), &format!("build {text}")]);
            commit
        })
        .collect();
    let source = |at: usize| format!("shop/{}.zip", commits[at]);
    client(&["copy", "acme-shop", &source(0), "shop/prod.zip"]);
    client(&["copy", "acme-shop", &source(1), "shop/prod.zip"]);
    // Uploaded once more by hand: other metadata, another generation, the same bytes.
    client(&["put", "acme-shop", "shop/uat.zip", "build one"]);
    let plan = project.document(&["import", "--dry-run"]).unwrap();
    let shas = |environment: usize| -> Vec<String> {
        entries(&plan, environment).into_iter().map(|(_, sha)| sha).collect()
    };
    assert_eq!((shas(1), shas(2)), (vec![commits[0].clone()], commits.clone()), "{plan}");
    project.done(&["import", "--yes"]).unwrap();
    project.done(&["verify", "uat", "prod"]).unwrap();
}

#[test]
fn versions_on_seaweedfs_become_a_history() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let mut project = Project::new(PROGRAM).unwrap();
    project.variables = bucket::sign_in(&server);
    project.write("promote.toml", s3_file(&server, &bucket)).unwrap();
    let commits: Vec<String> = ["one", "two"]
        .iter()
        .map(|text| project.commit("app.txt", &format!("{text}\n"), &format!("feat: {text}")).unwrap())
        .collect();
    let put = |key: &str, content: &str| {
        project.write("body", content).unwrap();
        let body = project.folder().join("body");
        let body = body.to_str().unwrap();
        s3api(&server, &["put-object", "--bucket", &bucket, "--key", key, "--body", body]).unwrap();
        // Versions are told apart by whole seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    };
    let copy = |from: &str, to: &str| {
        let source = format!("{bucket}/{from}");
        s3api(&server, &["copy-object", "--bucket", &bucket, "--key", to, "--copy-source", &source]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1100));
    };
    for (commit, content) in commits.iter().zip(["the first build", "the second build"]) {
        put(&format!("shop/{commit}.zip"), content);
    }
    copy(&format!("shop/{}.zip", commits[0]), "shop/prod.zip");
    put("shop/prod.zip", "a hot fix");
    copy(&format!("shop/{}.zip", commits[1]), "shop/prod.zip");
    // Another key that begins alike, and a target that was removed in between.
    put("shop/prod.zip.bak", "not meant");
    copy(&format!("shop/{}.zip", commits[0]), "shop/uat.zip");
    s3api(&server, &["delete-object", "--bucket", &bucket, "--key", "shop/uat.zip"]).unwrap();
    copy(&format!("shop/{}.zip", commits[1]), "shop/uat.zip");

    let plan = project.document(&["import", "--dry-run"]).unwrap();
    assert_eq!(plan["entries"], 4, "{plan}");
    let told = |n: usize| -> Vec<String> {
        let entries = plan["environments"][n]["entries"].as_array().unwrap();
        entries.iter().map(|one| one["sha"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((told(0), told(1), told(2)), (vec![], commits.clone(), commits.clone()), "{plan}");
    let left = plan["environments"][2]["left_out"].as_array().unwrap();
    assert_eq!(left.len(), 1, "the hot fix: {plan}");
    project.done(&["import", "--yes"]).unwrap();

    let status = project.document(&["status"]).unwrap();
    let running: Vec<Option<&str>> = status["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.pointer("/running/sha").and_then(Value::as_str))
        .collect();
    let second = Some(commits[1].as_str());
    assert_eq!(running, [None, second, second], "{status}");
    project.done(&["verify", "uat", "prod"]).unwrap();
    project.done(&["verify", "--ledger"]).unwrap();
    // What was imported was verified by nobody: a person may go back to it, on record, and nobody else.
    let back = ["rollback", "prod", "--to", &commits[0], "--yes", "--reason", "502"];
    let refused = project.run(&back).unwrap();
    assert_eq!(refused.code, Some(3), "{refused:?}");
    let back = project.done(&[&back[..], &["--override", "from"]].concat()).unwrap();
    assert!(back.contains(&commits[0][..7]), "{back}");
    let status = project.document(&["status", "prod"]).unwrap();
    assert_eq!(status.pointer("/environments/0/running/sha"), Some(&commits[0].as_str().into()), "{status}");
}
