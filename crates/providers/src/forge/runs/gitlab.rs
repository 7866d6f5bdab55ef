//! Pipelines of GitLab: <https://docs.gitlab.com/api/pipelines/#create-a-new-pipeline> and
//! <https://docs.gitlab.com/api/jobs/#list-pipeline-jobs>.

use super::super::session::{ForgeRequest, Session};
use super::run::{RUNNING, RunState, StartedRun, WantedRun, page, progress, text};
use promote_core::port::{ProviderError, StepEnd};
use reqwest::Method;
use serde_json::{Value, json};

/// A path below the project.
fn path<'a>(session: &'a Session, more: &[&'a str]) -> Vec<&'a str> {
    [&["projects", session.place.repository.as_str()], more].concat()
}

async fn get(session: &Session, more: &[&str], query: &[(&str, &str)]) -> Result<Value, ProviderError> {
    let path = path(session, more);
    session.again(|| async { session.ask(&ForgeRequest::get(&path, query).with(RUNNING)).await }).await
}

pub(super) async fn start(session: &Session, wanted: &WantedRun<'_>) -> Result<StartedRun, ProviderError> {
    let reference = match wanted.reference {
        Some(name) => name.to_owned(),
        None => match text(&get(session, &[], &[]).await?, "default_branch") {
            "" => return Err(session.odd()),
            name => name.to_owned(),
        },
    };
    let variables: Vec<Value> =
        wanted.inputs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let body = json!({ "ref": reference, "variables": variables });
    let path = path(session, &["pipeline"]);
    // Nothing is sent again: a second pipeline would be started.
    let answer = session.ask(&ForgeRequest::send(Method::POST, &path, body).with(RUNNING)).await?;
    let id = answer.get("id").and_then(Value::as_u64).ok_or_else(|| session.odd())?;
    Ok(StartedRun { id: id.to_string(), page: page(session, &answer, "web_url") })
}

pub(super) async fn look(session: &Session, run: &StartedRun) -> Result<RunState, ProviderError> {
    let found = get(session, &["pipelines", &run.id], &[]).await?;
    Ok(match text(&found, "status") {
        "success" => RunState::Ended(StepEnd::Succeeded, "it succeeded".to_owned()),
        "failed" => {
            // That it failed is known, whatever its jobs say.
            let failed = jobs(session, run, "failed").await.unwrap_or_default();
            RunState::Ended(
                StepEnd::Failed,
                match failed.is_empty() {
                    true => "it failed".to_owned(),
                    false => format!("it failed: {}", failed.join(", ")),
                },
            )
        }
        "canceled" => RunState::Ended(StepEnd::Errored, "it was cancelled".to_owned()),
        "skipped" => RunState::Ended(StepEnd::Errored, "it was skipped: nothing of it ran".to_owned()),
        "manual" => RunState::Going("it waits for somebody to start a job".to_owned()),
        "scheduled" => RunState::Going("it waits for the time of a job".to_owned()),
        "running" => RunState::Going(match listed(session, run).await {
            Ok(all) => {
                let is = |job: &Value, status: &str| text(job, "status") == status;
                let going = all.iter().filter(|job| is(job, "running"));
                let going: Vec<String> = going.map(|job| session.shown(text(job, "name"))).collect();
                let done = all.iter().filter(|job| is(job, "success") || is(job, "failed")).count();
                let going: Vec<&str> = going.iter().map(String::as_str).collect();
                progress(&going, done, all.len())
            }
            Err(_) => "it runs".to_owned(),
        }),
        "created" | "waiting_for_resource" | "preparing" | "pending" | "canceling" => {
            RunState::Going("it waits for its turn".to_owned())
        }
        _ => return Err(session.odd()),
    })
}

async fn listed(session: &Session, run: &StartedRun) -> Result<Vec<Value>, ProviderError> {
    let answer = get(session, &["pipelines", &run.id, "jobs"], &[("per_page", "100")]).await?;
    answer.as_array().cloned().ok_or_else(|| session.odd())
}

/// The names of the jobs in a state that the pipeline does not pass by.
async fn jobs(session: &Session, run: &StartedRun, status: &str) -> Result<Vec<String>, ProviderError> {
    let all = listed(session, run).await?;
    let kept = all.iter().filter(|job| text(job, "status") == status);
    let kept = kept.filter(|job| job.get("allow_failure").and_then(Value::as_bool) != Some(true));
    Ok(kept.map(|job| session.shown(text(job, "name"))).collect())
}
