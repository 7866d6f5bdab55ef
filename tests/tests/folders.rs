//! Folders with the command itself: published, brought into environments in place, brought up to date, taken back and
//! verified; in the local folder, on an S3 server, and from the one to the other. Killed on the way, they are finished.
//! What lies there is read back by plain file reading, or by a client that knows nothing of this project.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what was counted is to be read by a person")]

use promote_tests::bucket;
use promote_tests::client::python;
use promote_tests::gcs_fake::Fake;
use promote_tests::project::Project;
use promote_tests::server::Server;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const KILLED: &str = env!("CARGO_BIN_EXE_promote-killed");

/// Files by path.
type Files = BTreeMap<String, String>;

/// Every object below a prefix, with its content and what is written beside it, by boto3.
const READ: &str = r#"
import boto3, json, sys
endpoint, bucket, prefix = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint)
found = {}
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
    for entry in page.get("Contents", []):
        got = s3.get_object(Bucket=bucket, Key=entry["Key"])
        found[entry["Key"][len(prefix):]] = {
            "text": got["Body"].read().decode(), "type": got["ContentType"], "metadata": got["Metadata"],
        }
print(json.dumps(found))
"#;

/// Writes an object as a person with plain tools does.
const WRITE: &str = r#"
import boto3, sys
endpoint, bucket, key, text = sys.argv[1:]
boto3.client("s3", endpoint_url=endpoint).put_object(Bucket=bucket, Key=key, Body=text.encode())
"#;

/// The same from the JSON API of Google Cloud Storage, by nothing but Python's own library.
const READ_GCS: &str = r#"
import json, sys, urllib.parse, urllib.request
endpoint, bucket, prefix = sys.argv[1:]
base = f"{endpoint}/storage/v1/b/{bucket}/o"
found, page = {}, ""
while page is not None:
    query = urllib.parse.urlencode({"prefix": prefix, "pageToken": page})
    answer = json.load(urllib.request.urlopen(f"{base}?{query}"))
    for entry in answer.get("items", []):
        text = urllib.request.urlopen(f"{base}/{urllib.parse.quote(entry['name'], safe='')}?alt=media").read().decode()
        found[entry["name"][len(prefix):]] = {
            "text": text, "type": entry["contentType"], "metadata": entry.get("metadata", {}),
        }
    page = answer.get("nextPageToken")
print(json.dumps(found))
"#;

const WRITE_GCS: &str = r#"
import sys, urllib.parse, urllib.request
endpoint, bucket, key, text = sys.argv[1:]
place = f"{endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={urllib.parse.quote(key, safe='')}"
urllib.request.urlopen(urllib.request.Request(place, data=text.encode(), method="POST")).read()
"#;

