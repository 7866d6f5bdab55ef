//! What the service's answers are taken to mean, and what is sent: against the project's own stand-in.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use promote_codepipeline::{CodePipelines, Settings, SignIn};
use promote_port::port::pipeline::{ActionStatus, ExecutionStatus, Taken, Verdict, Watched};
use promote_port::port::{ErrorKind, Pipelines, VersionId};
use promote_stand_ins::codepipeline_fake::{Fake, Landed, Plan, Shape};
use std::time::Duration;

fn keys() -> SignIn {
    SignIn::Keys { id: "AKIDTEST".to_owned(), secret: "of-no-value".to_owned(), token: None }
}

fn at(endpoint: String) -> CodePipelines {
    let settings = Settings { region: Some("us-east-1".to_owned()), profile: None, endpoint: Some(endpoint) };
    CodePipelines::with(settings, keys())
}

/// The stand-in with one pipeline, and the way to it.
fn stage() -> (Fake, CodePipelines) {
    let fake = Fake::start().unwrap();
    fake.pipeline("billing-prod", Shape::of("acme", "billing/prod.zip"));
    let pipelines = at(fake.endpoint());
    (fake, pipelines)
}

fn land(fake: &Fake, version: &str) {
    fake.landed(&Landed {
        bucket: "acme".to_owned(),
        key: "billing/prod.zip".to_owned(),
        version: Some(version.to_owned()),
        summary: Some(format!("{version} to prod by alice")),
    });
}

fn ended(fake: &Fake, count: usize) -> bool {
    fake.until(|fake| {
        let all = fake.executions("billing-prod");
        all.len() == count && all.iter().all(|one| one["status"] != "InProgress")
    })
}

#[tokio::test]
async fn a_declaration_names_what_is_watched_and_what_waits_for_people() {
    let (fake, pipelines) = stage();
    fake.pipeline("billing-uat", Shape::of("acme", "billing/uat.zip").with_approval());
    let found = pipelines.describe("billing-uat").await.unwrap();
    let names: Vec<&str> = found.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["Source", "Approve", "Build", "Deploy"]);
    let place = Watched::Object { bucket: "acme".to_owned(), key: "billing/uat.zip".to_owned() };
    assert_eq!((found.sources.len(), &found.sources[0].watches), (1, &place));
    assert_eq!((found.sources[0].action.as_str(), found.sources[0].polls), ("Zip", Some(false)));
    let approvals: Vec<bool> =
        found.stages.iter().flat_map(|stage| &stage.actions).map(|action| action.approval).collect();
    assert_eq!(approvals, [false, true, false, false]);
    assert_eq!(found.stages[1].actions[0].note.as_deref(), Some("does it look right?"));
    assert_eq!(found.mode.as_deref(), Some("SUPERSEDED"));
}

#[tokio::test]
async fn an_execution_is_told_with_its_version_its_actions_and_its_failure() {
    let (fake, pipelines) = stage();
    let link = "https://console.aws.amazon.com/codedeploy/d-1";
    let fails = ("CodeDeploy".to_owned(), "too many instances failed".to_owned(), link.to_owned());
    fake.plan("billing-prod", [Plan { fails: Some(fails), ..Plan::default() }, Plan::default()]);
    land(&fake, "v1");
    assert!(ended(&fake, 1));
    land(&fake, "v2");
    assert!(ended(&fake, 2));
    let found = pipelines.recent("billing-prod", None).await.unwrap();
    assert_eq!(
        found.iter().map(|one| one.status).collect::<Vec<_>>(),
        [ExecutionStatus::Succeeded, ExecutionStatus::Failed]
    );
    assert_eq!(found[1].revisions[0].id.as_deref(), Some("v1"));
    assert_eq!(found[1].revisions[0].summary.as_deref(), Some("v1 to prod by alice"));
    assert_eq!(found[1].trigger.as_deref(), Some("CloudWatchEvent"));
    // The stand-in gives two actions a page; all pages are read.
    let runs = pipelines.actions("billing-prod", &found[1].id).await.unwrap();
    let told: Vec<(&str, ActionStatus)> = runs.iter().map(|run| (run.action.as_str(), run.status)).collect();
    assert_eq!(
        told,
        [
            ("Zip", ActionStatus::Succeeded),
            ("CodeBuild", ActionStatus::Succeeded),
            ("CodeDeploy", ActionStatus::Failed)
        ]
    );
    assert_eq!(runs[2].message.as_deref(), Some("too many instances failed"));
    assert_eq!(runs[2].link.as_deref(), Some(link));
    let one = pipelines.look("billing-prod", &found[0].id).await.unwrap().unwrap();
    assert_eq!(one.status, ExecutionStatus::Succeeded);
    assert_eq!(pipelines.look("billing-prod", "unknown").await.unwrap(), None);
    let page = pipelines.page("billing-prod", &found[0].id).unwrap();
    assert!(page.starts_with("https://us-east-1.console.aws.amazon.com/") && page.contains(&found[0].id));
    let stages = pipelines.stages("billing-prod").await.unwrap();
    assert_eq!(stages[2].execution.as_deref(), Some(found[0].id.as_str()));
}

