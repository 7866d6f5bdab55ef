//! What GitLab's stand-in says of people and commits, with the fields that its documentation lists:
//! <https://docs.gitlab.com/api/commits/> (`id`, `sha`, `name`, `status`, `pipeline_id`, `allow_failure`; merge requests of a
//! commit), <https://docs.gitlab.com/api/merge_request_approvals/> (`approved_by[].user`, `approved_at`),
//! <https://docs.gitlab.com/api/merge_requests/> (`iid`, `state`, `sha`, `target_branch`, `merge_commit_sha`,
//! `squash_commit_sha`; versions with `head_commit_sha` and `created_at`; commits with `parent_ids`) and
//! <https://docs.gitlab.com/api/members/> (`id`, `username`, `state`).

use super::people::{PullRequest, id};
use super::{Answer, Asked, REPOSITORY, State};
use serde_json::{Value, json};

fn user(login: &str) -> Value {
    let state = if login.starts_with("blocked") { "blocked" } else { "active" };
    json!({ "id": id(login), "username": login, "name": login, "state": state, "web_url": format!("https://gitlab.com/{login}") })
}

impl State {
    pub(super) fn gitlab_people(&self, asked: &Asked) -> Option<Answer> {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let people = &self.people;
        if let ["groups", group, "members"] = path.as_slice() {
            return Some(match people.teams.get(*group) {
                Some(members) => (200, members.iter().map(|login| user(login)).collect()),
                None => (404, json!({ "message": "404 Group Not Found" })),
            });
        }
        let ["projects", REPOSITORY, rest @ ..] = path.as_slice() else { return None };
        Some(match rest {
            ["repository", "commits", sha, _] if !self.commits.contains(*sha) => {
                (404, json!({ "message": "404 Commit Not Found" }))
            }
            ["repository", "commits", sha, "statuses"] => {
                let shown = people.checks.iter().map(|one| {
                    json!({
                        "id": one.id, "sha": one.head.as_deref().unwrap_or(sha), "ref": "main", "name": one.name,
                        "status": status(one.conclusion.as_deref()), "allow_failure": false, "pipeline_id": one.run,
                        "target_url": null, "description": null, "created_at": "2026-11-20T10:00:00.000Z", "author": user("ci"),
                    })
                });
                (200, shown.collect())
            }
            ["repository", "commits", sha, "merge_requests"] => {
                (200, people.requests.iter().filter(|one| one.holds(sha)).map(merge_request).collect())
            }
            ["merge_requests", number, part] => {
                let Some(one) = people.requests.iter().find(|one| one.number.to_string() == *number) else {
                    return Some((404, json!({ "message": "404 Not found" })));
                };
                (200, part_of(one, part)?)
            }
            _ => return None,
        })
    }
}

/// GitLab's word for how something ended.
fn status(conclusion: Option<&str>) -> &str {
    match conclusion {
        None => "running",
        Some("failure") => "failed",
        Some(other) => other,
    }
}

fn merge_request(one: &PullRequest) -> Value {
    let state = match one.state.as_str() {
        "MERGED" => "merged",
        "CLOSED" => "closed",
        _ => "opened",
    };
    json!({
        "id": one.number + 500, "iid": one.number, "state": state, "target_branch": one.base, "source_branch": "work", "sha": one.head,
        "merge_commit_sha": one.merged_as, "squash_commit_sha": null, "author": user(&one.by),
    })
}

fn part_of(one: &PullRequest, part: &str) -> Option<Value> {
    Some(match part {
        "approvals" => {
            let all = one.reviews.iter().filter(|said| said.state == "APPROVED");
            let given: Vec<Value> =
                all.map(|said| json!({ "user": user(&said.by), "approved_at": said.at })).collect();
            json!({ "id": one.number + 500, "iid": one.number, "approvals_required": 0, "approvals_left": 0, "approved_by": given })
        }
        // Each commit was a push of its own, an hour after the one before it.
        "versions" => {
            let push = |(at, (id, _)): (usize, &(String, Vec<String>))| json!({ "id": at, "head_commit_sha": id, "created_at": format!("2026-11-20T{:02}:00:00.000Z", 8 + at), "state": "collected" });
            one.commits.iter().enumerate().map(push).rev().collect()
        }
        "commits" => {
            let shown = |(id, parents): &(String, Vec<String>)| json!({ "id": id, "parent_ids": parents, "title": "Work" });
            one.commits.iter().rev().map(shown).collect()
        }
        _ => return None,
    })
}
