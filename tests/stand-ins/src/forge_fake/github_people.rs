//! What GitHub's stand-in says of people and commits: check runs, statuses, workflow runs, teams, comparisons, and pull
//! requests by GraphQL. Answers have what GitHub's own description demands of them.

use super::people::{PullRequest, Said};
use super::{Answer, Asked, REPOSITORY, State};
use serde_json::{Value, json};

const SITE: &str = "https://github.com";

/// An account, with everything that GitHub's description demands of one.
fn user(login: &str) -> Value {
    let id = super::people::id(login);
    let api = format!("https://api.github.com/users/{login}");
    json!({
        "login": login, "id": id, "node_id": format!("U_{id}"), "avatar_url": format!("{SITE}/{login}.png"), "gravatar_id": "",
        "url": api, "html_url": format!("{SITE}/{login}"), "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following"), "gists_url": format!("{api}/gists"), "starred_url": format!("{api}/starred"),
        "subscriptions_url": format!("{api}/subscriptions"), "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"), "events_url": format!("{api}/events"),
        "received_events_url": format!("{api}/received_events"),
        "type": if login.ends_with("[bot]") { "Bot" } else { "User" }, "site_admin": false,
    })
}

fn app(slug: &str) -> Value {
    json!({
        "id": 15368, "slug": slug, "node_id": "A_1", "client_id": "Iv1", "owner": user("github"), "name": slug, "description": "",
        "external_url": SITE, "html_url": format!("{SITE}/apps/{slug}"), "created_at": "2018-07-30T09:30:17Z",
        "updated_at": "2024-04-10T20:33:16Z", "permissions": { "checks": "write" }, "events": [],
    })
}

/// A commit with its author's account, where that is known.
fn commit(sha: &str, parents: &[String], (author, account): (&str, Option<&str>)) -> Value {
    let parent = |sha: &String| {
        let url = format!("https://api.github.com/repos/{REPOSITORY}/commits/{sha}");
        json!({ "sha": sha, "url": url, "html_url": format!("{SITE}/{REPOSITORY}/commit/{sha}") })
    };
    let api = format!("https://api.github.com/repos/{REPOSITORY}");
    let who =
        json!({ "name": author, "email": format!("{author}@home.example"), "date": "2026-11-20T10:00:00Z" });
    json!({
        "url": format!("{api}/commits/{sha}"), "sha": sha, "node_id": "C_1", "html_url": format!("{SITE}/{REPOSITORY}/commit/{sha}"),
        "comments_url": format!("{api}/commits/{sha}/comments"),
        "commit": {
            "url": format!("{api}/git/commits/{sha}"), "author": who, "committer": who, "message": "Work", "comment_count": 0,
            "tree": { "sha": sha, "url": format!("{api}/git/trees/{sha}") },
        },
        "author": account.map_or(json!({}), user), "committer": account.map_or(json!({}), user),
        "parents": parents.iter().map(parent).collect::<Vec<_>>(),
    })
}

