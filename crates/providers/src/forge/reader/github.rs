//! What GitHub says of checks, teams and authors: <https://docs.github.com/rest/checks/runs>, `…/commits/statuses`,
//! `…/actions/workflow-runs`, `…/teams/members` and `…/commits/commits`.

use super::super::session::Right;
use super::fields::Fields;
use super::kept::Kept;
use futures_util::future::try_join3;
use promote_core::commit::CommitId;
use promote_core::port::{Account, Author, Check, CheckState, ErrorKind, ProviderError, WrittenCommit};
use serde_json::Value;
use std::collections::HashMap;

const CHECKS: Right = Right {
    what: "read checks",
    needs: [
        "the token needs read access to checks, statuses and, for `workflow`, actions: `checks: read`, `statuses: read`, `actions: read`, or the scope `repo`",
        "",
    ],
};
const TEAMS: Right = Right {
    what: "see who is in a team",
    needs: [
        "the token needs the scope `read:org`, or read access to the organisation's members; a job's own token has neither",
        "",
    ],
};
const COMMITS: Right =
    Right { what: "read commits", needs: ["the token needs `contents: read`, or the scope `repo`", ""] };

/// The app whose checks are jobs of workflows.
const ACTIONS: &str = "github-actions";

/// The parts of the repository's name.
pub(super) fn repository(kept: &Kept) -> (&str, &str) {
    let name = &kept.session.place.repository;
    name.split_once('/').unwrap_or((name, ""))
}

pub(super) async fn members(
    kept: &Kept,
    organisation: &str,
    team: &str,
) -> Result<Vec<Account>, ProviderError> {
    let path = ["orgs", organisation, "teams", team, "members"];
    let found = kept.all(&path, &[], ("", TEAMS)).await?;
    found.iter().map(|one| account(&Fields::of(one, &kept.session))).collect()
}

fn account(one: &Fields<'_>) -> Result<Account, ProviderError> {
    Ok(Account {
        id: one.number("/id")?,
        login: one.text("/login")?.to_owned(),
        bot: one.maybe("/type") != Some("User"),
    })
}

/// A workflow's file and what set it off, by the suite of its checks.
type Origins = HashMap<String, (String, String)>;

pub(super) async fn checks(
    kept: &Kept,
    commit: &CommitId,
    origins: bool,
    run: Option<&str>,
) -> Result<Vec<Check>, ProviderError> {
    let (owner, name) = repository(kept);
    let runs = ["repos", owner, name, "commits", commit.as_str(), "check-runs"];
    let runs = kept.all(&runs, &[("filter", "latest")], ("/check_runs", CHECKS));
    let statuses = ["repos", owner, name, "commits", commit.as_str(), "status"];
    let statuses = kept.all(&statuses, &[], ("/statuses", CHECKS));
    let workflows = async {
        match origins {
            true => self::origins(kept, commit).await,
            false => Ok(Origins::new()),
        }
    };
    let (runs, statuses, workflows) = try_join3(runs, statuses, workflows).await?;
    let mut found = Vec::new();
    for one in &runs {
        found.push(check_run(&Fields::of(one, &kept.session), &workflows, run)?);
    }
    for one in &statuses {
        let one = Fields::of(one, &kept.session);
        let said = one.text("/state")?.to_owned();
        found.push(Check {
            name: one.text("/context")?.to_owned(),
            app: None,
            workflow: None,
            event: None,
            // They were asked for by the commit, and say none themselves.
            head: commit.clone(),
            state: match said.as_str() {
                "success" => CheckState::Passed,
                "pending" => CheckState::Pending,
                _ => CheckState::NotPassed,
            },
            said,
            own: false,
        });
    }
    Ok(found)
}

fn check_run(one: &Fields<'_>, workflows: &Origins, run: Option<&str>) -> Result<Check, ProviderError> {
    let app = one.owned("/app/slug");
    let actions = app.as_deref() == Some(ACTIONS);
    // Any app may send its readers to any page: only of a job does it tell the run.
    let page = one.maybe("/details_url").filter(|_| actions);
    let page_run = page.and_then(|page| page.split_once("/actions/runs/")).map(|(_, rest)| rest);
    let page_run = page_run.and_then(|rest| rest.split('/').next());
    let suite = one.number("/check_suite/id").ok();
    let origin = suite.and_then(|suite| workflows.get(&suite)).filter(|_| actions);
    let (state, said) = match (one.text("/status")?, one.maybe("/conclusion")) {
        ("completed", Some("success")) => (CheckState::Passed, "success"),
        ("completed", other) => (CheckState::NotPassed, other.unwrap_or("no conclusion")),
        (status, _) => (CheckState::Pending, status),
    };
    Ok(Check {
        name: one.text("/name")?.to_owned(),
        app,
        workflow: origin.map(|(path, _)| path.clone()),
        event: origin.map(|(_, event)| event.clone()),
        head: one.commit("/head_sha")?,
        state,
        said: said.to_owned(),
        own: run.is_some_and(|run| !run.is_empty() && page_run == Some(run)),
    })
}

async fn origins(kept: &Kept, commit: &CommitId) -> Result<Origins, ProviderError> {
    let (owner, name) = repository(kept);
    let path = ["repos", owner, name, "actions", "runs"];
    let found = kept.all(&path, &[("head_sha", commit.as_str())], ("/workflow_runs", CHECKS)).await?;
    let mut origins = Origins::new();
    for one in &found {
        let one = Fields::of(one, &kept.session);
        if one.maybe_commit("/head_sha").as_ref() != Some(commit) {
            continue;
        }
        // The file, without the ref that may follow it.
        let path = one.text("/path")?.split('@').next().unwrap_or_default().to_owned();
        origins.insert(one.number("/check_suite_id")?, (path, one.text("/event")?.to_owned()));
    }
    Ok(origins)
}

pub(super) async fn authors(
    kept: &Kept,
    from: Option<&CommitId>,
    to: &CommitId,
) -> Result<Vec<WrittenCommit>, ProviderError> {
    let (owner, name) = repository(kept);
    let Some(from) = from else {
        let path = ["repos", owner, name, "commits", to.as_str()];
        let one = kept.one(&path, &[], COMMITS).await?;
        return Ok(vec![written(&Fields::of(&one.value, &kept.session))?]);
    };
    let both = format!("{from}...{to}");
    let path = ["repos", owner, name, "compare", &both];
    let query = [("per_page", "100")];
    let first = kept.one(&path, &query, COMMITS).await?;
    let all = kept.all(&path, &[], ("/commits", COMMITS)).await?;
    if first.value.pointer("/total_commits").and_then(Value::as_u64) != u64::try_from(all.len()).ok() {
        let what = format!("it does not tell all commits between {} and {}", from.short(7), to.short(7));
        return Err(kept.session.error(ErrorKind::Unsupported, what));
    }
    all.iter().map(|one| written(&Fields::of(one, &kept.session))).collect()
}

fn written(one: &Fields<'_>) -> Result<WrittenCommit, ProviderError> {
    let by = Author {
        name: one.text("/commit/author/name")?.to_owned(),
        email: one.owned("/commit/author/email").unwrap_or_default(),
        login: one.owned("/author/login"),
    };
    Ok(WrittenCommit { id: one.commit("/sha")?, merges: one.list("/parents")?.count() > 1, by })
}
