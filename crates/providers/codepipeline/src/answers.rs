//! The service's answers as plain data of the port. What is missing or not known is left empty rather than refused:
//! services add fields and states.

use aws_sdk_codepipeline::primitives::DateTime as Time;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionDeclaration, ActionExecutionDetail, ActionExecutionStatus, ActionState,
    PipelineDeclaration, PipelineExecution, PipelineExecutionStatus, PipelineExecutionSummary, StageState,
};
use chrono::{DateTime, Utc};
use promote_port::port::pipeline::{
    ActionRun, ActionStatus, Closed, Declaration, DeclaredAction, DeclaredStage, Execution, ExecutionStatus,
    Revision, Source, StageNow, Waiting, Watched,
};

fn time(time: &Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}

fn setting<'a>(action: &'a ActionDeclaration, name: &str) -> Option<&'a str> {
    action.configuration.as_ref()?.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// A declaration.
pub(crate) fn declaration(found: &PipelineDeclaration) -> Declaration {
    let mut sources = Vec::new();
    let mut stages = Vec::new();
    for stage in &found.stages {
        let mut actions = Vec::new();
        for action in &stage.actions {
            let kind = action.action_type_id.as_ref();
            let category = kind.map(|kind| &kind.category);
            if category == Some(&ActionCategory::Source) {
                sources.push(Source {
                    stage: stage.name.clone(),
                    action: action.name.clone(),
                    watches: watched(action, kind.map_or("", |kind| kind.provider.as_str())),
                    polls: setting(action, "PollForSourceChanges")
                        .map(|text| !text.eq_ignore_ascii_case("false")),
                    any_key: setting(action, "AllowOverrideForS3ObjectKey")
                        .is_some_and(|text| text.eq_ignore_ascii_case("true")),
                });
            }
            actions.push(DeclaredAction {
                name: action.name.clone(),
                approval: category == Some(&ActionCategory::Approval),
                note: setting(action, "CustomData").map(str::to_owned),
                link: setting(action, "ExternalEntityLink").map(str::to_owned),
            });
        }
        stages.push(DeclaredStage { name: stage.name.clone(), actions });
    }
    let mode = found.execution_mode.as_ref().map(|mode| mode.as_str().to_owned());
    Declaration { stages, sources, mode }
}

fn watched(action: &ActionDeclaration, provider: &str) -> Watched {
    match (provider, setting(action, "S3Bucket"), setting(action, "S3ObjectKey")) {
        ("S3", Some(bucket), Some(key)) => Watched::Object { bucket: bucket.to_owned(), key: key.to_owned() },
        _ => Watched::Other(provider.to_owned()),
    }
}

fn status(found: Option<&PipelineExecutionStatus>) -> ExecutionStatus {
    match found {
        Some(PipelineExecutionStatus::Succeeded) => ExecutionStatus::Succeeded,
        Some(PipelineExecutionStatus::Failed) => ExecutionStatus::Failed,
        Some(PipelineExecutionStatus::Stopped) => ExecutionStatus::Stopped,
        Some(PipelineExecutionStatus::Stopping) => ExecutionStatus::Stopping,
        Some(PipelineExecutionStatus::Superseded) => ExecutionStatus::Superseded,
        Some(PipelineExecutionStatus::Cancelled) => ExecutionStatus::Cancelled,
        _ => ExecutionStatus::InProgress,
    }
}

/// An execution of a list.
pub(crate) fn summary(found: &PipelineExecutionSummary) -> Option<Execution> {
    let revisions = found.source_revisions().iter().map(|one| Revision {
        action: one.action_name.clone(),
        id: one.revision_id.clone(),
        summary: one.revision_summary.clone(),
    });
    let stopped = found.stop_trigger.as_ref().and_then(|stop| stop.reason.clone());
    Some(Execution {
        id: found.pipeline_execution_id.clone()?,
        status: status(found.status.as_ref()),
        why: stopped.or_else(|| found.status_summary.clone()),
        started_at: found.start_time.as_ref().and_then(time),
        revisions: revisions.collect(),
        trigger: found.trigger.as_ref().and_then(|by| Some(by.trigger_type.as_ref()?.as_str().to_owned())),
    })
}