impl State {
    pub(super) fn github_people(&self, asked: &Asked) -> Option<Answer> {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let people = &self.people;
        let known = |sha: &str| self.commits.contains(sha);
        let unknown = |sha: &str| {
            (
                422,
                json!({ "message": format!("No commit found for SHA: {sha}"), "documentation_url": "https://docs.github.com/rest" }),
            )
        };
        let ["repos", owner, name, rest @ ..] = path.as_slice() else {
            let ["orgs", organisation, "teams", team, "members"] = path.as_slice() else { return None };
            let members = people.teams.get(&format!("{organisation}/{team}"));
            return Some(match members {
                Some(members) => (200, members.iter().map(|login| user(login)).collect()),
                None => (
                    404,
                    json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
                ),
            });
        };
        if format!("{owner}/{name}") != REPOSITORY {
            return None;
        }
        Some(match rest {
            ["commits", sha, "check-runs" | "status"] if !known(sha) => unknown(sha),
            ["commits", sha, "check-runs"] => {
                let runs: Vec<Value> = people
                    .checks
                    .iter()
                    .filter(|one| !one.app.is_empty())
                    .map(|one| check_run(one, sha))
                    .collect();
                (200, json!({ "total_count": runs.len(), "check_runs": runs }))
            }
            ["commits", sha, "status"] => {
                let all = people.checks.iter().filter(|one| one.app.is_empty());
                let statuses: Vec<Value> = all.map(|one| status(one, sha)).collect();
                let api = format!("https://api.github.com/repos/{REPOSITORY}");
                (
                    200,
                    json!({
                        "state": "success", "statuses": statuses, "sha": sha, "total_count": statuses.len(), "repository": repository(),
                        "commit_url": format!("{api}/commits/{sha}"), "url": format!("{api}/commits/{sha}/status"),
                    }),
                )
            }
            ["actions", "runs"] => {
                let sha = asked.query.get("head_sha").cloned().unwrap_or_default();
                let all = people.checks.iter().filter(|one| !one.workflow.is_empty());
                let runs: Vec<Value> = all.map(|one| workflow_run(one, &sha)).collect();
                (200, json!({ "total_count": runs.len(), "workflow_runs": runs }))
            }
            ["commits", sha] => match known(sha) {
                true => (200, commit(sha, &[], (&people.author.0, people.author.1.as_deref()))),
                false => unknown(sha),
            },
            ["compare", both] => {
                let (from, to) = both.split_once("...")?;
                if !known(from) || !known(to) {
                    return Some((
                        404,
                        json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
                    ));
                }
                let mut new: Vec<Value> = people
                    .between
                    .iter()
                    .map(|(sha, parents, login)| commit(sha, parents, (login, Some(login))))
                    .collect();
                if new.is_empty() {
                    let by = (people.author.0.as_str(), people.author.1.as_deref());
                    new.push(commit(to, &[from.to_owned()], by));
                }
                let (base, count) = (commit(from, &[], ("base", None)), new.len());
                let api = format!("https://api.github.com/repos/{REPOSITORY}/compare/{both}");
                (
                    200,
                    json!({
                        "url": api, "html_url": api, "permalink_url": api, "diff_url": api, "patch_url": api, "base_commit": base,
                        "merge_base_commit": base, "status": "ahead", "ahead_by": count, "behind_by": 0,
                        "total_commits": count, "commits": new, "files": [],
                    }),
                )
            }
            _ => return None,
        })
    }

    /// Leaves out what is to be left out.
    fn lacking(&self, request: &mut Value) {
        let Some((part, field)) = self.people.graphql_lacks else { return };
        let (from, name) = match field {
            None => (request, part),
            Some(field) => (&mut request[part], field),
        };
        from.as_object_mut().map(|from| from.remove(name));
    }

    /// The other API's answer: two questions are known, the one for a commit's requests and the one for further pages.
    pub(super) fn github_graphql(&self, asked: &Asked) -> Answer {
        let variables = &asked.body["variables"];
        let error = |kind: &str, message: &str| {
            (
                200,
                json!({ "data": null, "errors": [{ "type": kind, "path": ["repository"], "message": message }] }),
            )
        };
        if let Some((kind, message)) = &self.people.graphql_error {
            return error(kind, message);
        }
        if format!(
            "{}/{}",
            variables["owner"].as_str().unwrap_or_default(),
            variables["name"].as_str().unwrap_or_default()
        ) != REPOSITORY
        {
            return error("NOT_FOUND", "Could not resolve to a Repository with the name 'x/y'.");
        }
        let page = self.people.page.max(1);
        if let Some(number) = variables["number"].as_u64() {
            let Some(request) = self.people.requests.iter().find(|one| one.number == number) else {
                return error("NOT_FOUND", "Could not resolve to a PullRequest");
            };
            let mut found = json!({});
            for (part, more, items) in
                [("reviews", "moreReviews", reviews(request)), ("commits", "moreCommits", commits(request))]
            {
                if variables[more] == json!(true) {
                    let from = variables[part].as_str().and_then(|at| at.parse().ok()).unwrap_or(0);
                    found[part] = connection(&items, from, page);
                }
            }
            self.lacking(&mut found);
            return (200, json!({ "data": { "repository": { "pullRequest": found } } }));
        }
        let sha = variables["commit"].as_str().unwrap_or_default();
        let object = self.commits.contains(sha).then(|| {
            let nodes: Vec<Value> = self
                .people
                .requests
                .iter()
                .filter(|one| one.holds(sha))
                .map(|one| pull_request(one, page))
                .map(|mut one| {
                    self.lacking(&mut one);
                    one
                })
                .collect();
            json!({ "associatedPullRequests": { "pageInfo": { "hasNextPage": false }, "nodes": nodes } })
        });
        (
            200,
            json!({ "data": { "repository": { "nameWithOwner": REPOSITORY, "defaultBranchRef": { "name": "main" }, "object": object } } }),
        )
    }
}

fn account(login: &str) -> Value {
    if login == "ghost" {
        return Value::Null;
    }
    match login.strip_suffix("[bot]") {
        Some(name) => json!({ "__typename": "Bot", "login": name }),
        None => json!({ "__typename": "User", "login": login, "databaseId": super::people::id(login) }),
    }
}

