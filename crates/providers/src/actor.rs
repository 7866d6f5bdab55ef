//! Who is acting, as far as the environment variables tell, and else the system's table of users. Nothing here is
//! proven, so every answer is `claimed`; tokens are never looked at.

use crate::Variables;
use promote_core::ledger::Actor;
use std::collections::BTreeMap;

/// What is known of one CI system: the variables that hold the facts. An empty name means that it has none.
struct System {
    source: &'static str,
    marker: &'static str,
    actor: &'static [&'static str],
    run_url: &'static str,
    run_id: &'static str,
    attempt: &'static str,
    workflow: &'static str,
}

/// Systems in the order in which they are looked for: Gitea sets the variables of GitHub as well.
const SYSTEMS: [System; 11] = [
    system("gitea-actions", "GITEA_ACTIONS", &["GITHUB_ACTOR"], ["", "GITHUB_RUN_ID", "", "GITHUB_WORKFLOW"]),
    system(
        "github-actions",
        "GITHUB_ACTIONS",
        &["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"],
        ["", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_WORKFLOW"],
    ),
    system(
        "gitlab-ci",
        "GITLAB_CI",
        &["GITLAB_USER_LOGIN", "GITLAB_USER_NAME"],
        ["CI_JOB_URL", "CI_PIPELINE_ID", "", "CI_JOB_NAME"],
    ),
    system(
        "buildkite",
        "BUILDKITE",
        &["BUILDKITE_BUILD_CREATOR", "BUILDKITE_BUILD_AUTHOR"],
        ["BUILDKITE_BUILD_URL", "BUILDKITE_BUILD_NUMBER", "BUILDKITE_RETRY_COUNT", "BUILDKITE_PIPELINE_SLUG"],
    ),
    system(
        "circleci",
        "CIRCLECI",
        &["CIRCLE_USERNAME"],
        ["CIRCLE_BUILD_URL", "CIRCLE_WORKFLOW_ID", "", "CIRCLE_JOB"],
    ),
    system(
        "azure-pipelines",
        "TF_BUILD",
        &["BUILD_REQUESTEDFOR"],
        ["", "BUILD_BUILDID", "SYSTEM_JOBATTEMPT", "BUILD_DEFINITIONNAME"],
    ),
    system(
        "bitbucket-pipelines",
        "BITBUCKET_BUILD_NUMBER",
        &["BITBUCKET_STEP_TRIGGERER_UUID"],
        ["", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_RUN_NUMBER", "BITBUCKET_REPO_FULL_NAME"],
    ),
    system(
        "codebuild",
        "CODEBUILD_BUILD_ID",
        &["CODEBUILD_INITIATOR"],
        ["CODEBUILD_PUBLIC_BUILD_URL", "CODEBUILD_BUILD_ID", "", ""],
    ),
    system(
        "jenkins",
        "JENKINS_URL",
        &["BUILD_USER_ID", "CHANGE_AUTHOR"],
        ["BUILD_URL", "BUILD_NUMBER", "", "JOB_NAME"],
    ),
    system(
        "woodpecker",
        "CI_PIPELINE_NUMBER",
        &["CI_COMMIT_AUTHOR"],
        ["CI_PIPELINE_URL", "CI_PIPELINE_NUMBER", "", "CI_WORKFLOW_NAME"],
    ),
    system("google-cloud-build", "GOOGLE_CLOUD_BUILD", &[], ["", "BUILD_ID", "", "TRIGGER_NAME"]),
];

const fn system(
    source: &'static str,
    marker: &'static str,
    actor: &'static [&'static str],
    [run_url, run_id, attempt, workflow]: [&'static str; 4],
) -> System {
    System { source, marker, actor, run_url, run_id, attempt, workflow }
}

/// Who acts. `PROMOTE_ACTOR` and `PROMOTE_RUN_URL` go before what was found. `hostname` is told of people only. Where
/// no variable names the user, the system's table of users is asked.
pub fn detect(variables: &Variables, hostname: &str) -> Actor {
    detect_with(variables, hostname, login)
}

/// The same, pure: `login` names the user where no variable does.
fn detect_with(variables: &Variables, hostname: &str, login: impl FnOnce() -> Option<String>) -> Actor {
    let mut actor = match SYSTEMS.iter().find(|system| variables.is_on(system.marker)) {
        Some(system) => of_system(system, variables),
        None if variables.is_on("CI") => named("ci", "ci", BTreeMap::new()),
        None => of_person(variables, hostname, login),
    };
    if let Some(given) = variables.get("PROMOTE_ACTOR") {
        let found = std::mem::replace(&mut actor.name, plain(given));
        actor.details.insert("detected".to_owned(), found);
    }
    if let Some(url) = variables.get("PROMOTE_RUN_URL") {
        actor.details.insert("run".to_owned(), plain(url));
    }
    actor
}

/// The name of this machine, or `unknown`.
pub fn hostname() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "unknown".to_owned() } else { plain(&name) }
}

