//! What is asked of the service, by operation.

use super::answers;
use super::engine::{Landed, Pipeline, World};
use serde_json::{Value, json};
use std::time::SystemTime;

/// An error: its type and its message.
pub(crate) type Refused = (String, String);

fn refuse<T>(code: &str, message: impl Into<String>) -> Result<T, Refused> {
    Err((code.to_owned(), message.into()))
}

fn text(body: &Value, name: &str) -> Result<String, Refused> {
    match body.get(name).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => refuse("ValidationException", format!("1 validation error detected: Value null at '{name}'")),
    }
}

/// Carries out one operation.
pub(crate) fn carry_out(world: &mut World, operation: &str, body: &Value) -> Result<Value, Refused> {
    world.requests.push((operation.to_owned(), body.clone()));
    if world.throttled > 0 {
        world.throttled -= 1;
        return refuse("ThrottlingException", "Rate exceeded");
    }
    if let Some((code, message)) = world.refused.get(operation).or_else(|| world.refused.get("*")) {
        return refuse(code, message);
    }
    world.advance();
    let key = match operation {
        "GetPipeline" | "GetPipelineState" | "StartPipelineExecution" => "name",
        _ => "pipelineName",
    };
    let name = text(body, key)?;
    let missing = || {
        (
            "PipelineNotFoundException".to_owned(),
            format!("Account '111122223333' does not have a pipeline with name '{name}'"),
        )
    };
    if operation == "StartPipelineExecution" {
        return if world.pipelines.contains_key(&name) { start(world, &name, body) } else { Err(missing()) };
    }
    if operation == "RollbackStage" {
        return if world.pipelines.contains_key(&name) {
            roll_back(world, &name, body)
        } else {
            Err(missing())
        };
    }
    let pipeline = world.pipelines.get_mut(&name).ok_or_else(missing)?;
    match operation {
        "GetPipeline" => Ok(answers::declaration(&name, pipeline)),
        "GetPipelineState" => Ok(answers::state(&name, pipeline)),
        "ListPipelineExecutions" => {
            let limit = body.get("maxResults").and_then(Value::as_u64).unwrap_or(100);
            let limit = usize::try_from(limit).unwrap_or(100);
            let from =
                body.get("nextToken").and_then(Value::as_str).and_then(|at| at.parse().ok()).unwrap_or(0);
            let found = pipeline.executions.iter().rev().skip(from).take(limit);
            let found: Vec<Value> = found.map(answers::summary).collect();
            let mut answer = json!({ "pipelineExecutionSummaries": found });
            if pipeline.executions.len() > from + limit
                && let Some(answer) = answer.as_object_mut()
            {
                answer.insert("nextToken".to_owned(), json!((from + limit).to_string()));
            }
            Ok(answer)
        }
        "GetPipelineExecution" => Ok(answers::execution(&pipeline.executions[find(pipeline, body)?])),
        "ListActionExecutions" => actions(pipeline, body),
        "PutApprovalResult" => approve(pipeline, body),
        "StopPipelineExecution" => {
            let at = find(pipeline, body)?;
            let one = &mut pipeline.executions[at];
            if one.status != "InProgress" {
                return refuse("PipelineExecutionNotStoppableException", "it has ended");
            }
            one.status = "Stopping";
            one.stop_reason = body.get("reason").and_then(Value::as_str).map(str::to_owned);
            for run in one.runs.iter_mut().filter(|run| run.status == "InProgress") {
                run.status = "Abandoned";
            }
            Ok(json!({ "pipelineExecutionId": one.id }))
        }
        "RetryStageExecution" => retry(pipeline, body),
        "EnableStageTransition" => {
            pipeline.closed.remove(&text(body, "stageName")?);
            Ok(json!({}))
        }
        "DisableStageTransition" => {
            pipeline.closed.insert(text(body, "stageName")?, text(body, "reason")?);
            Ok(json!({}))
        }
        other => refuse("UnknownOperationException", format!("{other} is not known here")),
    }
}

fn find(pipeline: &Pipeline, body: &Value) -> Result<usize, Refused> {
    let id = text(body, "pipelineExecutionId")?;
    let at = pipeline.executions.iter().position(|one| one.id == id);
    at.map_or_else(
        || refuse("PipelineExecutionNotFoundException", "The pipeline execution was not found"),
        Ok,
    )
}

/// Pages of two, so that nobody gets along with the first one.
fn actions(pipeline: &Pipeline, body: &Value) -> Result<Value, Refused> {
    let filter = body.get("filter").cloned().unwrap_or_default();
    let one = &pipeline.executions[find(pipeline, &filter)?];
    let from: usize = match body.get("nextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => match token.parse() {
            Ok(from) => from,
            Err(_) => return refuse("InvalidNextTokenException", "the token is not ours"),
        },
    };
    let all: Vec<Value> = one.runs.iter().rev().map(|run| answers::detail(one, run)).collect();
    let page: Vec<Value> = all.iter().skip(from).take(2).cloned().collect();
    let mut answer = json!({ "actionExecutionDetails": page });
    if from + 2 < all.len() {
        answer["nextToken"] = json!((from + 2).to_string());
    }
    Ok(answer)
}

