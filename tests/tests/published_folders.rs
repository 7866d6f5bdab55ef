//! Folders that somebody changed at their source after they were published, with the command itself: in the local
//! folder, on an S3 server and on Google's storage. Whoever changes them knows nothing of this project.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use promote_core::digest::Digest;
use promote_tests::bucket;
use promote_tests::client::python;
use promote_tests::gcs_fake::Fake;
use promote_tests::project::Project;
use promote_tests::server::Server;
use std::collections::BTreeMap;
use std::fs;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Writes an object as a person with plain tools does, or deletes it when no text is given.
const S3: &str = r#"
import boto3, sys
endpoint, bucket, key = sys.argv[1:4]
s3 = boto3.client("s3", endpoint_url=endpoint)
if len(sys.argv) > 4:
    s3.put_object(Bucket=bucket, Key=key, Body=sys.argv[4].encode())
else:
    s3.delete_object(Bucket=bucket, Key=key)
"#;

const GCS: &str = r#"
import sys, urllib.parse, urllib.request
endpoint, bucket, key = sys.argv[1:4]
name = urllib.parse.quote(key, safe="")
if len(sys.argv) > 4:
    place, method, data = f"{endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}", "POST", sys.argv[4].encode()
else:
    place, method, data = f"{endpoint}/storage/v1/b/{bucket}/o/{name}", "DELETE", None
urllib.request.urlopen(urllib.request.Request(place, data=data, method=method)).read()
"#;

/// Where everything lies.
enum Place<'a> {
    Local,
    S3 { server: &'a Server, bucket: String },
    Gcs { fake: &'a Fake, bucket: &'a str },
}

impl Place<'_> {
    fn prefix(&self) -> String {
        match self {
            Place::Local => String::new(),
            Place::S3 { bucket, .. } => format!("s3://{bucket}/"),
            Place::Gcs { bucket, .. } => format!("gs://{bucket}/"),
        }
    }

    /// Somebody writes by hand; without a text, deletes.
    fn by_hand(&self, project: &Project, path: &str, text: Option<&str>) {
        let none = BTreeMap::new();
        match (self, text) {
            (Place::Local, Some(text)) => fs::write(project.folder().join(path), text).unwrap(),
            (Place::Local, None) => fs::remove_file(project.folder().join(path)).unwrap(),
            (Place::S3 { server, bucket }, text) => {
                let given: Vec<&str> = [bucket.as_str(), path].into_iter().chain(text).collect();
                python(&[S3, &server.endpoint], &given, &bucket::sign_in(server)).unwrap();
            }
            (Place::Gcs { fake, bucket }, text) => {
                let given: Vec<&str> = [*bucket, path].into_iter().chain(text).collect();
                python(&[GCS, &fake.endpoint], &given, &none).unwrap();
            }
        }
    }

    /// A project with a folder in place and one behind a pointer.
    fn project(&self) -> Project {
        let mut project = Project::new(PROGRAM).unwrap();
        let at = self.prefix();
        let mut file = format!(
            "project = \"dags\"\nenvironments = [\"staging\", \"prod\"]\n\n\
             [artifact.dags]\nsource = \"{at}dags/{{sha}}/\"\ntarget = \"{at}live/{{env}}/\"\nprune = true\n\n\
             [artifact.rules]\nsource = \"{at}rules/{{sha}}/\"\ntarget = \"{at}live/{{env}}-rules.json\"\n"
        );
        match self {
            Place::Local => {}
            Place::S3 { server, bucket } => {
                let endpoint = &server.endpoint;
                file.push_str(&format!(
                    "\n[store.{bucket}]\nendpoint = \"{endpoint}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n"
                ));
                project.variables = bucket::sign_in(server);
            }
            Place::Gcs { fake, .. } => {
                project.variables.insert("STORAGE_EMULATOR_HOST".to_owned(), fake.endpoint.clone());
            }
        }
        project.write("promote.toml", file).unwrap();
        project
    }
}

fn publish(project: &Project, name: &str) -> String {
    let commit = project.commit("release.txt", &format!("{name}\n"), &format!("feat: {name}")).unwrap();
    let folder = project.folder().join("build").join(name);
    fs::create_dir_all(folder.join("etl")).unwrap();
    fs::write(folder.join("etl/daily.py"), name).unwrap();
    fs::write(folder.join("same.py"), "the same for ever").unwrap();
    let given = [format!("dags=build/{name}"), format!("rules=build/{name}")];
    project.done(&["publish", &given[0], &given[1], "--yes"]).unwrap();
    commit
}

fn changed_at_the_source(place: &Place<'_>) {
    let project = place.project();
    let first = publish(&project, "one");
    project.done(&["to", "prod", &first, "--yes"]).unwrap();
    let second = publish(&project, "two");
    for artifact in ["dags", "rules"] {
        let path = format!("{artifact}/{second}/etl/daily.py");
        // As long as what was published, so that only its bytes tell.
        place.by_hand(&project, &path, Some("owt"));
        let ran = project.run(&["to", "prod", &second, "--yes"]).unwrap();
        assert_eq!(ran.code, Some(6), "{artifact}: {ran:?}");
        for text in ["two", "owt"] {
            let digest = Digest::of(text.as_bytes()).to_string();
            assert!(format!("{}{}", ran.out, ran.err).contains(&digest), "{artifact}: {ran:?}");
        }
        for flags in [&["verify", "staging"][..], &["verify", "staging", "--bytes"]] {
            let ran = project.run(flags).unwrap();
            assert_eq!(ran.code, Some(10), "{artifact}: {ran:?}");
            assert!(ran.out.contains("etl/daily.py` contains sha256:"), "{artifact}: {ran:?}");
        }
        place.by_hand(&project, &path, None);
        let ran = project.run(&["to", "prod", &second, "--yes"]).unwrap();
        assert_eq!(ran.code, Some(5), "{artifact}: {ran:?}");
        assert!(
            format!("{}{}", ran.out, ran.err).contains("etl/daily.py` is missing"),
            "{artifact}: {ran:?}"
        );
        // The very same bytes, put there without a word of promote's.
        place.by_hand(&project, &path, Some("two"));
        project.done(&["verify"]).unwrap();
    }
    project.done(&["to", "prod", &second, "--yes"]).unwrap();
    // The very same bytes are the release, also for whoever only checks.
    project.done(&["verify"]).unwrap();
    project.done(&["verify", "--bytes"]).unwrap();
    // Neither is a changed release gone back to.
    place.by_hand(&project, &format!("rules/{first}/etl/daily.py"), Some("eno"));
    let ran = project.run(&["rollback", "prod", "--yes", "--reason", "a test"]).unwrap();
    assert_eq!(ran.code, Some(6), "{ran:?}");
    place.by_hand(&project, &format!("rules/{first}/etl/daily.py"), Some("one"));
    project.done(&["rollback", "prod", "--yes", "--reason", "a test"]).unwrap();
}

#[test]
fn folders_that_were_changed_at_their_source_are_refused_in_the_local_folder() {
    changed_at_the_source(&Place::Local);
}

#[test]
fn folders_that_were_changed_at_their_source_are_refused_on_s3() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    changed_at_the_source(&Place::S3 { server: &server, bucket });
}

#[test]
fn folders_that_were_changed_at_their_source_are_refused_on_google_cloud_storage() {
    let fake = Fake::start().unwrap();
    fake.bucket("acme-dags", true);
    changed_at_the_source(&Place::Gcs { fake: &fake, bucket: "acme-dags" });
}
