//! The answers as JSON, in the shapes that Amazon's documentation records for `CodePipeline_20150709`, each with a field
//! that no client knows.

use super::engine::{Exec, Pipeline, Run};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a person is to look at before the answer.
const APPROVED: &str = "https://uat.example.com/";

/// A point in time: seconds with fractions.
fn time(at: SystemTime) -> Value {
    json!(at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64())
}

/// `GetPipeline`.
pub(crate) fn declaration(name: &str, pipeline: &Pipeline) -> Value {
    let shape = &pipeline.shape;
    let action = |stage: &str, action: &str| {
        let (category, provider, configuration) = match (stage, action) {
            ("Source", _) => (
                "Source",
                "S3",
                json!({
                    "S3Bucket": shape.bucket, "S3ObjectKey": shape.key,
                    "PollForSourceChanges": shape.polls.to_string(),
                    "AllowOverrideForS3ObjectKey": shape.any_key.to_string(),
                }),
            ),
            (_, "Approval") => (
                "Approval",
                "Manual",
                json!({ "CustomData": "does it look right?", "ExternalEntityLink": APPROVED }),
            ),
            ("Build", _) => ("Build", "CodeBuild", json!({ "ProjectName": format!("{name}-build") })),
            _ => ("Deploy", "CodeDeploy", json!({ "ApplicationName": name, "DeploymentGroupName": "all" })),
        };
        json!({
            "name": action,
            "actionTypeId": { "category": category, "owner": "AWS", "provider": provider, "version": "1" },
            "runOrder": 1, "configuration": configuration,
            "outputArtifacts": [], "inputArtifacts": [], "zzUnknown": { "a": [1] },
        })
    };
    let stages: Vec<Value> = pipeline
        .stages
        .iter()
        .map(|(stage, actions)| {
            json!({ "name": stage, "actions": actions.iter().map(|one| action(stage, one)).collect::<Vec<_>>() })
        })
        .collect();
    json!({
        "pipeline": {
            "name": name, "roleArn": "arn:aws:iam::111122223333:role/pipeline",
            "artifactStore": { "type": "S3", "location": "codepipeline-us-east-1-111122223333" },
            "stages": stages, "version": 3, "pipelineType": "V2",
            "executionMode": if shape.superseding { "SUPERSEDED" } else { "QUEUED" },
            "zzUnknown": true,
        },
        "metadata": { "pipelineArn": format!("arn:aws:codepipeline:us-east-1:111122223333:{name}"), "created": 1_446_137_312.204 },
    })
}

/// Whether the source action has run, so that the execution shows what it took.
fn took(one: &Exec) -> bool {
    one.runs.iter().any(|run| run.stage == "Source" && run.status == "Succeeded") || one.kind == "ROLLBACK"
}

/// An entry of `ListPipelineExecutions`.
pub(crate) fn summary(one: &Exec) -> Value {
    let mut revisions = Vec::new();
    if took(one) {
        let line = one.summary.clone().unwrap_or_else(|| format!("Amazon S3 version id: {}", one.version));
        revisions.push(json!({
            "actionName": "Zip", "revisionId": one.version, "revisionSummary": line,
            "revisionUrl": "https://console.aws.amazon.com/s3/object/",
        }));
    }
    let mut summary = json!({
        "pipelineExecutionId": one.id, "status": one.status, "startTime": time(one.began),
        "lastUpdateTime": time(SystemTime::now()), "sourceRevisions": revisions,
        "trigger": { "triggerType": one.trigger, "triggerDetail": "arn:aws:events:us-east-1:111122223333:rule/x" },
        "executionMode": "SUPERSEDED", "executionType": one.kind, "zzUnknown": null,
    });
    if let (Some(reason), Some(summary)) = (&one.stop_reason, summary.as_object_mut()) {
        summary.insert("stopTrigger".to_owned(), json!({ "reason": reason }));
    }
    summary
}

/// `GetPipelineExecution`.
pub(crate) fn execution(one: &Exec) -> Value {
    let mut artifacts = Vec::new();
    if took(one) {
        artifacts.push(json!({
            "name": "SourceOutput", "revisionId": one.version, "created": time(one.began),
            "revisionSummary": one.summary, "revisionUrl": "https://console.aws.amazon.com/s3/object/",
        }));
    }
    json!({ "pipelineExecution": {
        "pipelineName": one.pipeline, "pipelineVersion": 3, "pipelineExecutionId": one.id,
        "status": one.status, "artifactRevisions": artifacts,
        "trigger": { "triggerType": one.trigger }, "executionMode": "SUPERSEDED", "executionType": one.kind,
    }})
}