fn of_person(variables: &Variables, hostname: &str, login: impl FnOnce() -> Option<String>) -> Actor {
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| variables.get(name));
    let details = BTreeMap::from([("host".to_owned(), plain(hostname))]);
    let user = user.map(str::to_owned).or_else(login);
    named(user.as_deref().unwrap_or("unknown"), "local-user", details)
}

/// The name that the system's table of users has for the user who runs this.
fn login() -> Option<String> {
    let id = rustix::process::getuid().as_raw().to_string();
    let table = std::fs::read_to_string("/etc/passwd").ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}

fn of_system(system: &System, variables: &Variables) -> Actor {
    let mut details = BTreeMap::new();
    let facts = [("run-id", system.run_id), ("attempt", system.attempt), ("workflow", system.workflow)];
    for (name, variable) in facts {
        if let Some(value) = variables.get(variable) {
            details.insert(name.to_owned(), plain(value));
        }
    }
    if let Some(url) = run_url(system, variables) {
        details.insert("run".to_owned(), plain(&url));
    }
    let name = system.actor.iter().find_map(|name| variables.get(name));
    named(name.unwrap_or(system.source), system.source, details)
}

/// The run's page: as the system says, or put together where it gives only the parts.
fn run_url(system: &System, variables: &Variables) -> Option<String> {
    if let Some(url) = variables.get(system.run_url) {
        return Some(url.to_owned());
    }
    let of = |name| variables.get(name);
    match system.source {
        "github-actions" | "gitea-actions" => {
            let base = format!(
                "{}/{}/actions/runs/{}",
                of("GITHUB_SERVER_URL")?,
                of("GITHUB_REPOSITORY")?,
                of("GITHUB_RUN_ID")?
            );
            match of("GITHUB_RUN_ATTEMPT") {
                Some(attempt) if attempt != "1" => Some(format!("{base}/attempts/{attempt}")),
                _ => Some(base),
            }
        }
        "azure-pipelines" => Some(format!(
            "{}{}/_build/results?buildId={}",
            of("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")?,
            of("SYSTEM_TEAMPROJECT")?,
            of("BUILD_BUILDID")?
        )),
        "bitbucket-pipelines" => Some(format!(
            "{}/pipelines/results/{}",
            of("BITBUCKET_GIT_HTTP_ORIGIN")?,
            of("BITBUCKET_BUILD_NUMBER")?
        )),
        _ => None,
    }
}

fn named(name: &str, source: &str, details: BTreeMap<String, String>) -> Actor {
    Actor { details, ..Actor::claimed(plain(name), source) }
}

/// A foreign value made fit for a record: no control characters, at most 256 characters, and an address without what it
/// may carry of secrets: user and password, and all of its query but numbers (`buildId=42`).
pub fn plain(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(256).collect();
    let Some((scheme, rest)) = clean.split_once("://") else { return clean };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_number =
        |value: &str| !value.is_empty() && value.len() < 20 && value.bytes().all(|b| b.is_ascii_digit());
    let harmless = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| is_number(value));
    let kept: Vec<&str> = query.split('&').filter(harmless).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    format!("{scheme}://{host}{path}{mark}{}", kept.join("&"))
}

#[cfg(test)]
mod tests;
