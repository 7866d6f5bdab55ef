//! A second opinion: moto's CodePipeline, which knows creating, describing, starting and listing, and lets every
//! execution succeed the moment it starts. Its executions show no revisions, so they are known by their ids.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]
#![allow(clippy::print_stdout, reason = "figures are to be read by a person")]

use promote_codepipeline::{CodePipelines, Settings, SignIn};
use promote_core::follow::{Follow, Pace};
use promote_port::port::pipeline::{ExecutionStatus, Watched};
use promote_port::port::{Clock, Pipelines, StepEnd, StepProgress, StepTarget, Token, VersionId};
use promote_stand_ins::bucket::sign_in;
use promote_stand_ins::client::python;
use promote_stand_ins::server::Server;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// Makes the pipeline with boto3: a client that knows nothing of this project.
const MAKE: &str = r#"
import boto3, json, sys
endpoint, name = sys.argv[1:]
def client(service):
    return boto3.client(service, endpoint_url=endpoint)
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
def action(name, category, provider, configuration, **artifacts):
    return {"name": name, "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
            "runOrder": 1, "configuration": configuration, **artifacts}
source = action("Zip", "Source", "S3", {"S3Bucket": "acme", "S3ObjectKey": "billing/prod.zip", "PollForSourceChanges": "false"},
                outputArtifacts=[{"name": "out"}], inputArtifacts=[])
ask = action("Manual", "Approval", "Manual", {"CustomData": "fine?"}, outputArtifacts=[], inputArtifacts=[])
client("codepipeline").create_pipeline(pipeline={
    "name": name, "roleArn": role, "version": 1, "artifactStore": {"type": "S3", "location": "acme"},
    "stages": [{"name": "Source", "actions": [source]}, {"name": "Approve", "actions": [ask]}]})
"#;

#[derive(Debug)]
struct Wall;

#[async_trait::async_trait]
impl Clock for Wall {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from(std::time::SystemTime::now())
    }
    fn steady(&self) -> Duration {
        static BEGUN: std::sync::LazyLock<std::time::Instant> =
            std::sync::LazyLock::new(std::time::Instant::now);
        BEGUN.elapsed()
    }
    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span.min(Duration::from_millis(50))).await;
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl StepProgress for Heard {
    fn line(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

#[tokio::test]
async fn moto_agrees_on_what_is_described_started_and_listed() {
    let moto = Server::start("moto").unwrap();
    let name = format!("billing-{}", std::process::id());
    python(&[MAKE], &[&moto.endpoint, &name], &sign_in(&moto)).unwrap();
    let settings =
        Settings { region: Some(moto.region.clone()), profile: None, endpoint: Some(moto.endpoint.clone()) };
    let sign_in = SignIn::Keys { id: moto.access_key.clone(), secret: moto.secret_key.clone(), token: None };
    let pipelines = CodePipelines::with(settings, sign_in);

    let declared = pipelines.describe(&name).await.unwrap();
    let place = Watched::Object { bucket: "acme".to_owned(), key: "billing/prod.zip".to_owned() };
    assert_eq!(declared.sources[0].watches, place);
    assert_eq!(declared.sources[0].polls, Some(false));
    assert!(declared.stages[1].actions[0].approval);
    let target = StepTarget {
        artifact: None,
        location: "s3://acme/billing/prod.zip".parse().unwrap(),
        version: Some(VersionId("v-of-ours".to_owned())),
        token: Token("\"tag\"".to_owned()),
        digest: None,
        commit: "a93be01f4c7d2e8b6a5094d3c2b1a0f9e8d7c6b5".parse().unwrap(),
        committed_at: Wall.now(),
    };
    let heard = Heard::default();
    let names = [name.clone()];
    let follow = Follow {
        pipelines: &pipelines,
        clock: &Wall,
        names: &names,
        targets: &[target],
        environment: "prod",
        start: Some("01JD4W6Z8N"),
        known: &BTreeMap::new(),
        timeout: Duration::from_secs(20),
        pace: Pace::default(),
    };
    let followed = follow.run(&heard).await;
    println!("moto: {followed:?} {:?}", heard.0.lock().unwrap());
    let listed = pipelines.recent(&name, None).await.unwrap();
    assert!(listed.iter().any(|one| one.status == ExecutionStatus::Succeeded), "{listed:?}");
    let missing = pipelines.describe("no-such-pipeline").await.unwrap_err();
    assert!(missing.message.contains("no pipeline of this name"), "{missing}");
    // moto has no actions of executions; what it says of the execution itself is enough.
    assert_eq!(followed.end, StepEnd::Succeeded, "{followed:?}");
}