#[tokio::test]
async fn a_start_carries_the_version_once_and_its_repetition_starts_nothing() {
    let (fake, pipelines) = stage();
    let versions = [Taken { action: "Zip".to_owned(), version: VersionId("v7".to_owned()), key: None }];
    let first = pipelines.start("billing-prod", &versions, "token-1").await.unwrap();
    assert_eq!(pipelines.start("billing-prod", &versions, "token-1").await.unwrap(), first);
    let second = pipelines.start("billing-prod", &versions, "token-2").await.unwrap();
    assert_ne!(first, second);
    let (operation, body) = fake.requests().swap_remove(0);
    assert_eq!(operation, "StartPipelineExecution");
    assert_eq!(
        body["sourceRevisions"],
        serde_json::json!([
            { "actionName": "Zip", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "v7" }
        ])
    );
    // Reads are sent again when the service asks to slow down, starts are not.
    fake.throttle(1);
    let error = pipelines.start("billing-prod", &versions, "token-3").await.unwrap_err();
    assert_eq!((error.kind, error.retry_after()), (ErrorKind::Unavailable, Some(Duration::ZERO)));
    fake.throttle(1);
    pipelines.recent("billing-prod", None).await.unwrap();
}

#[tokio::test]
async fn a_waiting_approval_is_answered_once_with_the_token_that_was_seen() {
    let (fake, pipelines) = stage();
    fake.pipeline("billing-prod", Shape::of("acme", "billing/prod.zip").with_approval());
    land(&fake, "v1");
    assert!(fake.until(|fake| fake.waits_for("billing-prod").as_deref() == Some("Approve/Approval")));
    let stages = pipelines.stages("billing-prod").await.unwrap();
    let waiting: Vec<_> = stages.into_iter().flat_map(|stage| stage.waiting).collect();
    let verdict = Verdict { approved: true, comment: "fine".to_owned() };
    let mut older = waiting[0].clone();
    older.token = "token-of-yesterday".to_owned();
    let error = pipelines.answer("billing-prod", &older, &verdict).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    pipelines.answer("billing-prod", &waiting[0], &verdict).await.unwrap();
    let error = pipelines.answer("billing-prod", &waiting[0], &verdict).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Conflict, "somebody else answered it meanwhile")
    );
    assert!(ended(&fake, 1));
    assert_eq!(fake.executions("billing-prod")[0]["status"], "Succeeded");

    // A stage is rolled back to an execution that succeeded in it, and to no other.
    let id = fake.executions("billing-prod")[0]["pipelineExecutionId"].as_str().unwrap().to_owned();
    let back = pipelines.roll_back_stage("billing-prod", "Deploy", &id).await.unwrap();
    assert!(ended(&fake, 2));
    assert_eq!(fake.executions("billing-prod")[0]["executionType"], "ROLLBACK");
    assert_eq!(pipelines.actions("billing-prod", &back).await.unwrap().len(), 1);
    let error = pipelines.roll_back_stage("billing-prod", "Build", &back).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
}

