//! The life of a release on real S3 servers and on Google Cloud Storage, with the command itself: published from a real repository, moved through
//! every environment, rolled back, verified; and read back with clients that know nothing of this project.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

use promote_tests::client::python;
use promote_tests::project::Project;
use promote_tests::site::Site;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Compares a zip with the commit's tree as git itself packs it: names, contents, modes and links.
const COMPARE: &str = r#"
import io, stat, subprocess, sys, tarfile, zipfile
folder, commit, file = sys.argv[1:]
tar = subprocess.run(["git", "-C", folder, "archive", "--format=tar", commit], check=True, stdout=subprocess.PIPE).stdout
packed = zipfile.ZipFile(file)
bad = packed.testzip()
assert bad is None, f"damaged: {bad}"
expected = {}
for entry in tarfile.open(fileobj=io.BytesIO(tar)):
    if entry.isdir():
        continue
    content = entry.linkname.encode() if entry.issym() else tarfile.open(fileobj=io.BytesIO(tar)).extractfile(entry).read()
    expected[entry.name] = (content, entry.issym(), bool(entry.mode & 0o100))
found = {}
for info in packed.infolist():
    mode = info.external_attr >> 16
    if info.is_dir():
        continue
    found[info.filename] = (packed.read(info), stat.S_ISLNK(mode), bool(mode & 0o100))
assert set(found) == set(expected), sorted(set(found) ^ set(expected))
for name, (content, link, executable) in expected.items():
    assert found[name][0] == content, f"{name}: other content"
    assert found[name][1] == link, f"{name}: a link or not"
    assert link or found[name][2] == executable, f"{name}: executable or not"
print(len(found))
"#;

/// A clone of this very repository with one commit more on top: the two commits.
fn project() -> (Project, String, String) {
    let origin = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let project = Project::clone_of(PROGRAM, origin).unwrap_or_else(|error| {
        println!("this is no repository, so a made-up one is published: {error}");
        let project = Project::new(PROGRAM).unwrap();
        project.commit("app.txt", "one\n", "feat: begin").unwrap();
        project
    });
    let first = project.git(&["rev-parse", "HEAD"]).unwrap();
    let second = project.commit("life.txt", "a second release\n", "feat: a second release").unwrap();
    (project, first, second)
}

/// The object has the release's bytes, content type and description.
fn check(site: &Site, project: &Project, key: &str, commit: &str, environment: Option<&str>) {
    let file = project.folder().join("fetched.zip");
    let object = site.fetch(key, &file).unwrap();
    let source = site.fetch(&format!("shop/{commit}.zip"), &project.folder().join("source.zip")).unwrap();
    assert_eq!(object["sha256"], source["sha256"], "{key}");
    assert_eq!(object["size"], source["size"], "{key}");
    assert_eq!(object["content_type"], "application/zip", "{key}");
    let metadata = &object["metadata"];
    assert_eq!(metadata["promote-commit"], commit, "{key}");
    assert_eq!(metadata["promote-sha256"], source["sha256"], "{key}");
    let Some(environment) = environment else { return };
    assert_eq!(metadata["promote-source"], format!("{}/shop/{commit}.zip", site.location()), "{key}");
    assert_eq!(metadata["promote-environment"], environment, "{key}");
    assert_eq!(metadata["promote-actor"], "alice", "{key}");
    let short = commit.get(..7).unwrap();
    let summary = metadata["codepipeline-artifact-revision-summary"].as_str().unwrap();
    let ways =
        [format!("{short} to {environment} by alice"), format!("{short} back to {environment} by alice")];
    assert!(ways.iter().any(|way| way == summary), "{key}: {summary}");
    let time = metadata["promote-time"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok() && time.ends_with('Z'), "{key}: {time}");
    for name in ["promote-id", "promote-seq"] {
        assert!(metadata[name].as_str().is_some_and(|text| !text.is_empty()), "{key}: {metadata}");
    }
}

