//! Workflows of GitHub: <https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event> and
//! <https://docs.github.com/rest/actions/workflow-runs>.

use super::super::session::{ForgeRequest, Session};
use super::run::{RUNNING, RunState, StartedRun, WantedRun, page, progress, text};
use promote_core::port::{ErrorKind, ProviderError, StepEnd};
use reqwest::Method;
use serde_json::{Value, json};

/// What GitHub writes at a run that made way for a newer one of its concurrency group.
const MADE_WAY: &str = "higher priority waiting request";

/// A path below the repository.
fn path<'a>(session: &'a Session, more: &[&'a str]) -> Vec<&'a str> {
    let (owner, name) = session.place.repository.split_once('/').unwrap_or((&session.place.repository, ""));
    [&["repos", owner, name], more].concat()
}

async fn get(session: &Session, more: &[&str], query: &[(&str, &str)]) -> Result<Value, ProviderError> {
    let path = path(session, more);
    session.again(|| async { session.ask(&ForgeRequest::get(&path, query).with(RUNNING)).await }).await
}

/// The branch where nothing else is named: the API takes none by itself.
async fn default_branch(session: &Session) -> Result<String, ProviderError> {
    let repository = get(session, &[], &[]).await?;
    match text(&repository, "default_branch") {
        "" => Err(session.odd()),
        name => Ok(name.to_owned()),
    }
}

pub(super) async fn start(session: &Session, wanted: &WantedRun<'_>) -> Result<StartedRun, ProviderError> {
    let reference = match wanted.reference {
        Some(name) => name.to_owned(),
        None => default_branch(session).await?,
    };
    let body = json!({ "ref": reference, "inputs": wanted.inputs, "return_run_details": true });
    let path = path(session, &["actions", "workflows", wanted.workflow, "dispatches"]);
    // Nothing is sent again: a second run would be started.
    let answer = session.ask(&ForgeRequest::send(Method::POST, &path, body).with(RUNNING)).await?;
    let Some(id) = answer.get("workflow_run_id").and_then(Value::as_u64) else {
        let what = "it started a run and does not say which one, so that none can be followed";
        return Err(session.error(ErrorKind::Unknown, what.to_owned()).hint(
            "look at its page; a GitHub server that answers dispatches with `workflow_run_id` is needed",
        ));
    };
    Ok(StartedRun { id: id.to_string(), page: page(session, &answer, "html_url") })
}

pub(super) async fn look(session: &Session, run: &StartedRun) -> Result<RunState, ProviderError> {
    let found = get(session, &["actions", "runs", &run.id], &[]).await?;
    let (status, conclusion) = (text(&found, "status"), text(&found, "conclusion"));
    match (status, conclusion) {
        ("completed", "success") => Ok(RunState::Ended(StepEnd::Succeeded, "it succeeded".to_owned())),
        ("completed", "cancelled") => cancelled(session, run).await,
        ("completed", "skipped") => {
            Ok(RunState::Ended(StepEnd::Errored, "it was skipped: nothing of it ran".to_owned()))
        }
        ("completed", "failure" | "timed_out" | "startup_failure") => {
            let words = match conclusion {
                "timed_out" => "it ran out of its own time",
                "startup_failure" => "it could not be started",
                _ => "it failed",
            };
            // That it failed is known, whatever its jobs say.
            let failed = jobs(session, run).await.map(|all| all.failed).unwrap_or_default();
            let words = match failed.is_empty() {
                true => words.to_owned(),
                false => format!("{words}: {}", failed.join(", ")),
            };
            Ok(RunState::Ended(StepEnd::Failed, words))
        }
        ("completed", other) => {
            let other = session.shown(other);
            Ok(RunState::Ended(StepEnd::Errored, format!("it ended as `{other}`, which says nothing")))
        }
        ("waiting", _) => Ok(RunState::Going("it waits for somebody to let it pass".to_owned())),
        ("in_progress", _) => Ok(RunState::Going(match jobs(session, run).await {
            Ok(jobs) => jobs.words(),
            Err(_) => "it runs".to_owned(),
        })),
        ("queued" | "pending" | "requested", _) => Ok(RunState::Going("it waits for its turn".to_owned())),
        _ => Err(session.odd()),
    }
}

/// How the jobs of a run stand.
struct Jobs {
    ids: Vec<String>,
    going: Vec<String>,
    failed: Vec<String>,
    done: usize,
    all: usize,
}

impl Jobs {
    fn words(&self) -> String {
        let going: Vec<&str> = self.going.iter().map(String::as_str).collect();
        progress(&going, self.done, self.all)
    }
}

async fn jobs(session: &Session, run: &StartedRun) -> Result<Jobs, ProviderError> {
    let answer = get(session, &["actions", "runs", &run.id, "jobs"], &[("per_page", "100")]).await?;
    let jobs = answer.get("jobs").and_then(Value::as_array).ok_or_else(|| session.odd())?;
    let names = |keeps: &dyn Fn(&Value) -> bool| {
        let kept = jobs.iter().filter(|job| keeps(job));
        kept.map(|job| session.shown(text(job, "name"))).collect::<Vec<_>>()
    };
    Ok(Jobs {
        ids: jobs.iter().filter_map(|job| job.get("id")?.as_u64()).map(|id| id.to_string()).collect(),
        going: names(&|job| text(job, "status") == "in_progress"),
        failed: names(&|job| matches!(text(job, "conclusion"), "failure" | "timed_out")),
        done: jobs.iter().filter(|job| text(job, "status") == "completed").count(),
        all: jobs.len(),
    })
}

/// Whether a newer run took its place: GitHub says so at its jobs alone.
async fn cancelled(session: &Session, run: &StartedRun) -> Result<RunState, ProviderError> {
    let jobs = jobs(session, run).await.map(|jobs| jobs.ids).unwrap_or_default();
    for id in jobs.iter().take(3) {
        let said = get(session, &["check-runs", id, "annotations"], &[]).await.unwrap_or_default();
        let said = said.as_array().into_iter().flatten();
        if said.into_iter().any(|one| text(one, "message").contains(MADE_WAY)) {
            let words = "it made way for a newer run of its concurrency group".to_owned();
            return Ok(RunState::Ended(StepEnd::Superseded, words));
        }
    }
    Ok(RunState::Ended(StepEnd::Errored, "it was cancelled".to_owned()))
}