#[tokio::test]
async fn a_closed_transition_and_who_waits_before_it_are_told() {
    let (fake, pipelines) = stage();
    fake.close("billing-prod", "Build", Some("release day"));
    land(&fake, "v1");
    let waits =
        |fake: &Fake| fake.executions("billing-prod").iter().any(|one| one["sourceRevisions"][0].is_object());
    assert!(fake.until(waits));
    let stages = pipelines.stages("billing-prod").await.unwrap();
    let closed = stages[1].closed.as_ref().unwrap();
    assert_eq!(closed.reason.as_deref(), Some("release day"));
    assert!(closed.by.as_deref().unwrap().ends_with("user/carol"));
    let id = fake.executions("billing-prod")[0]["pipelineExecutionId"].as_str().unwrap().to_owned();
    assert_eq!(stages[1].inbound, [id]);
}

#[tokio::test]
async fn errors_name_the_pipeline_the_right_and_what_to_do() {
    let (fake, pipelines) = stage();
    let error = pipelines.describe("billing-prd").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("no pipeline of this name in `us-east-1`"), "{error}");
    fake.refuse(
        "GetPipeline",
        "AccessDeniedException",
        "User: x is not authorized to perform: codepipeline:GetPipeline",
    );
    let error = pipelines.describe("billing-prod").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert_eq!(
        error.message,
        "the right `codepipeline:GetPipeline` on `arn:aws:codepipeline:us-east-1:ACCOUNT:billing-prod` is missing"
    );
    fake.refuse("*", "ExpiredTokenException", "The security token included in the request is expired");
    let error = pipelines.recent("billing-prod", None).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Denied, "the credentials have expired"));
    fake.refuse("*", "UnrecognizedClientException", "The security token included in the request is invalid");
    let error = pipelines.recent("billing-prod", None).await.unwrap_err();
    assert!(error.message.contains("does not accept the credentials"), "{error}");
    fake.refuse("*", "InternalFailure", "oops");
    assert_eq!(pipelines.recent("billing-prod", None).await.unwrap_err().kind, ErrorKind::Unavailable);
    let verdict = [Taken { action: "Zip".to_owned(), version: VersionId("v".to_owned()), key: None }];
    assert_eq!(pipelines.start("billing-prod", &verdict, "t").await.unwrap_err().kind, ErrorKind::Unknown);
    drop(fake);
    let gone = at("http://127.0.0.1:9".to_owned()).describe("billing-prod").await.unwrap_err();
    assert_eq!(
        (gone.kind, gone.message.as_str()),
        (ErrorKind::Unavailable, "the service could not be reached")
    );
    let nowhere = CodePipelines::with(Settings::default(), keys()).describe("x").await.unwrap_err();
    assert_eq!((nowhere.kind, nowhere.message.as_str()), (ErrorKind::Invalid, "no region is configured"));
}

#[tokio::test]
async fn executions_behind_the_first_page_are_found_from_a_time_on() {
    let (fake, pipelines) = stage();
    for number in 0..120 {
        let versions =
            [Taken { action: "Zip".to_owned(), version: VersionId(format!("v{number}")), key: None }];
        pipelines.start("billing-prod", &versions, &format!("token-{number}")).await.unwrap();
    }
    let carries = |found: &[promote_port::port::pipeline::Execution], version: &str| {
        found.iter().flat_map(|one| &one.revisions).any(|one| one.id.as_deref() == Some(version))
    };
    let newest = pipelines.recent("billing-prod", None).await.unwrap();
    assert_eq!((newest.len(), carries(&newest, "v0")), (50, false));
    let before = chrono::DateTime::from_timestamp(0, 0);
    let all = pipelines.recent("billing-prod", before).await.unwrap();
    assert_eq!((all.len(), carries(&all, "v0")), (120, true));
    // None of them began later than that.
    let later = Some(chrono::Utc::now() + chrono::TimeDelta::hours(1));
    assert_eq!(pipelines.recent("billing-prod", later).await.unwrap().len(), 50);
    drop(fake);
}
