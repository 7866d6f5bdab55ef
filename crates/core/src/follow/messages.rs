//! What a person reads while executions are followed. All names and messages of the vendor are foreign text.

use super::matching::Places;
use crate::port::ProviderError;
use crate::port::pipeline::{
    ActionRun, ActionStatus, Closed, Declaration, Execution, Revision, StageNow, Waiting,
};

/// Foreign text on one line, fit to be shown, at most 300 characters.
pub fn plain(text: &str) -> String {
    let blank = |c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
    let mut out = crate::names::visible(&text.trim().chars().take(300).map(blank).collect::<String>());
    if text.trim().chars().nth(300).is_some() {
        out.push('…');
    }
    out
}

/// What is wrong with a bucket that keeps no versions behind a pipeline, and how that is cured: what CodePipeline takes
/// of an object is a version
/// (<https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html>).
pub fn unversioned(bucket: &str, pipelines: &str) -> (String, String) {
    (
        format!("the bucket `{bucket}` keeps no versions, so {pipelines} can take nothing from it"),
        format!(
            "`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled`, then wait 15 minutes before the next write"
        ),
    )
}

/// `Deploy/CodeDeploy failed: "…"`.
pub(super) fn action(run: &ActionRun) -> String {
    let word = match run.status {
        ActionStatus::InProgress => "in progress",
        ActionStatus::Succeeded => "succeeded",
        ActionStatus::Failed => "failed",
        ActionStatus::Abandoned => "was left off",
    };
    format!("{}/{} {word}", plain(&run.stage), plain(&run.action))
}

/// The summary of a failed execution, and its further lines.
pub(super) fn failed(name: &str, execution: &Execution, runs: &[ActionRun]) -> (String, Vec<String>) {
    let bad = runs.iter().rev().find(|run| run.status == ActionStatus::Failed);
    let why = execution.why.as_deref().map(plain).filter(|why| !why.is_empty());
    let Some(bad) = bad else {
        return (said(format!("{name} failed"), why), Vec::new());
    };
    let message = bad.message.as_deref().map(plain).filter(|text| !text.is_empty());
    let place = format!("{name}, stage {}, action {}", plain(&bad.stage), plain(&bad.action));
    let summary = match message {
        Some(message) => format!("{place}: \"{message}\""),
        None => said(format!("{place} failed without a message"), why),
    };
    (summary, bad.link.iter().map(|link| plain(link)).collect())
}

/// `text`, and in quotes what was said about it.
pub(super) fn said(text: String, what: Option<String>) -> String {
    match what {
        Some(what) => format!("{text}: \"{what}\""),
        None => text,
    }
}

/// The stages of an execution that succeeded: `billing-prod: Source, Build, Deploy`.
pub(super) fn succeeded(name: &str, runs: &[ActionRun]) -> String {
    let mut stages: Vec<String> = Vec::new();
    for run in runs {
        let stage = plain(&run.stage);
        if !stages.contains(&stage) {
            stages.push(stage);
        }
    }
    if stages.is_empty() { format!("{name} succeeded") } else { format!("{name}: {}", stages.join(", ")) }
}

/// What another execution took.
pub(super) fn took(execution: &Execution) -> String {
    let told = |revision: &Revision| revision.summary.clone().or_else(|| revision.id.clone());
    let what = execution.revisions.iter().find_map(told);
    format!(
        "execution {}{}",
        plain(&execution.id),
        what.map_or(String::new(), |what| format!(" ({})", plain(&what)))
    )
}

/// The summary of an execution that a newer one replaced.
pub(super) fn superseded(name: &str, newer: Option<&Execution>) -> String {
    match newer {
        Some(newer) => format!("{name}: replaced by a newer promotion, {}", took(newer)),
        None => format!("{name}: replaced by a newer promotion"),
    }
}

/// An execution that can't enter a stage.
pub(super) fn closed(name: &str, stage: &str, closed: &Closed) -> String {
    let by = closed.by.as_deref().map(|by| format!(" by {}", plain(by))).unwrap_or_default();
    let text = format!("{name}: waits before {}, which was closed{by}", plain(stage));
    said(text, closed.reason.as_deref().map(plain).filter(|reason| !reason.is_empty()))
}

/// An execution that waits for a person.
pub(super) fn waiting(
    name: &str,
    environment: &str,
    waiting: &Waiting,
    declared: Option<&Declaration>,
) -> Vec<String> {
    let at = format!("{}/{}", plain(&waiting.stage), plain(&waiting.action));
    let action = declared
        .and_then(|declared| declared.stages.iter().find(|stage| stage.name == waiting.stage))
        .and_then(|stage| stage.actions.iter().find(|action| action.name == waiting.action));
    let note = action.and_then(|action| action.note.as_deref()).map(plain);
    let mut lines = vec![said(format!("{name}: waits for a person's answer to {at}"), note)];
    let link = action.and_then(|action| action.link.as_deref()).or(waiting.link.as_deref());
    lines.extend(link.map(|link| format!("{name}: to look at: {}", plain(link))));
    lines.push(format!(
        "{name}: who has `codepipeline:PutApprovalResult` on it may answer, in the console or with `promote watch {environment} --approve {at}`"
    ));
    lines
}

/// The likely causes for which no execution appears.
pub(super) fn causes(declared: Option<&Declaration>, now: &[StageNow], versions: bool) -> Vec<String> {
    let mut found = Vec::new();
    if !versions {
        found.push(
            "the write made no version: the bucket must keep versions for CodePipeline to take from it"
                .to_owned(),
        );
    }
    for source in declared.iter().flat_map(|declared| &declared.sources) {
        let action = plain(&source.action);
        found.push(match source.polls {
            Some(false) => format!(
                "`{action}` does not poll (PollForSourceChanges is false): an EventBridge rule must start the pipeline; is there one, enabled, for this bucket and key?"
            ),
            _ => format!("`{action}` polls, which may take minutes; an EventBridge rule is quicker"),
        });
    }
    for stage in now {
        if let Some(closed) = &stage.closed {
            let reason = closed.reason.as_deref().map(plain).filter(|reason| !reason.is_empty());
            found.push(said(format!("the transition into {} is disabled", plain(&stage.name)), reason));
        }
    }
    if declared.is_none() {
        found
            .push("what the pipeline watches is not known: `codepipeline:GetPipeline` is missing".to_owned());
    }
    found
}

/// The pipeline does not watch what was written.
pub fn elsewhere(name: &str, places: &Places) -> String {
    let watched: Vec<String> = places
        .watched
        .iter()
        .map(|(action, place)| format!("{} watches `{}`", plain(action), plain(place)))
        .collect();
    let watched = if watched.is_empty() { "nothing".to_owned() } else { watched.join(", ") };
    let written: Vec<String> = places.written.iter().map(|place| format!("`{place}`")).collect();
    let written = if written.is_empty() { "nothing that was written".to_owned() } else { written.join(", ") };
    format!("{name} is not started by this: {watched}, not {written}")
}

/// An error in one line.
pub(super) fn error(name: &str, error: &ProviderError) -> String {
    let cause = error.source.as_deref().map(|cause| format!(": {}", plain(&cause.to_string())));
    format!("{name}: {}{}", error.message, cause.unwrap_or_default())
}