fn start(world: &mut World, name: &str, body: &Value) -> Result<Value, Refused> {
    let token = body.get("clientRequestToken").and_then(Value::as_str).map(str::to_owned);
    let known =
        world.pipelines.get(name).zip(token.as_ref()).and_then(|(it, token)| it.tokens.get(token).cloned());
    if let Some(id) = known {
        return Ok(json!({ "pipelineExecutionId": id }));
    }
    let mut landed = Landed { version: Some("latest".to_owned()), ..Landed::default() };
    for one in body.get("sourceRevisions").and_then(Value::as_array).into_iter().flatten() {
        if text(one, "actionName")? != "Zip" {
            return refuse("ValidationException", "the source action is not one of the pipeline's");
        }
        let allowed = world.pipelines.get(name).is_some_and(|pipeline| pipeline.shape.any_key);
        match text(one, "revisionType")?.as_str() {
            "S3_OBJECT_VERSION_ID" => landed.version = Some(text(one, "revisionValue")?),
            "S3_OBJECT_KEY" if allowed => {}
            _ => return refuse("ValidationException", "the revision type does not fit the action"),
        }
    }
    let Some(id) = world.begin(name, &landed, "StartPipelineExecution", None) else {
        return refuse("PipelineNotFoundException", "it is gone");
    };
    if let (Some(token), Some(pipeline)) = (token, world.pipelines.get_mut(name)) {
        pipeline.tokens.insert(token, id.clone());
    }
    Ok(json!({ "pipelineExecutionId": id }))
}

fn approve(pipeline: &mut Pipeline, body: &Value) -> Result<Value, Refused> {
    let (stage, action) = (text(body, "stageName")?, text(body, "actionName")?);
    let token = text(body, "token")?;
    let result = body.get("result").cloned().unwrap_or_default();
    let status = match text(&result, "status")?.as_str() {
        "Approved" => "Succeeded",
        "Rejected" => "Failed",
        _ => return refuse("ValidationException", "the status is not known"),
    };
    if !pipeline.stages.iter().any(|(name, _)| *name == stage) {
        return refuse("StageNotFoundException", "The stage was not found");
    }
    let runs = pipeline.executions.iter_mut().flat_map(|one| one.runs.iter_mut());
    let mut of_it = runs.filter(|run| run.stage == stage && run.action == action);
    let Some(run) = of_it.find(|run| run.token.as_deref() == Some(token.as_str())) else {
        return refuse("InvalidApprovalTokenException", "The approval token is not valid");
    };
    if run.status != "InProgress" {
        return refuse(
            "ApprovalAlreadyCompletedException",
            "The approval action has already been approved or rejected",
        );
    }
    run.status = status;
    run.message = (status == "Failed").then(|| text(&result, "summary").unwrap_or_default());
    Ok(json!({ "approvedAt": 1_500_000_000.5 }))
}

fn retry(pipeline: &mut Pipeline, body: &Value) -> Result<Value, Refused> {
    let (at, stage) = (find(pipeline, body)?, text(body, "stageName")?);
    let one = &mut pipeline.executions[at];
    if one.status != "Failed" {
        return refuse("StageNotRetryableException", "the stage did not fail");
    }
    one.runs.retain(|run| run.stage != stage || run.status == "Succeeded");
    one.plan.fails = None;
    one.status = "InProgress";
    Ok(json!({ "pipelineExecutionId": one.id }))
}

fn roll_back(world: &mut World, name: &str, body: &Value) -> Result<Value, Refused> {
    let (stage, target) = (text(body, "stageName")?, text(body, "targetPipelineExecutionId")?);
    let new = world.id();
    let Some(pipeline) = world.pipelines.get_mut(name) else {
        return refuse("PipelineNotFoundException", "gone");
    };
    let Some(at) = pipeline.stages.iter().position(|(name, _)| *name == stage) else {
        return refuse("StageNotFoundException", "The stage was not found");
    };
    let Some(old) = pipeline.executions.iter().find(|one| one.id == target).cloned() else {
        return refuse("PipelineExecutionNotFoundException", "The pipeline execution was not found");
    };
    let ran = |run: &super::engine::Run| run.stage == stage && run.status == "Succeeded";
    if at == 0 || !old.runs.iter().any(ran) {
        return refuse("UnableToRollbackStageException", "the execution did not succeed in the stage");
    }
    pipeline.executions.push(super::engine::Exec {
        id: new.clone(),
        status: "InProgress",
        trigger: "ManualRollback",
        kind: "ROLLBACK",
        began: SystemTime::now(),
        runs: Vec::new(),
        stage: at,
        waits: true,
        until: at,
        ..old
    });
    Ok(json!({ "pipelineExecutionId": new }))
}
