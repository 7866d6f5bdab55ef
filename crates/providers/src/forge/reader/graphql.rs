//! The reviews of GitHub's pull requests, by its other API: one question answers what takes the first one five, among it who
//! may write to the repository. <https://docs.github.com/graphql/reference/objects#pullrequestreview>

use super::super::session::{ForgeRequest, PUSH, Right};
use super::fields::Fields;
use super::github::repository;
use super::kept::Kept;
use promote_core::commit::CommitId;
use promote_core::port::{
    Account, ChangeRequest, ErrorKind, ProviderError, Review, ReviewState, ReviewedCommit,
};
use serde_json::{Value, json};
use std::time::Duration;

const REVIEWS: Right = Right {
    what: "read pull requests",
    needs: [
        "the token needs read access to pull requests and contents: `pull-requests: read` and `contents: read`, or the scope `repo`",
        "",
    ],
};

/// How many times more of one request's reviews or commits are asked for.
const PAGES: usize = 10;

/// What is asked of each review and each commit.
const PARTS: &str = "
fragment account on Actor { __typename login ... on User { databaseId } }
fragment reviews on PullRequestReviewConnection { pageInfo { hasNextPage endCursor } nodes { state submittedAt authorCanPushToRepository author { ...account } commit { oid } } }
fragment commits on PullRequestCommitConnection { pageInfo { hasNextPage endCursor } nodes { commit { oid parents(first: 10) { nodes { oid } } } } }";

const FIRST: &str = "query($owner: String!, $name: String!, $commit: GitObjectID!) { repository(owner: $owner, name: $name) { nameWithOwner defaultBranchRef { name } object(oid: $commit) { ... on Commit { associatedPullRequests(first: 20) { pageInfo { hasNextPage } nodes { number state baseRefName headRefOid repository { nameWithOwner } mergeCommit { oid } author { ...account } reviews(first: 100) { ...reviews } commits(first: 100) { ...commits } } } } } } }";

const MORE: &str = "query($owner: String!, $name: String!, $number: Int!, $reviews: String, $commits: String, $moreReviews: Boolean!, $moreCommits: Boolean!) { repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviews(first: 100, after: $reviews) @include(if: $moreReviews) { ...reviews } commits(first: 100, after: $commits) @include(if: $moreCommits) { ...commits } } } }";

pub(super) async fn reviews(kept: &Kept, commit: &CommitId) -> Result<Vec<ChangeRequest>, ProviderError> {
    let (owner, name) = repository(kept);
    let variables = json!({ "owner": owner, "name": name, "commit": commit.as_str() });
    let answer = asked(kept, FIRST, variables).await?;
    let here = answer.pointer("/repository").filter(|it| !it.is_null());
    let here = here.ok_or_else(|| unseen(kept, "it is not there, or the token may not see it".to_owned()))?;
    let whole = Fields::of(here, &kept.session);
    let found = here
        .pointer("/object/associatedPullRequests")
        .ok_or_else(|| unseen(kept, format!("it does not know the commit {}", commit.short(7))).hint(PUSH))?;
    let found = Fields::of(found, &kept.session);
    if found.flag("/pageInfo/hasNextPage")? {
        let what = format!("more than 20 pull requests hold {}, which are not all read", commit.short(7));
        return Err(kept.session.error(ErrorKind::Unsupported, what));
    }
    let mut all = Vec::new();
    for one in found.list("/nodes")? {
        // A commit may be part of a request of another repository, which others decide about.
        if one.text("/repository/nameWithOwner")? == whole.text("/nameWithOwner")? {
            all.push(request(kept, &one, whole.maybe("/defaultBranchRef/name")).await?);
        }
    }
    Ok(all)
}

fn unseen(kept: &Kept, what: String) -> ProviderError {
    kept.session.error(ErrorKind::NotFound, what).hint(kept.session.needs(REVIEWS))
}

