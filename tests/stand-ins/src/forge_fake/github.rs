//! GitHub's part: <https://docs.github.com/rest/deployments/deployments> and `…/statuses`.

use super::{Answer, Asked, REPOSITORY, Row, State};
use serde_json::{Value, json};

const STATES: [&str; 7] = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

fn unprocessable(message: &str) -> Answer {
    (422, json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}

impl State {
    pub(super) fn github(&mut self, asked: &Asked) -> Answer {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let missing = || (404, json!({ "message": "Not Found" }));
        let ["repos", owner, name, "deployments", rest @ ..] = path.as_slice() else { return missing() };
        if format!("{owner}/{name}") != REPOSITORY {
            return missing();
        }
        match (asked.method.as_str(), rest) {
            ("POST", []) => self.make(asked),
            ("GET", []) => {
                let same = |row: &&Row, name: &str| {
                    asked.query.get(name).is_none_or(|value| row.asked(name) == value)
                };
                let most = asked.query.get("per_page").and_then(|text| text.parse().ok()).unwrap_or(30);
                let rows = self.rows.iter().rev().filter(|row| same(row, "environment") && same(row, "sha"));
                (200, rows.take(most).map(|row| self.shown(row, asked)).collect())
            }
            ("GET", [id, "statuses"]) => match self.row(id) {
                Some(row) => (200, row.statuses.iter().rev().take(30).cloned().collect()),
                None => missing(),
            },
            ("POST", [id, "statuses"]) => self.status(id, &asked.body),
            _ => missing(),
        }
    }

    fn make(&mut self, asked: &Asked) -> Answer {
        let body = &asked.body;
        let Some(reference) = body["ref"].as_str() else {
            return unprocessable("Invalid request.\n\n\"ref\" wasn't supplied.");
        };
        if !self.commits.contains(reference) {
            return unprocessable(&format!("No ref found for: {reference}"));
        }
        // Both are on unless they are said to be off.
        if self.habits.conflict && body["auto_merge"] != json!(false) {
            return (409, json!({ "message": format!("Conflict merging main into {reference}") }));
        }
        if self.habits.red && body["required_contexts"] != json!([]) {
            return (
                409,
                json!({ "message": format!("Conflict: Commit status checks failed for {reference}") }),
            );
        }
        let mut asked_for = body.clone();
        asked_for["sha"] = json!(reference);
        if body["environment"].as_str().is_none() {
            asked_for["environment"] = json!("production");
        }
        let row = self.add(asked_for);
        (201, self.shown(&row, asked))
    }

    fn shown(&self, row: &Row, asked: &Asked) -> Value {
        let url = format!("{}/repos/{REPOSITORY}/deployments/{}", asked.base, row.id);
        let payload = match (&row.asked["payload"], self.habits.textual) {
            (payload, true) => json!(payload.to_string()),
            (payload, false) => payload.clone(),
        };
        json!({
            "id": row.id, "url": url, "sha": row.asked["sha"], "ref": row.asked["ref"], "task": "deploy", "payload": payload,
            "environment": row.asked["environment"], "statuses_url": format!("{url}/statuses"),
            "creator": { "login": "octocat" }, "created_at": "2026-11-21T10:00:00Z",
            "production_environment": row.asked["production_environment"],
        })
    }

    fn status(&mut self, id: &str, body: &Value) -> Answer {
        let state = body["state"].as_str().unwrap_or_default().to_owned();
        if !STATES.contains(&state.as_str()) {
            return unprocessable("Validation Failed: state is not included in the list");
        }
        if body["description"].as_str().unwrap_or_default().chars().count() > 140 {
            return unprocessable("Validation Failed: description is too long (maximum is 140 characters)");
        }
        let Some(row) = self.row(id) else { return (404, json!({ "message": "Not Found" })) };
        row.statuses.push(body.clone());
        let (row, environment) = (row.id, row.asked("environment").to_owned());
        if state == "success" && body["auto_inactive"] != json!(false) {
            for other in &mut self.rows {
                let stays = other.asked["transient_environment"] == json!(true)
                    || other.asked["production_environment"] == json!(true);
                if other.id != row
                    && other.asked("environment") == environment
                    && !stays
                    && other.state() == "success"
                {
                    other.statuses.push(json!({ "state": "inactive" }));
                }
            }
        }
        (201, json!({ "id": 1, "state": state }))
    }
}