/// An entry of `ListActionExecutions`.
pub(crate) fn detail(one: &Exec, run: &Run) -> Value {
    let mut result =
        json!({ "externalExecutionId": format!("ext-{}", run.id), "externalExecutionUrl": run.link });
    if let (Some(message), Some(result)) = (&run.message, result.as_object_mut()) {
        result.insert("externalExecutionSummary".to_owned(), json!("Deployment failed"));
        result.insert("errorDetails".to_owned(), json!({ "code": "JobFailed", "message": message }));
    }
    json!({
        "pipelineExecutionId": one.id, "actionExecutionId": run.id, "pipelineVersion": 3,
        "stageName": run.stage, "actionName": run.action, "startTime": time(run.began),
        "lastUpdateTime": time(SystemTime::now()), "status": run.status,
        "input": { "actionTypeId": { "category": "Deploy", "owner": "AWS", "provider": "CodeDeploy", "version": "1" },
                   "configuration": {}, "region": "us-east-1", "inputArtifacts": [] },
        "output": { "outputArtifacts": [], "executionResult": result, "outputVariables": {} },
        "zzUnknown": "x",
    })
}

/// `GetPipelineState`.
pub(crate) fn state(name: &str, pipeline: &Pipeline) -> Value {
    let stage = |(at, (stage, actions)): (usize, &(String, Vec<String>))| {
        let waits = |one: &&Exec| one.waits && one.stage == at && one.status == "InProgress";
        let inbound: Vec<Value> = pipeline
            .executions
            .iter()
            .filter(waits)
            .map(|one| json!({ "pipelineExecutionId": one.id, "status": "InProgress" }))
            .collect();
        let in_it = |one: &&Exec| one.runs.iter().any(|run| run.stage == *stage);
        let latest = pipeline.executions.iter().rev().find(in_it);
        let actions: Vec<Value> = actions
            .iter()
            .map(|action| {
                let entity = if action == "Approval" { APPROVED } else { "https://console.aws.amazon.com/" };
                let mut state = json!({ "actionName": action, "entityUrl": entity });
                let run = latest.and_then(|one| one.runs.iter().find(|run| run.stage == *stage && run.action == *action));
                if let (Some(run), Some(state)) = (run, state.as_object_mut()) {
                    let mut last = json!({
                        "actionExecutionId": run.id, "status": run.status, "lastStatusChange": time(run.began),
                        "summary": run.message, "externalExecutionUrl": run.link,
                    });
                    let token = run.token.as_ref().filter(|_| run.status == "InProgress");
                    if let (Some(token), Some(last)) = (token, last.as_object_mut()) {
                        last.insert("token".to_owned(), json!(token));
                    }
                    state.insert("latestExecution".to_owned(), last);
                }
                state
            })
            .collect();
        let transition = match pipeline.closed.get(stage) {
            Some(reason) => json!({
                "enabled": false, "disabledReason": reason, "lastChangedAt": 1_500_000_000.5,
                "lastChangedBy": "arn:aws:iam::111122223333:user/carol",
            }),
            None => json!({ "enabled": true }),
        };
        let mut value = json!({
            "stageName": stage, "inboundExecutions": inbound, "inboundTransitionState": transition,
            "actionStates": actions, "zzUnknown": [],
        });
        if let (Some(first), Some(value)) = (inbound.first(), value.as_object_mut()) {
            value.insert("inboundExecution".to_owned(), first.clone());
        }
        if let (Some(latest), Some(value)) = (latest, value.as_object_mut()) {
            value.insert(
                "latestExecution".to_owned(),
                json!({ "pipelineExecutionId": latest.id, "status": latest.status, "type": latest.kind }),
            );
        }
        value
    };
    let stages: Vec<Value> = pipeline.stages.iter().enumerate().map(stage).collect();
    json!({
        "pipelineName": name, "pipelineVersion": 3, "stageStates": stages,
        "created": 1_446_137_312.204, "updated": 1_446_137_312.204,
    })
}
