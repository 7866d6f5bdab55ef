//! GitLab's part: <https://docs.gitlab.com/api/deployments/>, with the changes of state that its own machine allows.

use super::{Answer, Asked, REPOSITORY, Row, State};
use serde_json::{Value, json};

const STATES: [&str; 4] = ["running", "success", "failed", "canceled"];

impl State {
    pub(super) fn gitlab(&mut self, asked: &Asked, job: bool) -> Answer {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let missing = || (404, json!({ "message": "404 Project Not Found" }));
        let ["projects", project, rest @ ..] = path.as_slice() else { return missing() };
        if *project != REPOSITORY {
            return missing();
        }
        match (asked.method.as_str(), rest) {
            // A job's token reaches deployments and environments, not the repository.
            ("GET", ["repository", "commits", ..]) if job => (403, json!({ "message": "403 Forbidden" })),
            ("GET", ["repository", "commits", commit, "refs"]) => match self.commits.contains(*commit) {
                true => (
                    200,
                    json!([{ "type": "tag", "name": "v1" }, { "type": "branch", "name": "dev" }, { "type": "branch", "name": "main" }]),
                ),
                false => (404, json!({ "message": "404 Commit Not Found" })),
            },
            ("POST", ["deployments"]) => self.gitlab_make(asked),
            ("GET", ["deployments"]) => {
                let same = |row: &&Row, name: &str| {
                    asked.query.get(name).is_none_or(|value| row.asked(name) == value)
                };
                let mut rows: Vec<&Row> = self.rows.iter().filter(|row| same(row, "environment")).collect();
                if asked.query.get("sort").is_some_and(|sort| sort == "desc") {
                    rows.reverse();
                }
                (200, rows.into_iter().take(50).map(|row| self.gitlab_shown(row)).collect())
            }
            ("GET", ["deployments", id]) => match self.row(id).map(|row| row.clone()) {
                Some(row) => (200, self.gitlab_shown(&row)),
                None => (404, json!({ "message": "404 Not Found" })),
            },
            ("PUT", ["deployments", id]) => self.gitlab_tell(id, &asked.body),
            _ => missing(),
        }
    }

    fn gitlab_make(&mut self, asked: &Asked) -> Answer {
        let body = &asked.body;
        let absent: Vec<String> = ["environment", "sha", "ref", "tag", "status"]
            .into_iter()
            .filter(|name| body[*name].is_null())
            .map(|name| format!("{name} is missing"))
            .collect();
        if !absent.is_empty() {
            return (400, json!({ "error": absent.join(", ") }));
        }
        let status = body["status"].as_str().unwrap_or_default();
        if !STATES.contains(&status) {
            return (400, json!({ "error": "status does not have a valid value" }));
        }
        let next = self.environments.len() as u64 + 70;
        let name = body["environment"].as_str().unwrap_or_default().to_owned();
        self.environments.entry(name).or_insert(next);
        let state = json!({ "state": status });
        let mut row = self.add(body.clone());
        row.statuses.push(state.clone());
        if let Some(kept) = self.rows.last_mut() {
            kept.statuses.push(state);
        }
        (201, self.gitlab_shown(&row))
    }

    fn gitlab_shown(&self, row: &Row) -> Value {
        let name = row.asked("environment");
        json!({
            "id": row.id, "iid": 1, "ref": row.asked["ref"], "sha": row.asked["sha"], "status": row.state(),
            "created_at": "2026-11-21T10:00:00.000Z", "deployable": row.asked["deployable"],
            "environment": { "id": self.environments.get(name), "name": name },
        })
    }

    fn gitlab_tell(&mut self, id: &str, body: &Value) -> Answer {
        let status = body["status"].as_str().unwrap_or_default().to_owned();
        if !STATES.contains(&status.as_str()) {
            return (400, json!({ "error": "status does not have a valid value" }));
        }
        let Some(row) = self.row(id) else { return (404, json!({ "message": "404 Not Found" })) };
        if !row.asked["deployable"].is_null() {
            let words =
                "403 Forbidden - Deployments created using GitLab CI can not be updated using the API";
            return (403, json!({ "message": words }));
        }
        let now = row.state().to_owned();
        if now == status || (status == "running" && !matches!(now.as_str(), "created" | "blocked")) {
            let words = format!("Status cannot transition via \"{status}\"");
            return (400, json!({ "message": { "status": [words] } }));
        }
        row.statuses.push(json!({ "state": status }));
        let row = row.clone();
        (200, self.gitlab_shown(&row))
    }
}
