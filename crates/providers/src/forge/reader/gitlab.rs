//! What GitLab says of approvals, groups and statuses: <https://docs.gitlab.com/api/merge_request_approvals/>,
//! `…/api/merge_requests/` (versions and commits), `…/api/commits/` (merge requests and statuses of a commit) and
//! `…/api/members/`.

use super::super::session::Right;
use super::fields::Fields;
use super::kept::Kept;
use chrono::{DateTime, Utc};
use futures_util::future::{try_join_all, try_join3};
use promote_core::commit::CommitId;
use promote_core::port::{
    Account, ChangeRequest, Check, CheckState, ProviderError, Review, ReviewState, ReviewedCommit,
};
use serde_json::Value;

const REVIEWS: Right = Right {
    what: "read merge requests",
    needs: [
        "",
        "the token needs the scope `read_api`, of somebody who may see the project's merge requests; a job's own token has none",
    ],
};
const CHECKS: Right = Right {
    what: "read statuses of commits",
    needs: [
        "",
        "the token needs the scope `read_api`, of somebody who may see the project's pipelines; a job's own token has none",
    ],
};
const GROUPS: Right = Right {
    what: "see who is in a group",
    needs: ["", "the token needs the scope `read_api`, of a member of the group; a job's own token has none"],
};

pub(super) async fn members(kept: &Kept, group: &str) -> Result<Vec<Account>, ProviderError> {
    // Those of the group itself: whoever owns the groups above was not meant by its name.
    let found = kept.all(&["groups", group, "members"], &[], ("", GROUPS)).await?;
    let all = found.iter().map(|one| account(&Fields::of(one, &kept.session)));
    Ok(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// An account; nobody where it is blocked or gone.
fn account(one: &Fields<'_>) -> Result<Option<Account>, ProviderError> {
    let found =
        Account { id: one.number("/id")?, login: one.text("/username")?.to_owned(), bot: one.is("/bot") };
    Ok(Some(found).filter(|_| one.maybe("/state").is_none_or(|state| state == "active")))
}

pub(super) async fn checks(
    kept: &Kept,
    commit: &CommitId,
    run: &[&str],
) -> Result<Vec<Check>, ProviderError> {
    let path =
        ["projects", &kept.session.place.repository, "repository", "commits", commit.as_str(), "statuses"];
    let found = kept.all(&path, &[], ("", CHECKS)).await?;
    let ours = |number: Result<String, ProviderError>, at: usize| {
        number.is_ok_and(|number| run.get(at).is_some_and(|ours| *ours == number))
    };
    let one = |one: &Value| {
        let one = Fields::of(one, &kept.session);
        let said = one.text("/status")?;
        Ok(Check {
            name: one.text("/name")?.to_owned(),
            app: None,
            workflow: None,
            event: None,
            head: one.commit("/sha")?,
            // A job that may fail and did is not green.
            state: match said {
                "success" => CheckState::Passed,
                "failed" | "canceled" | "skipped" => CheckState::NotPassed,
                _ => CheckState::Pending,
            },
            said: said.to_owned(),
            own: ours(one.number("/pipeline_id"), 0) || ours(one.number("/id"), 1),
        })
    };
    found.iter().map(one).collect()
}

pub(super) async fn reviews(kept: &Kept, commit: &CommitId) -> Result<Vec<ChangeRequest>, ProviderError> {
    let project = kept.session.place.repository.as_str();
    let path = ["projects", project, "repository", "commits", commit.as_str(), "merge_requests"];
    let found = kept.all(&path, &[], ("", REVIEWS)).await?;
    let open = found.iter().map(|one| Fields::of(one, &kept.session));
    // Of one that was closed unmerged nothing counts.
    let open = open.filter(|one| one.maybe("/state") != Some("closed"));
    try_join_all(open.map(|one| request(kept, one))).await
}

async fn request(kept: &Kept, one: Fields<'_>) -> Result<ChangeRequest, ProviderError> {
    let (project, number) = (kept.session.place.repository.as_str(), one.number("/iid")?);
    let base = ["projects", project, "merge_requests", &number];
    let path = |last| [&base[..], &[last]].concat();
    let (approvals, versions, commits) = (path("approvals"), path("versions"), path("commits"));
    let (approvals, versions, commits) = try_join3(
        kept.one(&approvals, &[], REVIEWS),
        kept.all(&versions, &[], ("", REVIEWS)),
        kept.all(&commits, &[], ("", REVIEWS)),
    )
    .await?;
    let pushes = versions.iter().map(|version| {
        let version = Fields::of(version, &kept.session);
        Ok((version.time("/created_at")?, version.commit("/head_commit_sha")?))
    });
    let pushes: Vec<(DateTime<Utc>, CommitId)> = pushes.collect::<Result<_, ProviderError>>()?;
    let given = Fields::of(&approvals.value, &kept.session);
    let mut reviews =
        given.list("/approved_by")?.map(|one| review(&one, &pushes)).collect::<Result<Vec<_>, _>>()?;
    reviews.sort_by_key(|review| review.at);
    let commits = commits.iter().map(|commit| {
        let commit = Fields::of(commit, &kept.session);
        let parents = commit.list("/parent_ids")?.map(|parent| parent.commit(""));
        let parents = parents.collect::<Result<_, _>>()?;
        Ok(ReviewedCommit { id: commit.commit("/id")?, parents })
    });
    let merged = one.maybe("/state") == Some("merged");
    let ends = ["/merge_commit_sha", "/squash_commit_sha"].into_iter().filter(|_| merged);
    let by = one.part("/author")?;
    Ok(ChangeRequest {
        name: format!("!{number}"),
        base: one.text("/target_branch")?.to_owned(),
        // Which branch is the default one, it does not say here.
        to_default: false,
        by: by.map(|by| account(&by)).transpose()?.flatten(),
        head: one.commit("/sha")?,
        merged_as: ends.filter_map(|end| one.maybe_commit(end)).collect(),
        abandoned: false,
        commits: commits.collect::<Result<_, ProviderError>>()?,
        reviews,
    })
}

/// An approval. What was approved is what had been pushed last by then, by the clock that both times come from.
fn review(one: &Fields<'_>, pushes: &[(DateTime<Utc>, CommitId)]) -> Result<Review, ProviderError> {
    let told = one.maybe("/approved_at").is_some();
    let at = if told { one.time("/approved_at")? } else { DateTime::UNIX_EPOCH };
    let head = pushes.iter().filter(|(pushed, _)| *pushed < at).max_by_key(|(pushed, _)| *pushed);
    let user = one.part("/user")?;
    Ok(Review {
        by: user.map(|user| account(&user)).transpose()?.flatten(),
        state: ReviewState::Approved,
        head: head.map(|(_, head)| head.clone()),
        at,
        // Only those who may are let to approve.
        may_write: true,
    })
}