fn connection(items: &[Value], from: usize, most: usize) -> Value {
    let nodes: Vec<&Value> = items.iter().skip(from).take(most).collect();
    let end = from + nodes.len();
    json!({ "pageInfo": { "hasNextPage": end < items.len(), "endCursor": end.to_string() }, "nodes": nodes })
}

fn reviews(request: &PullRequest) -> Vec<Value> {
    let shown = |one: &Said| {
        json!({
            "state": one.state, "submittedAt": one.at, "authorCanPushToRepository": one.by != "reader",
            "author": account(&one.by), "commit": one.head.as_ref().map(|head| json!({ "oid": head })),
        })
    };
    request.reviews.iter().map(shown).collect()
}

fn commits(request: &PullRequest) -> Vec<Value> {
    let shown = |(id, parents): &(String, Vec<String>)| {
        let parents: Vec<Value> = parents.iter().map(|oid| json!({ "oid": oid })).collect();
        json!({ "commit": { "oid": id, "parents": { "nodes": parents } } })
    };
    request.commits.iter().map(shown).collect()
}

fn pull_request(one: &PullRequest, page: usize) -> Value {
    json!({
        "number": one.number, "state": one.state, "baseRefName": one.base, "headRefOid": one.head,
        "repository": { "nameWithOwner": REPOSITORY }, "mergeCommit": one.merged_as.as_ref().map(|oid| json!({ "oid": oid })),
        "author": account(&one.by), "reviews": connection(&reviews(one), 0, page), "commits": connection(&commits(one), 0, page),
    })
}

fn check_run(one: &super::people::CheckSaid, sha: &str) -> Value {
    let api = format!("https://api.github.com/repos/{REPOSITORY}/check-runs/{}", one.id);
    let done = one.conclusion.is_some();
    json!({
        "id": one.id, "head_sha": one.head.as_deref().unwrap_or(sha), "node_id": "CR_1", "external_id": "", "url": api,
        "html_url": format!("{SITE}/{REPOSITORY}/actions/runs/{}/job/{}", one.run, one.id),
        "details_url": format!("{SITE}/{REPOSITORY}/actions/runs/{}/job/{}", one.run, one.id),
        "status": if done { "completed" } else { "in_progress" }, "conclusion": one.conclusion,
        "started_at": "2026-11-20T10:00:00Z", "completed_at": done.then_some("2026-11-20T10:05:00Z"),
        "output": { "title": null, "summary": null, "text": null, "annotations_count": 0, "annotations_url": format!("{api}/annotations") },
        "name": one.name, "check_suite": { "id": one.run + 1000 }, "app": app(&one.app), "pull_requests": [],
    })
}

fn status(one: &super::people::CheckSaid, sha: &str) -> Value {
    json!({
        "url": format!("https://api.github.com/repos/{REPOSITORY}/statuses/{sha}"), "avatar_url": null, "id": one.id, "node_id": "S_1",
        "state": one.conclusion.as_deref().unwrap_or("pending"), "description": null, "target_url": null, "context": one.name,
        "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z",
    })
}

pub(super) fn workflow_run(one: &super::people::CheckSaid, sha: &str) -> Value {
    let api = format!("https://api.github.com/repos/{REPOSITORY}/actions/runs/{}", one.run);
    json!({
        "id": one.run, "node_id": "R_1", "name": "CI", "head_branch": "main", "head_sha": sha, "path": format!("{}@main", one.workflow),
        "display_title": "Work", "run_number": 1, "run_attempt": 1, "event": one.event, "status": "completed", "conclusion": "success",
        "workflow_id": 7, "check_suite_id": one.run + 1000, "url": api, "html_url": api, "pull_requests": [], "head_commit": null,
        "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:05:00Z", "jobs_url": api, "logs_url": api,
        "check_suite_url": api, "artifacts_url": api, "cancel_url": api, "rerun_url": api, "workflow_url": api,
        "repository": repository(), "head_repository": repository(),
    })
}

/// The addresses that GitHub's description demands of a repository, none of which anybody here reads.
const PAGES: &str = "archive assignees blobs branches collaborators comments commits compare contents contributors deployments \
    downloads events forks git_commits git_refs git_tags hooks html issue_comment issue_events issues keys labels languages merges \
    milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees";

fn repository() -> Value {
    let api = format!("https://api.github.com/repos/{REPOSITORY}");
    let mut found = json!({
        "id": 1, "node_id": "R_1", "name": "lanes", "full_name": REPOSITORY, "owner": user("acme"), "private": true, "fork": false,
        "description": null, "url": api,
    });
    for page in PAGES.split_whitespace() {
        found[format!("{page}_url")] = json!(format!("{api}/{page}"));
    }
    found
}
