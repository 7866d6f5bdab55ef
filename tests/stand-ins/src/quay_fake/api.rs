//! Quay's own API, as far as it is about tags.

use super::state::{Row, State, now};
use super::{Answer, Asked};
use chrono::DateTime;
use serde_json::{Value, json};

impl State {
    pub(super) fn api(&mut self, asked: &Asked) -> Answer {
        let write = match asked.bearer() {
            Some("api-token") => true,
            Some("api-reader") => false,
            // A token of the registry's side.
            Some(token) if self.tokens.contains_key(token) => return Answer::new(500),
            _ => return Answer::json(403, &json!({ "error": "CSRF token was invalid or missing." })),
        };
        let rest = asked.path.strip_prefix("/api/v1/repository/").unwrap_or_default();
        let Some((repository, rest)) = rest.split_once("/tag/") else { return missing() };
        if !self.repositories.contains_key(repository) {
            return missing();
        }
        let (repository, rest) = (repository.to_owned(), rest.to_owned());
        if asked.method != "GET" && !write {
            let body = json!({ "error_type": "insufficient_scope", "status": 403, "detail": "Unauthorized" });
            return Answer::json(403, &body);
        }
        match (asked.method.as_str(), rest.strip_suffix("/restore")) {
            ("GET", _) => self.rows(asked, &repository),
            ("POST", Some(tag)) => self.repoint(asked, &repository, tag, true),
            ("PUT", None) => self.change(asked, &repository, &rest),
            ("DELETE", None) if self.live(&repository, &rest).is_some() => {
                let found = self.repositories.entry(repository).or_default();
                for row in found.rows.iter_mut().rev().filter(|row| row.name == rest).take(1) {
                    row.end = Some(now());
                }
                Answer::new(204)
            }
            _ => missing(),
        }
    }

    fn rows(&self, asked: &Asked, repository: &str) -> Answer {
        let rows = self.repositories.get(repository).map(|found| found.rows.as_slice()).unwrap_or_default();
        let (exact, like) = match asked.first("filter_tag_name").and_then(|filter| filter.split_once(':')) {
            Some(("eq", name)) => (Some(name), None),
            Some((_, part)) => (None, Some(part)),
            None => (asked.first("specificTag"), None),
        };
        let active = asked.first("onlyActiveTags") == Some("true");
        let fits = |row: &&Row| {
            exact.is_none_or(|name| row.name == name)
                && like.is_none_or(|part| row.name.contains(part))
                && (!active || row.end.is_none_or(|end| end > now()))
        };
        let limit = asked.first("limit").and_then(|n| n.parse().ok()).unwrap_or(50).clamp(1, 100);
        let page: usize = asked.first("page").and_then(|n| n.parse().ok()).unwrap_or(1).max(1);
        let mut rest = rows.iter().rev().filter(fits).skip((page - 1) * limit);
        let shown: Vec<_> = rest.by_ref().take(limit).map(shown).collect();
        Answer::json(200, &json!({ "tags": shown, "page": page, "has_additional": rest.next().is_some() }))
    }

    /// Moves a tag or sets when it expires.
    fn change(&mut self, asked: &Asked, repository: &str, tag: &str) -> Answer {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        if let Some(at) = body.get("expiration").and_then(Value::as_i64) {
            if at <= now() {
                return Answer::json(400, &json!({ "message": "Expiration date must be in the future" }));
            }
            let found = self
                .repositories
                .get_mut(repository)
                .and_then(|found| found.rows.iter_mut().rev().find(|row| row.name == tag));
            let Some(row) = found else { return missing() };
            row.end = Some(at);
        }
        if body.get("manifest_digest").is_some() {
            return self.repoint(asked, repository, tag, false);
        }
        Answer::json(201, &json!("Updated"))
    }

    fn repoint(&mut self, asked: &Asked, repository: &str, tag: &str, reversion: bool) -> Answer {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let digest = body.get("manifest_digest").and_then(Value::as_str).unwrap_or_default().to_owned();
        // The time machine holds what was deleted, too.
        let held =
            self.repositories.get(repository).is_some_and(|found| found.manifests.contains_key(&digest));
        if !held {
            return missing();
        }
        if self.habits.immutable.iter().any(|name| name == tag) {
            return Answer::json(409, &json!({ "message": "Tag is immutable", "status": 409 }));
        }
        self.point(repository, tag, &digest, reversion);
        if reversion { Answer::json(200, &json!({})) } else { Answer::json(201, &json!("Updated")) }
    }
}

fn missing() -> Answer {
    let body = json!({ "detail": "Not Found", "error_message": "Not Found", "error_type": "not_found", "status": 404 });
    Answer::json(404, &body)
}

fn shown(row: &Row) -> Value {
    let date = |seconds: i64| {
        DateTime::from_timestamp(seconds, 0).map(|at| at.format("%a, %d %b %Y %H:%M:%S -0000").to_string())
    };
    let mut value = json!({
        "name": row.name,
        "reversion": row.reversion,
        "start_ts": row.start,
        "manifest_digest": row.digest,
        "is_manifest_list": false,
        "size": 1,
        "last_modified": date(row.start),
    });
    if let (Some(end), Some(map)) = (row.end, value.as_object_mut()) {
        map.insert("end_ts".to_owned(), json!(end));
        map.insert("expiration".to_owned(), json!(date(end)));
    }
    value
}