async fn request(
    kept: &Kept,
    one: &Fields<'_>,
    default: Option<&str>,
) -> Result<ChangeRequest, ProviderError> {
    let number = one.number("/number")?;
    let base = one.text("/baseRefName")?.to_owned();
    let mut found = ChangeRequest {
        name: format!("#{number}"),
        to_default: default == Some(base.as_str()),
        base,
        by: account(one, "/author")?,
        head: one.commit("/headRefOid")?,
        merged_as: one
            .maybe_commit("/mergeCommit/oid")
            .filter(|_| one.maybe("/state") == Some("MERGED"))
            .into_iter()
            .collect(),
        abandoned: one.text("/state")? == "CLOSED",
        commits: Vec::new(),
        reviews: Vec::new(),
    };
    let mut more = add(&mut found, one, [true, true])?;
    let (owner, name) = repository(kept);
    for _ in 0..PAGES {
        let [reviews, commits] = &more;
        if reviews.is_none() && commits.is_none() {
            return Ok(found);
        }
        let asked_for = [reviews.is_some(), commits.is_some()];
        let variables = json!({
            "owner": owner, "name": name, "number": number.parse::<u64>().unwrap_or_default(),
            "reviews": reviews, "commits": commits,
            "moreReviews": asked_for[0], "moreCommits": asked_for[1],
        });
        let answer = asked(kept, MORE, variables).await?;
        let next = answer.pointer("/repository/pullRequest").ok_or_else(|| kept.session.odd())?;
        more = add(&mut found, &Fields::of(next, &kept.session), asked_for)?;
    }
    let what = format!("#{number} has too many reviews or commits, which are not all read");
    Err(kept.session.error(ErrorKind::Unsupported, what))
}

/// Adds the reviews and commits of one answer, those that were asked for, and tells where they go on that are not at their end.
fn add(
    found: &mut ChangeRequest,
    answer: &Fields<'_>,
    asked_for: [bool; 2],
) -> Result<[Option<String>; 2], ProviderError> {
    let mut next = [None, None];
    for ((place, name), asked_for) in next.iter_mut().zip(["/reviews", "/commits"]).zip(asked_for) {
        if !asked_for {
            continue;
        }
        for one in answer.list(&format!("{name}/nodes"))? {
            match name {
                "/reviews" => found.reviews.extend(review(&one)?),
                _ => found.commits.push(commit(&one)?),
            }
        }
        if answer.flag(&format!("{name}/pageInfo/hasNextPage"))? {
            *place = Some(answer.text(&format!("{name}/pageInfo/endCursor"))?.to_owned());
        }
    }
    Ok(next)
}

fn review(one: &Fields<'_>) -> Result<Option<Review>, ProviderError> {
    let state = match one.text("/state")? {
        "APPROVED" => ReviewState::Approved,
        "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
        "DISMISSED" => ReviewState::Dismissed,
        "COMMENTED" => ReviewState::Commented,
        // It is not given yet, and seen by nobody but its writer.
        "PENDING" => return Ok(None),
        // What is new there is taken for the strictest.
        _ => ReviewState::ChangesRequested,
    };
    Ok(Some(Review {
        by: account(one, "/author")?,
        state,
        head: one.maybe_commit("/commit/oid"),
        at: one.time("/submittedAt")?,
        may_write: one.is("/authorCanPushToRepository"),
    }))
}

fn commit(one: &Fields<'_>) -> Result<ReviewedCommit, ProviderError> {
    let parents = one.list("/commit/parents/nodes")?.map(|parent| parent.commit("/oid"));
    Ok(ReviewedCommit { id: one.commit("/commit/oid")?, parents: parents.collect::<Result<_, _>>()? })
}

/// An account, or nobody where it is gone.
fn account(one: &Fields<'_>, path: &str) -> Result<Option<Account>, ProviderError> {
    let Some(it) = one.part(path)? else { return Ok(None) };
    let login = it.text("/login")?.to_owned();
    let person = it.text("/__typename")? == "User";
    let id = if person { it.number("/databaseId")? } else { login.clone() };
    Ok(Some(Account { id, login, bot: !person }))
}

async fn asked(kept: &Kept, query: &str, variables: Value) -> Result<Value, ProviderError> {
    let body = json!({ "query": format!("{query}{PARTS}"), "variables": variables });
    let answer = kept.ask(&ForgeRequest::question(body, REVIEWS)).await?;
    let errors = answer.value.get("errors").filter(|errors| !errors.is_null());
    let first = match errors.map(Value::as_array) {
        None => None,
        Some(errors) => errors.ok_or_else(|| kept.session.odd())?.first(),
    };
    let Some(first) = first else {
        return answer.value.get("data").cloned().ok_or_else(|| kept.session.odd());
    };
    let said = kept.session.shown(first.get("message").and_then(Value::as_str).unwrap_or_default());
    let error = |kind, what: &str| kept.session.error(kind, format!("{what}: {said}"));
    Err(match first.get("type").and_then(Value::as_str) {
        Some("RATE_LIMITED") => error(ErrorKind::Unavailable, "too many requests")
            .throttled(Duration::from_secs(60))
            .hint("the forge takes no more requests for now"),
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => {
            error(ErrorKind::Denied, "the token may not read pull requests").hint(kept.session.needs(REVIEWS))
        }
        Some("NOT_FOUND") => error(ErrorKind::NotFound, "it is not there, or the token may not see it")
            .hint(kept.session.needs(REVIEWS)),
        _ => error(ErrorKind::Invalid, "it does not answer what was asked"),
    })
}
