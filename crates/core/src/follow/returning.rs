//! Finding what a stage of a pipeline can go back to: the newest execution that got through it before the one that is
//! in it now.

use super::messages::plain;
use crate::port::pipeline::{ActionStatus, Execution};
use crate::port::{ErrorKind, Pipelines, ProviderError};

/// What a stage can go back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// The stage, as the pipeline writes it.
    pub stage: String,
    /// The execution that is in the stage now.
    pub from: String,
    /// The execution that the stage is run again as.
    pub to: String,
    /// The line that says what that one carried, made harmless; empty where there is none.
    pub carried: String,
}

/// The newest execution that did everything in a stage, of those that began before the one that is in it now.
///
/// # Errors
/// `NotFound` when the pipeline has no such stage or nothing to go back to, `Conflict` while an execution is at work in
/// the stage, or what the service answered.
pub async fn earlier(
    pipelines: &dyn Pipelines,
    pipeline: &str,
    stage: &str,
) -> Result<Return, ProviderError> {
    let failed = |kind, message: String| ProviderError::new(kind, "CodePipeline", pipeline, message);
    let stages = pipelines.stages(pipeline).await?;
    let Some(now) = stages.iter().find(|one| one.name == stage) else {
        let known: Vec<String> = stages.iter().map(|one| plain(&one.name)).collect();
        let error = failed(ErrorKind::NotFound, format!("it has no stage `{}`", plain(stage)));
        return Err(match crate::suggest::closest(stage, stages.iter().map(|one| one.name.as_str())) {
            Some(near) => error.hint(format!("did you mean `{}`?", plain(near))),
            None => error.hint(format!("it has {}", known.join(", "))),
        });
    };
    let nothing = || failed(ErrorKind::NotFound, format!("nothing has come to `{}` yet", plain(stage)));
    let from = now.execution.clone().ok_or_else(nothing)?;
    let recent = pipelines.recent(pipeline, None).await?;
    let at_work = |one: &Execution| one.id == from && !one.status.is_ended();
    if recent.iter().any(at_work) {
        let message = format!("execution {} is still at work", plain(&from));
        return Err(failed(ErrorKind::Conflict, message)
            .hint("wait for its end, or stop it where the pipeline is; `promote watch` follows it"));
    }
    for one in recent.iter().skip_while(|one| one.id != from).skip(1) {
        let runs = pipelines.actions(pipeline, &one.id).await?;
        let mut in_stage = runs.iter().filter(|run| run.stage == stage).peekable();
        if in_stage.peek().is_some() && in_stage.all(|run| run.status == ActionStatus::Succeeded) {
            let carried = one.revisions.iter().find_map(|revision| revision.summary.as_deref());
            return Ok(Return {
                stage: stage.to_owned(),
                from,
                to: one.id.clone(),
                carried: carried.map(plain).unwrap_or_default(),
            });
        }
    }
    let message = format!("no earlier execution among the latest got through `{}`", plain(stage));
    Err(failed(ErrorKind::NotFound, message))
}
