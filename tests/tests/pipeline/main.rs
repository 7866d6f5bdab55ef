//! Releases that pipelines deploy: `<sha>.zip` is copied to what each environment's pipeline watches, on a real S3 server,
//! and the execution that took our very version is followed to its end, by the command itself, against the stand-in for
//! CodePipeline that watches that server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

mod back;
mod stage;

use promote_tests::bucket::{self, s3api};
use promote_tests::client::plain_bucket;
use promote_tests::codepipeline_fake::{Fake, Landed, Plan, Shape};
use promote_tests::project::Project;
use promote_tests::server::Server;
use serde_json::Value;
use stage::Stage;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

fn fails(action: &str, message: &str) -> Plan {
    let link = "https://console.aws.amazon.com/codedeploy/d-1";
    Plan { fails: Some((action.to_owned(), message.to_owned(), link.to_owned())), ..Plan::default() }
}

#[test]
fn a_release_goes_all_the_way_and_each_pipeline_is_followed_with_our_version() {
    let stage = Stage::new().watched().published();
    assert_eq!(stage.executions("shop-staging"), [(stage.version("shop/latest.zip"), "Succeeded".into())]);
    let said = stage.run(&["to", "uat", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for part in ["shop-uat: execution ", "Source/Zip succeeded", "shop-uat: Source, Build, Deploy"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    // A late one is waited for; told twice, it is still one deployment; asked to slow down, it is asked later.
    let late = Plan { late: Duration::from_secs(3), twice: true, ..Plan::default() };
    stage.fake.plan("shop-prod", [late]);
    stage.fake.throttle(5);
    let said = stage.run(&["to", "prod", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let version = stage.version("shop/prod.zip");
    let taken = stage.executions("shop-prod");
    assert!(!taken.is_empty() && taken.iter().all(|(id, _)| *id == version || id.is_empty()), "{taken:?}");
    let history = stage.project.document(&["history", "prod"]).unwrap();
    assert_eq!(history["entries"][0]["result"], "promoted", "{history}");
    println!("{}", said.err);
    // The line that CodePipeline shows beside its source.
    let line = stage.fake.executions("shop-uat")[0]["sourceRevisions"][0]["revisionSummary"].clone();
    assert_eq!(line.as_str().unwrap(), format!("{} to uat by alice", &stage.commit[..7]));
    // The same release again: nothing is written, so nothing is deployed.
    let before = stage.executions("shop-prod").len();
    assert_eq!(stage.run(&["to", "prod", "--yes"]).code, Some(0));
    assert_eq!(stage.executions("shop-prod").len(), before);
}

#[test]
fn a_failed_action_is_told_with_its_message_and_link_and_can_be_retried() {
    let stage = Stage::new().watched().published();
    stage.fake.plan("shop-uat", [fails("CodeDeploy", "too many individual instances failed deployment")]);
    let said = stage.run(&["to", "uat", "--yes"]);
    assert_eq!(said.code, Some(7), "{said:?}");
    for part in [
        "shop-uat, stage Deploy, action CodeDeploy: \"too many individual instances failed deployment\"",
        "https://console.aws.amazon.com/codedeploy/d-1",
    ] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    println!("{}", said.err);
    // It is the outcome of exactly that promotion, and the next one is held up by it.
    let history = stage.project.document(&["history", "uat"]).unwrap();
    assert_eq!(history["entries"][0]["result"], "failed", "{history}");
    assert_eq!(stage.run(&["to", "prod", "--yes"]).code, Some(3));
    assert_eq!(stage.run(&["watch", "uat"]).code, Some(7));
    // Somebody retries the stage in the console; then it is recorded.
    let id = stage.fake.executions("shop-uat")[0]["pipelineExecutionId"].as_str().unwrap().to_owned();
    let body = serde_json::json!({
        "pipelineName": "shop-uat", "pipelineExecutionId": id, "stageName": "Deploy", "retryMode": "FAILED_ACTIONS"
    });
    ask(&stage.fake, "RetryStageExecution", &body);
    let said = stage.run(&["watch", "uat"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let history = stage.project.document(&["history", "uat"]).unwrap();
    assert_eq!(history["entries"][0]["result"], "failed", "watching writes nothing: {history}");
    assert_eq!(stage.run(&["resume", "uat", "--yes"]).code, Some(0));
    assert_eq!(stage.run(&["to", "prod", "--yes"]).code, Some(0));
}

/// One request as any client of the service sends it, without a signature.
fn ask(fake: &Fake, operation: &str, body: &Value) {
    use std::io::{Read, Write};
    let text = body.to_string();
    let mut connection = std::net::TcpStream::connect(fake.endpoint().trim_start_matches("http://")).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: fake\r\nx-amz-target: CodePipeline_20150709.{operation}\r\ncontent-length: {}\r\n\r\n",
        text.len()
    );
    connection.write_all(format!("{head}{text}").as_bytes()).unwrap();
    let mut start = [0; 12];
    connection.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
}

#[test]
fn an_execution_that_a_newer_write_overtook_is_superseded_and_says_by_what() {
    let stage = Stage::new().watched().published();
    stage.fake.close("shop-uat", "Build", Some("release day"));
    let said = std::thread::scope(|scope| {
        let moving = scope.spawn(|| stage.run(&["to", "uat", "--yes"]));
        let waits = |fake: &Fake| fake.waits_for("shop-uat").as_deref() == Some("Build");
        assert!(stage.fake.until(waits), "{:?}", stage.fake.executions("shop-uat"));
        // Whoever asks a second time has heard the first answer: that it waits.
        let asked = |fake: &Fake| {
            let requests = fake.requests();
            requests.iter().filter(|(operation, _)| operation == "GetPipelineState").count()
        };
        let before = asked(&stage.fake);
        assert!(stage.fake.until(|fake| asked(fake) >= before + 2), "{:?}", stage.fake.requests());
        stage.fake.landed(&Landed {
            bucket: stage.bucket.clone(),
            key: "shop/uat.zip".to_owned(),
            version: Some("theirs".to_owned()),
            summary: Some("b7d2f19 to uat by bob".to_owned()),
        });
        moving.join().unwrap()
    });
    assert_eq!(said.code, Some(7), "{said:?}");
    for part in [
        "waits before Build, which was closed by arn:aws:iam::111122223333:user/carol: \"release day\"",
        "replaced by a newer promotion",
        "b7d2f19 to uat by bob",
    ] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let history = stage.project.document(&["history", "uat"]).unwrap();
    assert_eq!(history["entries"][0]["result"], "superseded", "{history}");
    println!("{}", said.err);
}

#[test]
fn what_waits_for_a_person_is_answered_from_another_terminal() {
    let stage = Stage::new();
    stage.fake.pipeline("shop-uat", Shape::of(&stage.bucket, "shop/uat.zip").with_approval());
    let stage = stage.watched().published();
    let early = stage.run(&["watch", "uat", "--approve", "Approve/Approval"]);
    assert_eq!(early.code, Some(5), "{early:?}");
    assert_eq!(stage.run(&["to", "uat", "--yes", "--no-wait"]).code, Some(0));
    let waits = |fake: &Fake| fake.waits_for("shop-uat").as_deref() == Some("Approve/Approval");
    assert!(stage.fake.until(waits));
    let said = stage.run(&["watch", "uat", "--timeout", "3s"]);
    assert_eq!(said.code, Some(9), "{said:?}");
    for part in [
        "waits for a person's answer to Approve/Approval: \"does it look right?\"",
        "https://uat.example.com/",
        "codepipeline:PutApprovalResult",
        "promote watch uat --approve Approve/Approval",
    ] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let wrong = stage.run(&["watch", "uat", "--approve", "Deploy/CodeDeploy"]);
    assert_eq!(wrong.code, Some(5), "{wrong:?}");
    assert!(wrong.err.contains("`Approve/Approval` of shop-uat"), "{wrong:?}");
    let said = stage.run(&["watch", "uat", "--approve", "Approve/Approval", "--comment", "looks right"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let answers: Vec<Value> = stage
        .fake
        .requests()
        .into_iter()
        .filter(|(operation, _)| operation == "PutApprovalResult")
        .map(|(_, body)| body)
        .collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["result"]["summary"], "alice: looks right");
    assert_eq!(stage.run(&["resume", "uat", "--yes"]).code, Some(0));

    // No: the pipeline fails, and says why.
    let second = stage.project.commit("app.txt", "two\n", "feat: more").unwrap();
    stage.project.done(&["publish", "--commit", &second]).unwrap();
    assert_eq!(stage.run(&["to", "uat", "--yes", "--no-wait"]).code, Some(0));
    assert!(stage.fake.until(waits));
    let said = stage.run(&["watch", "uat", "--reject", "Approve/Approval", "--comment", "wrong texts"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = stage.run(&["resume", "uat", "--yes"]);
    assert_eq!(said.code, Some(7), "{said:?}");
    assert!(said.err.contains("stage Approve, action Approval: \"alice: wrong texts\""), "{said:?}");
}

#[test]
fn a_pipeline_without_a_trigger_is_started_with_our_version() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let more = "\n[env.uat]\ndeploy = { codepipeline = \"shop-uat\", start = true }\n";
    let stage = Stage::with(server, bucket, more);
    stage.fake.pipeline("shop-uat", Shape { deaf: true, ..Shape::of(&stage.bucket, "shop/uat.zip") });
    let stage = stage.watched().published();
    let left = stage.run(&["to", "uat", "--yes", "--no-wait"]);
    assert_eq!(left.code, Some(0), "{left:?}");
    assert!(stage.executions("shop-uat").is_empty(), "what is left for later starts nothing");
    let said = stage.run(&["resume", "uat", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(stage.executions("shop-uat"), [(stage.version("shop/uat.zip"), "Succeeded".into())]);
    let requests = stage.fake.requests();
    let starts: Vec<&Value> = requests
        .iter()
        .filter(|(operation, _)| operation == "StartPipelineExecution")
        .map(|(_, body)| body)
        .collect();
    assert_eq!(starts.len(), 1);
    assert_eq!(starts[0]["sourceRevisions"][0]["revisionType"], "S3_OBJECT_VERSION_ID");
    assert_eq!(starts[0]["sourceRevisions"][0]["revisionValue"], stage.version("shop/uat.zip"));
    assert_eq!(starts[0]["clientRequestToken"].as_str().unwrap().len(), 64);
}

#[test]
fn several_pipelines_of_one_target_are_followed_together() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let more = "\n[env.uat]\ndeploy = { codepipeline = [\"shop-uat\", \"shop-training\"] }\non-failure = \"rollback\"\n";
    let stage = Stage::with(server, bucket, more);
    stage.fake.pipeline("shop-training", Shape::of(&stage.bucket, "shop/uat.zip"));
    let stage = stage.watched().published();
    assert_eq!(stage.run(&["to", "uat", "--yes"]).code, Some(0));
    let second = stage.project.commit("app.txt", "two\n", "feat: more").unwrap();
    stage.project.done(&["publish", "--commit", &second]).unwrap();
    stage.fake.plan("shop-training", [fails("CodeBuild", "tests failed")]);
    let said = stage.run(&["to", "uat", "--yes"]);
    assert_eq!(said.code, Some(8), "a failed one puts back what was there: {said:?}");
    assert!(said.err.contains("shop-training, stage Build, action CodeBuild: \"tests failed\""), "{said:?}");
    let version = stage.version("shop/uat.zip");
    for pipeline in ["shop-uat", "shop-training"] {
        let taken = stage.executions(pipeline);
        assert_eq!((taken.len(), &taken[0]), (3, &(version.clone(), "Succeeded".to_owned())), "{taken:?}");
    }
}

#[test]
fn doctor_compares_what_is_watched_with_what_is_written() {
    let stage = Stage::new();
    let good = stage.run(&["doctor"]);
    assert!(good.out.contains("`Zip` watches the target of prod"), "{good:?}");
    stage.fake.pipeline("shop-prod", Shape::of(&stage.bucket, "shop/uat.zip"));
    let stage = stage.watched().published();
    let said = stage.run(&["doctor"]);
    assert_eq!(said.code, Some(10), "{said:?}");
    let bucket = &stage.bucket;
    let wrong = format!(
        "shop-prod is not started by this: Zip watches `s3://{bucket}/shop/uat.zip`, not `s3://{bucket}/shop/prod.zip`"
    );
    assert!(said.out.contains(&wrong), "{said:?}");
    println!("{}", said.out);
    // The promotion itself says so before anything moves, instead of waiting for an execution that never comes.
    assert_eq!(stage.run(&["to", "uat", "--yes"]).code, Some(0));
    for more in [&["--yes"][..], &["--yes", "--no-wait"]] {
        let said = stage.run(&[&["to", "prod"], more].concat());
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(&wrong) && said.err.contains("Nothing was changed."), "{said:?}");
    }
    let standing = stage.run(&["verify", "prod"]);
    assert!(standing.out.contains("is not there, as recorded"), "{standing:?}");
    stage.fake.refuse("GetPipeline", "AccessDeniedException", "User is not authorized");
    stage.fake.pipeline("shop-prod", Shape::of(bucket, "shop/prod.zip"));
    let said = stage.run(&["doctor"]);
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(
        said.out.contains("the right `codepipeline:GetPipeline` on `arn:aws:codepipeline:us-east-1:ACCOUNT:shop-prod` is missing"),
        "{said:?}"
    );
}

#[test]
fn a_bucket_without_versions_behind_a_pipeline_is_an_error_that_says_what_to_do() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = format!("promote-plain-{}", std::process::id());
    plain_bucket(&server, &bucket).unwrap();
    let stage = Stage::with(server, bucket, "").watched();
    let said = stage.run(&["publish", "--commit", &stage.commit, "--no-move"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = stage.run(&["doctor"]);
    assert_eq!(said.code, Some(10), "{said:?}");
    let wrong =
        format!("the bucket `{}` keeps no versions, so shop-staging can take nothing from it", stage.bucket);
    assert!(said.out.contains(&wrong), "{said:?}");
    assert!(format!("{said:?}").contains("put-bucket-versioning"), "{said:?}");
    // The promotion itself says so before anything moves, instead of waiting for an execution that never comes.
    let said = stage.run(&["to", "staging", &stage.commit, "--yes", "--timeout", "3s"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    for part in [&*wrong, "Nothing was changed.", "put-bucket-versioning"] {
        assert!(said.err.contains(part), "{part}: {said:?}");
    }
    println!("{}", said.err);
}

#[test]
fn a_pipeline_is_started_with_the_release_s_own_object_and_no_target_is_moved() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let fake = Fake::start().unwrap();
    for (pipeline, any_key) in [("shop-staging", true), ("shop-prod", false)] {
        fake.pipeline(pipeline, Shape { any_key, ..Shape::of(&bucket, "shop/unused.zip") });
    }
    let mut project = Project::new(PROGRAM).unwrap();
    project.variables = bucket::sign_in(&server);
    project.variables.insert("AWS_ENDPOINT_URL_CODEPIPELINE".to_owned(), fake.endpoint());
    let file = format!(
        "project = \"shop\"\nenvironments = [\"staging\", \"prod\"]\nsource = \"s3://{bucket}/shop/{{sha}}.zip\"\n\
         deploy = {{ codepipeline = \"shop-{{env}}\", start = true }}\ntimeout = \"60s\"\n\n\
         [store.{bucket}]\nendpoint = \"{}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n",
        server.endpoint
    );
    project.write("promote.toml", &file).unwrap();
    let first = project.commit("app.txt", "one\n", "feat: begin").unwrap();
    project.done(&["publish"]).unwrap();
    let second = project.commit("app.txt", "two\n", "feat: more").unwrap();
    project.done(&["publish"]).unwrap();
    project.done(&["rollback", "staging", "--yes", "--reason", "502"]).unwrap();
    let version = |commit: &str| {
        let key = format!("shop/{commit}.zip");
        let said = s3api(&server, &["head-object", "--bucket", &bucket, "--key", &key]).unwrap();
        let head: Value = serde_json::from_str(&said).unwrap();
        head["VersionId"].as_str().unwrap().to_owned()
    };
    let starts: Vec<Value> = fake
        .requests()
        .into_iter()
        .filter(|(operation, _)| operation == "StartPipelineExecution")
        .map(|(_, body)| body)
        .collect();
    let taken: Vec<(&str, &str)> = starts
        .iter()
        .map(|one| (&one["sourceRevisions"][0]["revisionValue"], &one["sourceRevisions"][1]["revisionValue"]))
        .map(|(version, key)| (version.as_str().unwrap(), key.as_str().unwrap()))
        .collect();
    let [one, two] = [&first, &second].map(|commit| (version(commit), format!("shop/{commit}.zip")));
    // The old release comes back with the same version, and yet is started anew.
    let wanted: Vec<(&str, &str)> =
        [&one, &two, &one].into_iter().map(|(version, key)| (version.as_str(), key.as_str())).collect();
    assert_eq!(taken, wanted);
    let keys = promote_tests::client::listing(&server, &bucket).unwrap().join("\n");
    assert!(!keys.contains("shop/staging.zip") && !keys.contains("unused.zip"), "{keys}");
    let status = project.document(&["status", "staging"]).unwrap();
    assert_eq!(status["environments"][0]["running"]["sha"], first.as_str());
    project.done(&["verify", "--ledger"]).unwrap();

    // A pipeline that takes no other key says what is to be set, before anything is begun.
    let refused = project.run(&["to", "prod", "--yes"]).unwrap();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(format!("{}{}", refused.out, refused.err).contains("AllowOverrideForS3ObjectKey"), "{refused:?}");
}
