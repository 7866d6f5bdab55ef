//! Folders and a new ledger: what `promote` brought there says what it is; what somebody copied is compared with what was
//! published, and is never taken over without a manifest.

use super::{PROGRAM, entries, left_out};
use promote_tests::bucket::{self, s3api};
use promote_tests::project::Project;
use promote_tests::server::Server;
use serde_json::Value;
use std::fs;

fn project(target: &str, more: &str) -> Project {
    let project = Project::new(PROGRAM).unwrap();
    let file = format!(
        "project = \"dags\"\nenvironments = [\"staging\", \"prod\"]\n\n[artifact.dags]\nsource = \"dags/{{sha}}/\"\ntarget = \"{target}\"\n{more}"
    );
    project
        .write("promote.toml", file.replace("dags/{sha}/", &format!("{}dags/{{sha}}/", root(target))))
        .unwrap();
    project
}

/// The bucket that a target lies in, with a slash at its end; nothing for the local folder.
fn root(target: &str) -> String {
    target.split_once("live/").unwrap().0.to_owned()
}

/// Another ledger from now on, as for a team that has lost its own.
fn forget(project: &Project, target: &str) {
    let file = project.folder().join("promote.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, format!("ledger = \"{}second-ledger/\"\n{text}", root(target))).unwrap();
}

fn publish(project: &Project, text: &str, more: &[&str]) -> String {
    let commit = project.commit("release.txt", text, &format!("feat: {text}")).unwrap();
    for (name, content) in [("etl/daily.py", text), ("README.md", "# dags")] {
        let path = project.folder().join("build").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    project.done(&[&["publish", "build", "--yes"], more].concat()).unwrap();
    commit
}

fn running(project: &Project) -> Vec<Option<String>> {
    let status = project.document(&["status"]).unwrap();
    let environments = status["environments"].as_array().unwrap();
    environments
        .iter()
        .map(|one| one.pointer("/running/sha").and_then(Value::as_str).map(str::to_owned))
        .collect()
}

/// Folders that were brought up to date in place.
fn by_their_manifests(project: &Project, target: &str) {
    let first = publish(project, "one", &[]);
    project.done(&["to", "prod", "--yes"]).unwrap();
    let second = publish(project, "two", &[]);
    forget(project, target);
    let plan = project.document(&["import", "--dry-run"]).unwrap();
    let told: Vec<Vec<String>> =
        [0, 1].map(|at| entries(&plan, at).into_iter().map(|(_, sha)| sha).collect()).into();
    assert_eq!(told, [[second.clone()], [first.clone()]], "{plan}");
    project.done(&["import", "--yes"]).unwrap();
    assert_eq!(running(project), [Some(second.clone()), Some(first)]);
    project.done(&["verify"]).unwrap();
    // It goes on from there, as from its own.
    let past = ["--override", "from", "--override", "loosened", "--reason", "imported"];
    project.done(&[&["to", "prod", &second, "--yes"], &past[..]].concat()).unwrap();
    project.done(&["verify", "--ledger"]).unwrap();
}

#[test]
fn a_folder_says_what_it_holds() {
    by_their_manifests(&project("live/{env}/", ""), "live/{env}/");
}

#[test]
fn a_folder_on_s3_says_what_it_holds() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let target = format!("s3://{bucket}/live/{{env}}/");
    let store = format!(
        "\n[store.{bucket}]\nendpoint = \"{}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n",
        server.endpoint
    );
    let mut project = project(&target, &store);
    project.variables = bucket::sign_in(&server);
    by_their_manifests(&project, &target);
    // Somebody changes a file: then the manifest is no witness any more.
    project.write("body", "by hand").unwrap();
    let body = project.folder().join("body");
    let key = "live/staging/README.md";
    s3api(&server, &["put-object", "--bucket", &bucket, "--key", key, "--body", body.to_str().unwrap()])
        .unwrap();
    let file = project.folder().join("promote.toml");
    let text = fs::read_to_string(&file).unwrap().replace("second-ledger", "third-ledger");
    fs::write(file, text).unwrap();
    let plan = project.document(&["import", "--dry-run"]).unwrap();
    assert_eq!(entries(&plan, 0), [], "{plan}");
    let left = left_out(&plan, 0);
    assert!(left.len() == 1 && left[0].contains("not what its manifest says"), "{left:?}");
}

#[test]
fn a_folder_that_somebody_copied_is_recognised_and_not_taken_over() {
    let project = project("live/{env}/", "[env.staging]\nauto = false\n");
    let commit = publish(&project, "one", &["--no-move"]);
    publish(&project, "two", &["--no-move"]);
    let copy = |environment: &str, daily: &str| {
        for (name, content) in [("etl/daily.py", daily), ("README.md", "# dags")] {
            let path = project.folder().join("live").join(environment).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    };
    copy("prod", "one");
    // As long as a release's, and yet none of them.
    copy("staging", "0ne");
    let before = project.listing().unwrap();
    let plan = project.document(&["import", "--yes"]).unwrap();
    assert_eq!(plan["entries"], 0, "{plan}");
    let prod = left_out(&plan, 1);
    let next = format!("its files are those of {}: `promote to prod {}`", &commit[..7], &commit[..12]);
    assert!(prod.len() == 1 && prod[0].contains(&next), "{prod:?}");
    let staging = left_out(&plan, 0);
    assert!(staging.len() == 1 && staging[0].contains("exactly its 2 files"), "{staging:?}");
    assert_eq!(project.listing().unwrap(), before, "nothing was written");
    // What it says to do does what it says.
    let on = ["to", "prod", &commit[..12], "--yes", "--override", "from", "--reason", "copied by hand"];
    project.done(&on).unwrap();
    assert_eq!(running(&project), [None, Some(commit)]);
    project.done(&["verify", "prod"]).unwrap();
}

#[test]
fn a_pointer_says_what_it_named() {
    let project = project("live/{env}.json", "");
    let first = publish(&project, "one", &[]);
    project.done(&["to", "prod", "--yes"]).unwrap();
    let second = publish(&project, "two", &[]);
    project.done(&["to", "prod", "--yes"]).unwrap();
    forget(&project, "live/{env}.json");
    let plan = project.document(&["import", "--dry-run"]).unwrap();
    for environment in [0, 1] {
        let told: Vec<String> = entries(&plan, environment).into_iter().map(|(_, sha)| sha).collect();
        assert_eq!(told, [first.clone(), second.clone()], "{plan}");
    }
    project.done(&["import", "--yes"]).unwrap();
    assert_eq!(running(&project), [Some(second.clone()), Some(second)]);
    project.done(&["verify"]).unwrap();
}