/// Where the environments' folders lie, and how to look at them.
enum Place<'a> {
    Local,
    S3 { server: &'a Server, bucket: String },
    Gcs { endpoint: &'a str, bucket: String },
}

impl Place<'_> {
    fn prefix(&self) -> String {
        match self {
            Place::Local => String::new(),
            Place::S3 { bucket, .. } => format!("s3://{bucket}/"),
            Place::Gcs { bucket, .. } => format!("gs://{bucket}/"),
        }
    }

    /// The files of a folder but its manifest, and the manifest.
    fn look(&self, project: &Project, prefix: &str) -> (Files, Value) {
        let mut files = match self {
            Place::Local => {
                let mut found = Files::new();
                collect(&project.folder().join(prefix), "", &mut found);
                found
            }
            Place::S3 { .. } | Place::Gcs { .. } => self
                .objects(prefix)
                .as_object()
                .unwrap()
                .iter()
                .map(|(path, object)| (path.clone(), object["text"].as_str().unwrap().to_owned()))
                .collect(),
        };
        let manifest =
            files.remove(".promote-folder.json").unwrap_or_else(|| panic!("{prefix} has no manifest"));
        (files, serde_json::from_str(&manifest).unwrap())
    }

    fn objects(&self, prefix: &str) -> Value {
        let said = match self {
            Place::Local => panic!("it is no bucket"),
            Place::S3 { server, bucket } => {
                python(&[READ, &server.endpoint], &[bucket, prefix], &bucket::sign_in(server))
            }
            Place::Gcs { endpoint, bucket } => {
                python(&[READ_GCS, endpoint], &[bucket, prefix], &Files::new())
            }
        };
        let said = said.unwrap();
        serde_json::from_str(&said).unwrap()
    }

    /// Somebody writes a file by hand.
    fn write(&self, project: &Project, path: &str, text: &str) {
        match self {
            Place::Local => {
                let path = project.folder().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Place::S3 { server, bucket } => {
                python(&[WRITE, &server.endpoint], &[bucket, path, text], &bucket::sign_in(server)).unwrap();
            }
            Place::Gcs { endpoint, bucket } => {
                python(&[WRITE_GCS, endpoint], &[bucket, path, text], &Files::new()).unwrap();
            }
        }
    }
}

fn collect(folder: &Path, path: &str, found: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{path}{}", entry.file_name().to_string_lossy());
        if entry.metadata().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn files(pairs: &[(&str, &str)]) -> Files {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// A project whose releases lie below `source` and whose environments lie in `place`.
fn project(program: &str, source: &str, place: &Place<'_>) -> Project {
    let mut project = Project::new(program).unwrap();
    let target = place.prefix();
    let mut file = format!(
        "project = \"dags\"\nenvironments = [\"staging\", \"prod\"]\n\n[artifact.dags]\nsource = \"{source}dags/{{sha}}/\"\n\
         target = \"{target}live/{{env}}/\"\nprune = true\n"
    );
    if let Place::S3 { server, bucket } = place {
        let endpoint = &server.endpoint;
        file.push_str(&format!(
            "\n[store.{bucket}]\nendpoint = \"{endpoint}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n"
        ));
        project.variables = bucket::sign_in(server);
    }
    if let Place::Gcs { endpoint, .. } = place {
        project.variables.insert("STORAGE_EMULATOR_HOST".to_owned(), (*endpoint).to_owned());
    }
    project.write("promote.toml", file).unwrap();
    project
}

/// Publishes these files as the release of a new commit, which the first environment takes.
fn publish(project: &Project, name: &str, files: &Files) -> String {
    let commit = project.commit("release.txt", &format!("{name}\n"), &format!("feat: {name}")).unwrap();
    let folder = project.folder().join("build").join(name);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    project.done(&["publish", &format!("build/{name}"), "--yes"]).unwrap();
    commit
}

fn one() -> Files {
    files(&[
        ("etl/daily.py", "one"),
        ("etl/gone.py", "x"),
        ("etl/same.py", "same"),
        ("README.md", "# dags"),
        ("way", "a file"),
    ])
}

fn two() -> Files {
    files(&[
        ("etl/daily.py", "two"),
        ("etl/new.py", "n"),
        ("etl/same.py", "same"),
        ("README.md", "# dags"),
        ("way/in.py", "a folder"),
    ])
}

/// A life: two releases, a hand in between, back again.
fn life(source: &str, place: &Place<'_>) -> Project {
    let project = project(PROGRAM, source, place);
    let first = publish(&project, "one", &one());
    project.done(&["to", "prod", &first, "--yes"]).unwrap();
    let (found, manifest) = place.look(&project, "live/prod/");
    assert_eq!(found, one());
    assert_eq!(manifest["schema"], "promote/folder@1");
    assert_eq!(manifest["files"].as_array().unwrap().len(), 5);
    let tokens = |manifest: &Value| {
        let files = manifest["files"].as_array().unwrap().iter();
        files.map(|file| (file["path"].to_string(), file["token"].clone())).collect::<BTreeMap<_, _>>()
    };

    place.write(&project, "live/prod/stray.py", "by hand");
    place.write(&project, "live/prod/README.md", "by hand");
    let ran = project.run(&["verify", "prod"]).unwrap();
    assert!(ran.code != Some(0), "{ran:?}");
    assert!(ran.out.contains("stray.py") && ran.out.contains("README.md"), "{ran:?}");
    place.write(&project, "live/prod/README.md", "# dags");
    let second = publish(&project, "two", &two());
    project.done(&["to", "prod", &second, "--yes"]).unwrap();
    let (found, after) = place.look(&project, "live/prod/");
    assert_eq!(found, two());
    let kept = "\"etl/same.py\"";
    assert_eq!(tokens(&manifest)[kept], tokens(&after)[kept], "it was written twice");
    project.done(&["verify"]).unwrap();

    project.done(&["rollback", "prod", "--yes", "--reason", "a test"]).unwrap();
    assert_eq!(place.look(&project, "live/prod/").0, one());
    assert_eq!(place.look(&project, "live/staging/").0, two());
    // A repeat is nothing to do, and says so.
    let again = project.document(&["to", "staging", &second, "--yes"]).unwrap();
    assert!(again.to_string().contains("\"nothing-to-do\""), "{again}");
    project
}

#[test]
fn a_folder_lives_in_the_local_folder() {
    life("", &Place::Local);
}

#[test]
fn a_folder_lives_on_s3() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let source = format!("s3://{bucket}/");
    let place = Place::S3 { server: &server, bucket };
    life(&source, &place);
    check_objects(&place);
}

#[test]
fn a_folder_goes_from_the_local_folder_to_s3() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let place = Place::S3 { server: &server, bucket };
    life("", &place);
    check_objects(&place);
}

#[test]
fn a_folder_lives_on_google_cloud_storage() {
    let fake = Fake::start().unwrap();
    fake.bucket("acme-dags", true);
    let place = Place::Gcs { endpoint: &fake.endpoint, bucket: "acme-dags".to_owned() };
    life("gs://acme-dags/", &place);
    check_objects(&place);
}

#[test]
fn a_folder_goes_from_the_local_folder_to_google_cloud_storage() {
    let fake = Fake::start().unwrap();
    fake.bucket("acme-dags", false);
    let place = Place::Gcs { endpoint: &fake.endpoint, bucket: "acme-dags".to_owned() };
    life("", &place);
    check_objects(&place);
}

/// A file of 65 MiB, which is 1 MiB more than is written to S3 with one request, and a small one beside it.
fn large() -> Files {
    let lines = (0..=64).map(|mib| format!("{mib:015}\n").repeat(1 << 16));
    [("large.txt".to_owned(), lines.collect()), ("small.txt".to_owned(), "small".to_owned())].into()
}

/// Published and brought to `place`, all of it.
fn passes(project: &Project, place: &Place<'_>) {
    let files = large();
    let commit = publish(project, "large", &files);
    project.done(&["to", "prod", &commit, "--yes"]).unwrap();
    assert!(place.look(project, "live/prod/").0 == files, "other bytes arrived");
    project.done(&["verify", "--bytes"]).unwrap();
}

#[test]
fn a_large_file_goes_in_parts_to_an_s3_that_checks_conditions_of_those() {
    let server = Server::start("ministack-auth").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let place = Place::S3 { server: &server, bucket: bucket.clone() };
    passes(&project(PROGRAM, "", &place), &place);
    let head = ["head-object", "--bucket", &bucket, "--key", "live/prod/large.txt"];
    let told: Value = serde_json::from_str(&bucket::s3api(&server, &head).unwrap()).unwrap();
    assert!(told["ETag"].as_str().unwrap().contains("-5"), "five parts: {told}");
}

#[test]
fn a_large_file_goes_in_parts_between_the_local_folder_and_google_cloud_storage() {
    let fake = Fake::start().unwrap();
    fake.bucket("acme-dags", true);
    let there = Place::Gcs { endpoint: &fake.endpoint, bucket: "acme-dags".to_owned() };
    passes(&project(PROGRAM, "", &there), &there);
    let mut back = project(PROGRAM, "gs://acme-dags/back/", &Place::Local);
    back.variables.insert("STORAGE_EMULATOR_HOST".to_owned(), fake.endpoint.clone());
    passes(&back, &Place::Local);
}

/// The goals for a folder that hardly changes: its pages, what changed, and two requests more, for the whole promotion.
#[test]
fn a_folder_that_hardly_changes_costs_its_pages_what_changed_and_two_requests() {
    const FILES: usize = 1500;
    // The files and the manifest, a thousand names to a page.
    const PAGES: usize = 2;
    let fake = Fake::start().unwrap();
    fake.bucket("acme-dags", false);
    let place = Place::Gcs { endpoint: &fake.endpoint, bucket: "acme-dags".to_owned() };
    // The releases and the ledger lie in the local folder: what is counted is what the target costs.
    let project = project(PROGRAM, "", &place);
    let render = |name: &str, changed: usize| {
        let text = |n: usize| if n < changed { format!("{name} {n}") } else { format!("file {n}") };
        let all: Files = (0..FILES).map(|n| (format!("team{:02}/dag{n:04}.py", n % 30), text(n))).collect();
        let commit = project.commit("release.txt", &format!("{name}\n"), &format!("feat: {name}")).unwrap();
        let folder = project.folder().join("build").join(name);
        for (path, text) in &all {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        project.done(&["publish", &format!("build/{name}"), "--yes"]).unwrap();
        (commit, all)
    };
    let ask = |commit: &str| {
        fake.forget();
        project.done(&["to", "prod", commit, "--yes"]).unwrap();
        let seen = fake.seen();
        let listed = seen.iter().filter(|one| one.address.starts_with("/storage/v1/b/acme-dags/o?")).count();
        let written = seen.iter().filter(|one| one.method == "POST").count();
        let rest: Vec<_> = seen
            .iter()
            .filter(|one| one.method != "POST" && !one.address.starts_with("/storage/v1/b/acme-dags/o?"))
            .map(|one| format!("{} {}", one.method, one.address))
            .collect();
        (listed, written, rest)
    };
    let manifest = "GET /acme-dags/live/prod/.promote-folder.json";
    project.done(&["to", "prod", &render("one", 0).0, "--yes"]).unwrap();
    assert_eq!(ask(&render("again", 0).0), (PAGES, 1, vec![manifest.to_owned()]));
    let (commit, all) = render("some", 15);
    assert_eq!(ask(&commit), (PAGES, 15 + 1, vec![manifest.to_owned()]));
    assert_eq!(place.look(&project, "live/prod/").0, all);
    project.done(&["verify", "prod"]).unwrap();
}

/// Each object in a bucket says what it is.
fn check_objects(place: &Place<'_>) {
    // What nobody wrote by hand: the same bytes by hand keep their content type, since the store's token is the same.
    let found = place.objects("live/staging/");
    let readme = &found["README.md"];
    assert_eq!(readme["type"], "text/markdown");
    assert_eq!(readme["metadata"]["promote-sha256"].as_str().unwrap().len(), 64);
    assert_eq!(readme["metadata"]["promote-commit"].as_str().unwrap().len(), 40);
    let manifest = &found[".promote-folder.json"];
    assert_eq!(manifest["type"], "application/json");
    assert_eq!(manifest["metadata"]["promote-environment"], "staging");
}

/// Killed at every request of one move after the other in the same place, and finished by somebody else.
fn killed(source: &str, place: &Place<'_>) -> usize {
    let mut project = project(KILLED, source, place);
    let first = publish(&project, "one", &one());
    let second = publish(&project, "two", &two());
    let releases = [(first, one()), (second, two())];
    let arguments = |commit: &str| {
        let fixed = ["--yes", "--override", "order", "--override", "rolled-back", "--reason", "a crash test"];
        [&["to", "prod", commit], &fixed[..]].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let texts = arguments(&releases[0].0);
    project.done(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let mut cases = 0;
    for n in 1.. {
        let (commit, wanted) = &releases[n % 2];
        let texts = arguments(commit);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        project.variables.insert("PROMOTE_TEST_KILL".to_owned(), format!("{n}:after"));
        let ran = project.run(&texts).unwrap();
        project.variables.remove("PROMOTE_TEST_KILL");
        if let Some(code) = ran.code {
            assert_eq!(code, 0, "request {n}: {ran:?}");
            break;
        }
        cases += 1;
        let status = project.document(&["status", "prod"]).unwrap();
        if status.to_string().contains("\"open\":{") {
            project.done(&["resume", "prod", "--yes", "--take-over"]).unwrap();
        } else {
            project.done(&texts).unwrap();
        }
        assert_eq!(place.look(&project, "live/prod/").0, *wanted, "request {n}");
        project.done(&["verify"]).unwrap();
    }
    println!("{cases} cases of kill -9 in a folder, 0 violations");
    cases
}

/// One case of `kill -9` after the `n`th request, finished by somebody else; `false` when there is no such request.
fn case(n: usize, source: &str, place: &Place<'_>) -> bool {
    let mut project = project(KILLED, source, place);
    let first = publish(&project, "one", &one());
    let second = publish(&project, "two", &two());
    project.done(&["to", "prod", &first, "--yes"]).unwrap();
    project.variables.insert("PROMOTE_TEST_KILL".to_owned(), format!("{n}:after"));
    let ran = project.run(&["to", "prod", &second, "--yes"]).unwrap();
    project.variables.remove("PROMOTE_TEST_KILL");
    if let Some(code) = ran.code {
        assert_eq!(code, 0, "request {n}: {ran:?}");
        return false;
    }
    let status = project.document(&["status", "prod"]).unwrap();
    if status.to_string().contains("\"open\":{") {
        project.done(&["resume", "prod", "--yes", "--take-over"]).unwrap();
    } else {
        project.done(&["to", "prod", &second, "--yes"]).unwrap();
    }
    assert_eq!(place.look(&project, "live/prod/").0, two(), "request {n}");
    project.done(&["verify"]).unwrap();
    true
}

/// Killed at every request, each time in a place of its own: where only time ends a request, a folder that was moved a
/// moment ago is waited for. Several side by side, since most of it is waiting.
fn killed_apart<'a>(places: impl Fn(usize) -> (String, Place<'a>) + Sync) -> usize {
    let (next, beyond) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= beyond.load(Ordering::SeqCst) {
                        return;
                    }
                    let (source, place) = places(n);
                    if !case(n, &source, &place) {
                        beyond.fetch_min(n, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let cases = beyond.into_inner() - 1;
    println!("{cases} cases of kill -9 in a folder, 0 violations");
    cases
}

#[test]
fn killed_at_every_request_in_the_local_folder() {
    assert!(killed("", &Place::Local) > 15);
}

#[test]
fn killed_at_every_request_inside_google_cloud_storage() {
    let fake = Fake::start().unwrap();
    fake.bucket("acme-dags", false);
    let place = Place::Gcs { endpoint: &fake.endpoint, bucket: "acme-dags".to_owned() };
    assert!(killed("gs://acme-dags/", &place) > 15);
}

#[test]
fn killed_at_every_request_on_the_way_to_s3() {
    let server = Server::start("seaweedfs").unwrap();
    let cases = killed_apart(|_| {
        (String::new(), Place::S3 { server: &server, bucket: bucket::fresh(&server).unwrap() })
    });
    assert!(cases > 15);
}