/// Info-ZIP and Python read the archive, and it is the commit's tree.
fn opens(project: &Project, commit: &str) {
    let file = project.folder().join("source.zip");
    let tested = Command::new("unzip").args(["-tqq"]).arg(&file).output();
    let tested =
        tested.unwrap_or_else(|error| panic!("unzip: {error}; install Info-ZIP, the package `unzip`"));
    assert!(tested.status.success(), "{tested:?}");
    let (folder, file) = (project.folder().to_string_lossy(), file.to_string_lossy());
    let files = python(&[COMPARE], &[&folder, commit, &file], &BTreeMap::new()).unwrap();
    println!("unzip -t and Python's zipfile agree on {} files", files.trim());
}

fn running(project: &Project) -> Vec<Option<String>> {
    let status = project.document(&["status"]).unwrap();
    assert_eq!(status["schema"], "promote/status@1");
    let environments = status["environments"].as_array().unwrap();
    environments
        .iter()
        .map(|one| one.pointer("/running/sha").and_then(Value::as_str).map(str::to_owned))
        .collect()
}

fn life(name: &str) {
    let site = Site::fresh(name).unwrap();
    let (mut project, first, second) = project();
    project.variables = site.variables();
    project.write("promote.toml", site.file()).unwrap();
    let (one, two) = (Some(first.clone()), Some(second.clone()));

    project.done(&["publish", "--commit", &first]).unwrap();
    assert_eq!(running(&project), [one.clone(), None, None], "the first environment is automatic");
    check(&site, &project, &format!("shop/{first}.zip"), &first, None);
    opens(&project, &first);
    check(&site, &project, "shop/staging.zip", &first, Some("staging"));
    project.done(&["to", "uat", "--yes"]).unwrap();
    project.done(&["to", "prod", &first[..8], "--yes"]).unwrap();
    check(&site, &project, "shop/uat.zip", &first, Some("uat"));
    check(&site, &project, "shop/prod.zip", &first, Some("prod"));

    project.done(&["publish", "--commit", &second, "--no-move"]).unwrap();
    assert_eq!(running(&project), [one.clone(), one.clone(), one.clone()]);
    project.done(&["to", "staging", &second, "--yes"]).unwrap();
    project.done(&["to", "uat", "--yes"]).unwrap();
    project.done(&["to", "prod", "--yes"]).unwrap();
    assert_eq!(running(&project), [two.clone(), two.clone(), two.clone()]);
    check(&site, &project, "shop/prod.zip", &second, Some("prod"));
    opens(&project, &second);

    project.done(&["rollback", "prod", "--yes", "--reason", "502 on /pay"]).unwrap();
    check(&site, &project, "shop/prod.zip", &first, Some("prod"));
    assert_eq!(running(&project), [two.clone(), two, one]);
    project.done(&["verify"]).unwrap();
    let verified = project.document(&["verify", "--ledger"]).unwrap();
    assert_eq!(verified["matches"], true, "{verified}");
    let history = project.document(&["history", "prod"]).unwrap();
    let told: Vec<(&str, &str)> = history["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["sha"].as_str().unwrap_or("no sha"), one["result"].as_str().unwrap_or("no result")))
        .collect();
    let expected = [(&*first, "rolled-back"), (&*second, "promoted"), (&*first, "promoted")];
    assert_eq!(told, expected, "{history}");

    // A foreign hand on the target is seen, named, and stops the next promotion.
    let key = format!("shop/{second}.zip");
    site.meddle(&key, "shop/prod.zip").unwrap();
    let ran = project.run(&["verify"]).unwrap();
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.out.contains("prod"), "{ran:?}");
    let before = site.listing().unwrap();
    let ran = project.run(&["to", "prod", &second, "--yes"]).unwrap();
    assert!(matches!(ran.code, Some(3 | 6)), "{ran:?}");
    assert_eq!(site.listing().unwrap(), before, "{name}");
    println!("{name}: {} keys and versions", before.len());
}

#[test]
fn on_seaweedfs() {
    life("seaweedfs");
}

#[test]
fn on_ministack() {
    life("ministack");
}

#[test]
fn on_moto() {
    life("moto");
}

#[test]
fn on_gcs() {
    life("gcs");
}