/// An execution by itself. Its revisions are named by artifacts, not by actions, so they are left out.
pub(crate) fn execution(found: &PipelineExecution) -> Option<Execution> {
    Some(Execution {
        id: found.pipeline_execution_id.clone()?,
        status: status(found.status.as_ref()),
        why: found.status_summary.clone(),
        started_at: None,
        revisions: Vec::new(),
        trigger: found.trigger.as_ref().and_then(|by| Some(by.trigger_type.as_ref()?.as_str().to_owned())),
    })
}

/// The last attempt of each action, in the order in which the actions began.
pub(crate) fn runs(found: &[ActionExecutionDetail]) -> Vec<ActionRun> {
    let mut runs: Vec<ActionRun> = Vec::new();
    // The service lists the newest first.
    for detail in found {
        let (Some(stage), Some(action)) = (&detail.stage_name, &detail.action_name) else { continue };
        if !runs.iter().any(|run| run.stage == *stage && run.action == *action) {
            runs.push(run(detail, stage, action));
        }
    }
    runs.reverse();
    runs
}

fn run(detail: &ActionExecutionDetail, stage: &str, action: &str) -> ActionRun {
    let result = detail.output.as_ref().and_then(|output| output.execution_result.as_ref());
    let error = result.and_then(|result| result.error_details.as_ref());
    let status = match &detail.status {
        Some(ActionExecutionStatus::Succeeded) => ActionStatus::Succeeded,
        Some(ActionExecutionStatus::Failed) => ActionStatus::Failed,
        Some(ActionExecutionStatus::Abandoned) => ActionStatus::Abandoned,
        _ => ActionStatus::InProgress,
    };
    let said = [
        error.and_then(|error| error.message.clone()),
        result.and_then(|result| result.external_execution_summary.clone()),
        error.and_then(|error| error.code.clone()),
    ];
    ActionRun {
        stage: stage.to_owned(),
        action: action.to_owned(),
        status,
        started_at: detail.start_time.as_ref().and_then(time),
        message: said.into_iter().flatten().find(|text| !text.trim().is_empty()),
        link: result.and_then(|result| result.external_execution_url.clone()).filter(|link| !link.is_empty()),
    }
}

/// A stage as it is now.
pub(crate) fn stage(found: &StageState) -> Option<StageNow> {
    let name = found.stage_name.clone()?;
    let mut inbound: Vec<String> =
        found.inbound_executions().iter().map(|one| one.pipeline_execution_id.clone()).collect();
    inbound.extend(found.inbound_execution.iter().map(|one| one.pipeline_execution_id.clone()));
    inbound.dedup();
    let closed = found.inbound_transition_state.as_ref().filter(|transition| !transition.enabled);
    Some(StageNow {
        execution: found.latest_execution.as_ref().map(|one| one.pipeline_execution_id.clone()),
        inbound,
        closed: closed.map(|transition| Closed {
            reason: transition.disabled_reason.clone(),
            by: transition.last_changed_by.clone(),
        }),
        waiting: found.action_states().iter().filter_map(|action| waiting(&name, action)).collect(),
        name,
    })
}

/// Only an approval has a token, and only as long as it waits.
fn waiting(stage: &str, action: &ActionState) -> Option<Waiting> {
    let latest = action.latest_execution.as_ref()?;
    let waits = latest.status.as_ref() == Some(&ActionExecutionStatus::InProgress);
    Some(Waiting {
        stage: stage.to_owned(),
        action: action.action_name.clone()?,
        token: latest.token.clone().filter(|_| waits)?,
        link: action.entity_url.clone(),
    })
}
