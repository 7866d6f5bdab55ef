//! The policies that `promote iam` prints (a unit test compares the guide's with them) suffice, on a server that checks signatures and IAM policies; and less than them is
//! refused with the missing right's name, before anything that matters is written.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

use promote_tests::bucket;
use promote_tests::client::{listing, user};
use promote_tests::project::{Project, s3_file};
use promote_tests::server::Server;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// A bucket, a project in it, and who may do what there.
struct Stage {
    server: Server,
    bucket: String,
    project: Project,
    users: u32,
}

/// The policy without what it allows on resources that end so.
fn without(policy: &Value, end: &str) -> Value {
    let mut policy = policy.clone();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        if let Some(resources) = statement["Resource"].as_array_mut() {
            resources.retain(|resource| !resource.as_str().unwrap().ends_with(end));
        }
    }
    policy
}

impl Stage {
    fn new() -> Self {
        let server = Server::start("ministack-auth").unwrap();
        let bucket = bucket::fresh(&server).unwrap();
        let project = Project::new(PROGRAM).unwrap();
        project.write("promote.toml", s3_file(&server, &bucket)).unwrap();
        Self { server, bucket, project, users: 0 }
    }

    /// What `promote iam` prints with these arguments.
    fn policy(&self, arguments: &[&str]) -> Value {
        let all: Vec<&str> = ["iam", "aws"].iter().chain(arguments).copied().collect();
        serde_json::from_str(&self.project.done(&all).unwrap()).unwrap()
    }

    fn sign_in(&mut self, policy: &Value) {
        self.users += 1;
        let name = format!("{}-{}", self.bucket, self.users);
        self.project.variables = user(&self.server, &name, policy).unwrap();
    }

    fn listing(&self) -> Vec<String> {
        listing(&self.server, &self.bucket).unwrap()
    }

    /// Runs a command that must be refused with 4, and gives what it said.
    fn denied(&self, arguments: &[&str]) -> String {
        let ran = self.project.run(arguments).unwrap();
        println!("--- {arguments:?}: exit {:?}\n{}", ran.code, ran.err);
        assert_eq!(ran.code, Some(4), "{arguments:?}: {ran:?}");
        ran.err
    }
}

#[test]
fn the_printed_policies_suffice_and_less_is_refused() {
    let mut stage = Stage::new();
    let reading = stage.policy(&[]);
    let (build, promoting) = (stage.policy(&["--for", "publish"]), stage.policy(&["--env", "prod"]));
    let commit = stage.project.commit("app.txt", "one\n", "feat: begin").unwrap();

    stage.sign_in(&build);
    stage.project.done(&["publish"]).unwrap();
    let uat = stage.policy(&["--env", "uat"]);
    stage.sign_in(&uat);
    stage.project.done(&["to", "uat", "--yes"]).unwrap();

    // Neither the build nor who promotes to uat nor a reader may move prod, and nothing is written.
    let before = stage.listing();
    for policy in [uat, build.clone(), reading.clone()] {
        stage.sign_in(&policy);
        let said = stage.denied(&["to", "prod", "--yes"]);
        let right =
            format!("the right `s3:PutObject` on `arn:aws:s3:::{}/.promote/shop/lanes/prod/", stage.bucket);
        assert!(said.contains(&right) && said.contains("Nothing was written"), "{said}");
        assert_eq!(stage.listing(), before);
    }
    for arguments in
        [&["status"][..], &["history"], &["show", &commit], &["plan", "prod"], &["verify", "--ledger"]]
    {
        stage.project.done(arguments).unwrap();
    }
    let said =
        stage.denied(&["publish", "--commit", &stage.project.commit("app.txt", "two\n", "two").unwrap()]);
    assert!(said.contains("the right `s3:PutObject` on"), "{said}");
    assert_eq!(stage.listing(), before, "a reader publishes nothing");

    // With the lane but without the target, the ledger says how it ended, and the target is untouched.
    stage.sign_in(&without(&promoting, "prod.zip"));
    let said = stage.denied(&["to", "prod", "--yes"]);
    assert!(
        said.contains(&format!("the right `s3:PutObject` on `arn:aws:s3:::{}/shop/prod.zip`", stage.bucket)),
        "{said}"
    );
    let new: Vec<String> = stage.listing().into_iter().filter(|line| !before.contains(line)).collect();
    assert!(new.iter().all(|line| line.contains("/lanes/prod/log/")), "{new:?}");
    let status = stage.project.document(&["status", "prod"]).unwrap();
    assert!(status["environments"][0]["open"].is_null(), "nothing is left open: {status}");

    stage.sign_in(&promoting);
    stage.project.done(&["to", "prod", "--yes"]).unwrap();
    stage.project.done(&["freeze", "prod", "--reason", "a holiday", "--yes"]).unwrap();
    stage.project.done(&["verify", "prod"]).unwrap();
}

/// Who approves, records a result or checks has the keys that the guide names, and needs no others.
#[test]
fn who_says_something_creates_the_objects_of_that_alone() {
    let mut stage = Stage::new();
    let text = std::fs::read_to_string(stage.project.folder().join("promote.toml")).unwrap();
    let asks = "[env.prod]\napprovals = { strength = \"claimed\", self = true }\n";
    stage.project.write("promote.toml", format!("{text}{asks}")).unwrap();
    let reading = stage.policy(&[]);
    let build = stage.policy(&["--for", "publish"]);
    let commit = stage.project.commit("app.txt", "one\n", "feat: begin").unwrap();
    stage.sign_in(&build);
    stage.project.done(&["publish"]).unwrap();
    for (line, place) in [
        (&["approve", "prod", &commit, "--yes"][..], "lanes/prod/approvals/"),
        (&["record", "load", "--result", "passed"], "evidence/"),
    ] {
        let before = stage.listing();
        stage.sign_in(&reading);
        assert!(stage.denied(line).contains("the right `s3:PutObject` on"), "{line:?}");
        assert_eq!(stage.listing(), before, "{line:?}");
        let keys = match place {
            "evidence/" => "releases/*/evidence/*",
            _ => "lanes/prod/approvals/*",
        };
        let resource = format!("arn:aws:s3:::{}/.promote/shop/{keys}", stage.bucket);
        let mut policy = reading.clone();
        policy["Statement"].as_array_mut().unwrap().push(serde_json::json!({
            "Sid": "PromoteSay", "Effect": "Allow", "Action": "s3:PutObject", "Resource": resource,
        }));
        stage.sign_in(&policy);
        stage.project.done(line).unwrap();
        let new: Vec<String> = stage.listing().into_iter().filter(|one| !before.contains(one)).collect();
        assert!(new.len() == 1 && new[0].contains(place), "{line:?}: {new:?}");
    }
}

/// Without the right to read, or to write, the very right is named and nothing is written.
#[test]
fn a_right_that_is_missing_is_named() {
    let mut stage = Stage::new();
    let build = stage.policy(&["--for", "publish"]);
    stage.project.commit("app.txt", "one\n", "feat: begin").unwrap();
    stage.sign_in(&build);
    stage.project.done(&["publish"]).unwrap();
    let before = stage.listing();
    let reaches = stage.policy(&["--env", "uat"]);
    for action in ["s3:GetObject\"", "s3:PutObject\""] {
        let less = reaches.to_string().replace(action, "s3:GetObjectAcl\"");
        stage.sign_in(&serde_json::from_str(&less).unwrap());
        let said = stage.denied(&["to", "uat", "--yes"]);
        assert!(said.contains(&format!("the right `{}` on", action.trim_end_matches('"'))), "{said}");
        assert_eq!(stage.listing(), before, "{action}");
    }
}
