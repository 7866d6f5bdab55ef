//! Runs: workflows of GitHub (<https://docs.github.com/rest/actions/workflow-runs>) and pipelines of GitLab
//! (<https://docs.gitlab.com/api/pipelines/>). Each goes through the states that it was given, one at every look.

use super::github_people::workflow_run;
use super::people::CheckSaid;
use super::{Answer, Asked, REPOSITORY, State};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// The project that pipelines are started in.
pub const PROJECT: &str = "acme/lanes";

/// What runs come to.
#[derive(Debug, Clone, Default)]
pub struct RunsSaid {
    /// The states of the next run: status and, on GitHub, conclusion. The last one stays.
    pub states: Vec<(&'static str, Option<&'static str>)>,
    /// Its jobs: name, status and conclusion.
    pub jobs: Vec<(&'static str, &'static str, Option<&'static str>)>,
    /// What is written at its jobs.
    pub annotation: Option<&'static str>,
    /// A server that does not say which run a dispatch started.
    pub silent: bool,
    /// The runs that were started: what was sent.
    pub started: Vec<Value>,
    left: VecDeque<(&'static str, Option<&'static str>)>,
}

/// The number of the first run.
const FIRST: u64 = 8_100_000_000;

impl RunsSaid {
    fn start(&mut self, sent: &Value) -> u64 {
        self.started.push(sent.clone());
        self.left = self.states.iter().copied().collect();
        FIRST + self.started.len() as u64 - 1
    }

    fn look(&mut self) -> (&'static str, Option<&'static str>) {
        match self.left.len() {
            0 => ("queued", None),
            1 => self.left.front().copied().unwrap_or_default(),
            _ => self.left.pop_front().unwrap_or_default(),
        }
    }

    fn knows(&self, id: &str) -> bool {
        id.parse::<u64>().is_ok_and(|id| id >= FIRST && id < FIRST + self.started.len() as u64)
    }
}

impl State {
    pub(super) fn github_runs(&mut self, asked: &Asked) -> Option<Answer> {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let (owner, name) = REPOSITORY.split_once('/').unwrap_or_default();
        let ["repos", asked_owner, asked_name, rest @ ..] = path.as_slice() else { return None };
        if (*asked_owner, *asked_name) != (owner, name) {
            return None;
        }
        let missing = || {
            (
                404,
                json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
            )
        };
        let runs = &mut self.runs;
        Some(match (asked.method.as_str(), rest) {
            ("GET", []) => (200, json!({ "full_name": REPOSITORY, "default_branch": "main" })),
            ("POST", ["actions", "workflows", "smoke.yml", "dispatches"]) => {
                let inputs = asked.body["inputs"].as_object().cloned().unwrap_or_default();
                if let Some(odd) = inputs.keys().find(|name| !["sha", "environment"].contains(&name.as_str()))
                {
                    let words = format!("Unexpected inputs provided: [\"{odd}\"]");
                    return Some((
                        422,
                        json!({ "message": words, "documentation_url": "https://docs.github.com/rest", "status": "422" }),
                    ));
                }
                let id = runs.start(&asked.body);
                if runs.silent || asked.body["return_run_details"] != true {
                    return Some((204, Value::Null));
                }
                let run = format!("{}/repos/{REPOSITORY}/actions/runs/{id}", asked.base);
                let page = format!("{}/{REPOSITORY}/actions/runs/{id}", root(&asked.base));
                (200, json!({ "workflow_run_id": id, "run_url": run, "html_url": page }))
            }
            ("POST", ["actions", "workflows", _, "dispatches"]) => missing(),
            ("GET", ["actions", "runs", id]) if runs.knows(id) => {
                let (status, conclusion) = runs.look();
                let id: u64 = id.parse().unwrap_or_default();
                let api = format!("{}/repos/{REPOSITORY}/actions/runs/{id}", asked.base);
                (200, github_run(&api, (id, status, conclusion)))
            }
            ("GET", ["actions", "runs", id, "jobs"]) if runs.knows(id) => {
                let run: u64 = id.parse().unwrap_or_default();
                let all: Vec<Value> =
                    runs.jobs.iter().zip(1_u64..).map(|(job, at)| github_job(asked, run, at, *job)).collect();
                (200, json!({ "total_count": all.len(), "jobs": all }))
            }
            ("GET", ["check-runs", _, "annotations"]) => {
                let one = |message: &str| {
                    json!([{ "path": ".github", "start_line": 1, "end_line": 1, "start_column": null, "end_column": null,
                        "annotation_level": "failure", "title": "", "message": message, "raw_details": "",
                        "blob_href": format!("{}/{REPOSITORY}/blob/main/.github", root(&asked.base)) }])
                };
                (200, runs.annotation.map_or_else(|| json!([]), one))
            }
            ("GET", ["actions", "runs", _, ..]) => missing(),
            _ => return None,
        })
    }

