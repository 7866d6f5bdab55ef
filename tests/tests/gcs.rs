//! The command on Google Cloud Storage where it must not get on: a store that ignores conditions, a missing right on
//! either side, credentials that are not taken. And where it must: signed in as the usual CI action leaves it. What
//! goes well from begin to end is in `life.rs`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use promote_tests::gcs_fake::Fake;
use promote_tests::lane_project::Ran;
use promote_tests::project::{Project, store_file};
use promote_tests::server::Server;
use promote_tests::token_service::{IMPERSONATED, TokenService};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const BUCKET: &str = "acme-shop";

/// A project with one commit on this store.
fn project(endpoint: &str) -> Project {
    let project = Project::new(PROGRAM).unwrap();
    project.write("promote.toml", store_file("gs", BUCKET, endpoint)).unwrap();
    project.commit("app.txt", "one\n", "feat: begin").unwrap();
    project
}

fn refused(ran: &Ran, code: i32, says: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "`{words}`: {ran:?}");
    }
}

#[test]
fn a_server_that_ignores_conditions_can_hold_no_ledger() {
    let server = Server::start_alone("fake-gcs").unwrap();
    let made = Command::new("python3").args(["-c", MAKE_BUCKET, &server.endpoint, BUCKET]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let ran = project(&server.endpoint).run(&["publish"]).unwrap();
    refused(
        &ran,
        2,
        &[
            "`gs://acme-shop` can't hold a ledger",
            "an upload in pieces ignores `ifGenerationMatch`",
            "a copy (`rewrite`) ignores `ifGenerationMatch`",
        ],
    );
}

const MAKE_BUCKET: &str = r#"
import json, sys, urllib.request
endpoint, name = sys.argv[1:]
ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
headers = {"Content-Type": "application/json"}
ask(urllib.request.Request(endpoint + "/storage/v1/b?project=x", json.dumps({"name": name}).encode(), headers))
"#;

#[test]
fn a_missing_right_is_told_with_its_side_and_nothing_is_changed() {
    let fake = Fake::start().unwrap();
    fake.bucket(BUCKET, true);
    let project = project(&fake.endpoint);
    let commit = project.git(&["rev-parse", "HEAD"]).unwrap();
    project.done(&["publish"]).unwrap();
    project.done(&["to", "uat", "--yes"]).unwrap();
    project.done(&["to", "prod", "--yes"]).unwrap();
    project.commit("app.txt", "two\n", "feat: go on").unwrap();
    project.done(&["publish"]).unwrap();
    for (right, key) in [
        ("storage.objects.delete", "shop/uat.zip".to_owned()),
        ("storage.objects.create", "shop/uat.zip".to_owned()),
        ("storage.objects.get", format!("shop/{}.zip", project.git(&["rev-parse", "HEAD"]).unwrap())),
    ] {
        fake.set(|settings| settings.denied = [(right.to_owned(), format!("{BUCKET}/{key}"))].into());
        let before = fake.object(BUCKET, "shop/uat.zip").unwrap().generation;
        let ran = project.run(&["to", "uat", "--yes"]).unwrap();
        refused(&ran, 4, &[&format!("the right `{right}` on `gs://{BUCKET}/{key}` is missing")]);
        assert_eq!(fake.object(BUCKET, "shop/uat.zip").unwrap().generation, before);
    }
    fake.set(|settings| settings.denied.clear());
    let told = project.document(&["status", "uat"]).unwrap();
    assert_eq!(told.pointer("/environments/0/running/sha").unwrap(), commit.as_str(), "{told}");
    project.done(&["to", "uat", "--yes"]).unwrap();
}

#[test]
fn the_file_that_the_usual_ci_action_leaves_signs_in() {
    let (fake, service) = (Fake::start().unwrap(), TokenService::start().unwrap());
    fake.bucket(BUCKET, false);
    fake.set(|settings| settings.token = Some(IMPERSONATED.to_owned()));
    let mut project = project(&fake.endpoint);
    let file =
        store_file("gs", BUCKET, &fake.endpoint) + "credentials = \"$GOOGLE_APPLICATION_CREDENTIALS\"\n";
    project.write("promote.toml", file).unwrap();
    let ran = project.run(&["publish"]).unwrap();
    refused(&ran, 4, &["GOOGLE_APPLICATION_CREDENTIALS"]);
    let credentials = project.folder().join("gha-creds-1.json");
    std::fs::write(&credentials, service.by_url(true).to_string()).unwrap();
    let name = "GOOGLE_APPLICATION_CREDENTIALS".to_owned();
    project.variables.insert(name, credentials.to_string_lossy().into_owned());
    let mut said = project.done(&["publish"]).unwrap();
    said += &project.done(&["to", "uat", "--yes"]).unwrap();
    said += &project.done(&["doctor"]).unwrap();
    // A token for somebody else is a refusal, and nothing of it is shown.
    fake.set(|settings| settings.token = Some("another".to_owned()));
    let ran = project.run(&["to", "prod", "--yes"]).unwrap();
    refused(&ran, 4, &["the store does not accept the credentials"]);
    let mut wrong = service.by_url(true);
    wrong["audience"] = "//iam.googleapis.com/other".into();
    std::fs::write(&credentials, wrong.to_string()).unwrap();
    let failed = project.run(&["to", "prod", "--yes"]).unwrap();
    refused(&failed, 4, &["the credentials were not taken", "invalid_grant"]);
    let all = format!("{said}{ran:?}{failed:?}");
    assert!(!all.contains("geheim"), "{all}");
}