    pub(super) fn gitlab_runs(&mut self, asked: &Asked) -> Option<Answer> {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let ["projects", project, rest @ ..] = path.as_slice() else { return None };
        if *project != PROJECT {
            return None;
        }
        let runs = &mut self.runs;
        let shown = |id: u64, status: &str, base: &str| {
            json!({ "id": id, "iid": 7, "project_id": 1, "status": status, "ref": "main", "sha": "a".repeat(40),
                "source": "api", "web_url": format!("{}/{PROJECT}/-/pipelines/{id}", root(base)) })
        };
        Some(match (asked.method.as_str(), rest) {
            ("GET", []) => {
                (200, json!({ "id": 1, "path_with_namespace": PROJECT, "default_branch": "main" }))
            }
            ("POST", ["pipeline"]) => {
                let id = runs.start(&asked.body);
                (201, shown(id, "created", &asked.base))
            }
            ("GET", ["pipelines", id]) if runs.knows(id) => {
                let (status, _) = runs.look();
                (200, shown(id.parse().unwrap_or_default(), status, &asked.base))
            }
            ("GET", ["pipelines", id, "jobs"]) if runs.knows(id) => {
                let one = |(name, status, _): &(&str, &str, Option<&str>)| json!({ "id": 5, "name": name, "status": status, "allow_failure": *name == "flaky" });
                (200, runs.jobs.iter().map(one).collect())
            }
            _ => return None,
        })
    }
}

fn root(base: &str) -> &str {
    base.split("/api/").next().unwrap_or(base)
}

fn github_run(api: &str, (id, status, conclusion): (u64, &str, Option<&str>)) -> Value {
    let started = CheckSaid {
        id,
        name: "smoke".to_owned(),
        app: "github-actions".to_owned(),
        run: id,
        workflow: ".github/workflows/smoke.yml".to_owned(),
        event: "workflow_dispatch".to_owned(),
        conclusion: conclusion.map(str::to_owned),
        head: None,
    };
    let mut run = workflow_run(&started, &"a".repeat(40));
    (run["status"], run["conclusion"]) = (json!(status), json!(conclusion));
    (run["url"], run["html_url"]) = (json!(api), json!(api.replace("/api/v3/repos/", "/")));
    run
}

fn github_job(
    asked: &Asked,
    run: u64,
    id: u64,
    (name, status, conclusion): (&str, &str, Option<&str>),
) -> Value {
    let api = format!("{}/repos/{REPOSITORY}", asked.base);
    json!({ "id": id, "run_id": run, "run_url": format!("{api}/actions/runs/{run}"), "run_attempt": 1,
        "node_id": "J", "head_sha": "a".repeat(40), "url": format!("{api}/actions/jobs/{id}"),
        "html_url": format!("{}/{REPOSITORY}/actions/runs/{run}/job/{id}", root(&asked.base)), "status": status,
        "conclusion": conclusion, "created_at": "2026-11-20T10:00:00Z", "started_at": "2026-11-20T10:00:00Z",
        "completed_at": conclusion.map(|_| "2026-11-20T10:01:00Z"), "name": name, "steps": [],
        "check_run_url": format!("{api}/check-runs/{id}"), "labels": ["ubuntu-latest"], "runner_id": 1,
        "runner_name": "r", "runner_group_id": 1, "runner_group_name": "g", "workflow_name": "smoke", "head_branch": "main" })
}
