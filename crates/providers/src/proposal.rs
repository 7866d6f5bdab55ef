//! The pull or merge request that a job is about, where its system gives the job a merge of it that is tried out. A job
//! for what is proposed itself is none: that commit stays what it is, merged or not.

use crate::{Variables, opened};
use promote_core::commit::CommitId;
use promote_core::proposal::Proposal;
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// The longest description of an event that is read. GitHub's own are far shorter.
const LIMIT: u64 = 16 * 1024 * 1024;

/// What the variables of the job say.
pub fn of(variables: &Variables) -> Option<Proposal> {
    github(variables)
        .or_else(|| gitlab(variables))
        .or_else(|| azure(variables))
        .or_else(|| bitbucket(variables))
        .or_else(|| jenkins(variables))
}

/// Names and numbers come from outside.
fn named(kind: &str, number: &str) -> String {
    let number: String = number.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    format!("{kind} {number}")
}

fn commit(variables: &Variables, name: &str) -> Option<CommitId> {
    variables.get(name)?.parse().ok()
}

/// `refs/pull/5/merge` is a merge that GitHub makes anew whenever either branch moves
/// (<https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request>);
/// a merge queue's commit becomes the branch's only if every check succeeds.
fn github(variables: &Variables) -> Option<Proposal> {
    let reference = variables.get("GITHUB_REF")?;
    let merge = commit(variables, "GITHUB_SHA");
    let number = reference.strip_prefix("refs/pull/").and_then(|rest| rest.strip_suffix("/merge"));
    if let Some(number) = number {
        let event = variables.get("GITHUB_EVENT_PATH").and_then(|path| event(Path::new(path)));
        let head = event.as_ref().and_then(proposed);
        return Some(Proposal { of: named("pull request", number), merge, head, base: None, queued: false });
    }
    if variables.get("GITHUB_EVENT_NAME") == Some("pull_request_target") {
        return targeted(variables, merge);
    }
    let queued = variables.get("GITHUB_EVENT_NAME") == Some("merge_group")
        || reference.starts_with("refs/heads/gh-readonly-queue/");
    queued.then(|| Proposal { of: "a merge queue".to_owned(), merge, head: None, base: None, queued })
}

/// A job for `pull_request_target` is given the branch, and may check out the merge by itself. Once the change is merged, its
/// merge is the branch's.
fn targeted(variables: &Variables, base: Option<CommitId>) -> Option<Proposal> {
    let event = event(Path::new(variables.get("GITHUB_EVENT_PATH")?))?;
    let merged = event.pointer("/pull_request/merged").and_then(Value::as_bool);
    let number = event.pointer("/pull_request/number").and_then(Value::as_u64)?;
    let head = proposed(&event);
    let open = merged != Some(true);
    open.then(|| Proposal { of: format!("pull request {number}"), merge: None, head, base, queued: false })
}

/// The description of the event that a job is about.
fn event(path: &Path) -> Option<Value> {
    let mut text = Vec::new();
    opened::regular(path).ok()?.take(LIMIT).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// `pull_request.head.sha` of an event.
fn proposed(event: &Value) -> Option<CommitId> {
    event.pointer("/pull_request/head/sha")?.as_str()?.parse().ok()
}

/// Merged results and merge trains run on a merge made for them; other pipelines for merge requests run on what is
/// proposed (<https://docs.gitlab.com/ci/variables/predefined_variables/>).
fn gitlab(variables: &Variables) -> Option<Proposal> {
    let kind = variables.get("CI_MERGE_REQUEST_EVENT_TYPE")?;
    if !matches!(kind, "merged_result" | "merge_train") {
        return None;
    }
    let number = variables.get("CI_MERGE_REQUEST_IID").unwrap_or_default();
    Some(Proposal {
        of: named("merge request", number),
        merge: commit(variables, "CI_COMMIT_SHA"),
        head: commit(variables, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
        base: None,
        queued: false,
    })
}

/// <https://learn.microsoft.com/azure/devops/pipelines/build/variables>
fn azure(variables: &Variables) -> Option<Proposal> {
    let reference = variables.get("BUILD_SOURCEBRANCH")?;
    let number = reference.strip_prefix("refs/pull/").and_then(|rest| rest.strip_suffix("/merge"))?;
    let number = variables.get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER").unwrap_or(number);
    Some(Proposal {
        of: named("pull request", number),
        merge: commit(variables, "BUILD_SOURCEVERSION"),
        head: commit(variables, "SYSTEM_PULLREQUEST_SOURCECOMMITID"),
        base: None,
        queued: false,
    })
}

/// Bitbucket merges the destination into what is proposed, in the job itself
/// (<https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>).
fn bitbucket(variables: &Variables) -> Option<Proposal> {
    variables.get("BITBUCKET_BUILD_NUMBER")?;
    let number = variables.get("BITBUCKET_PR_ID")?;
    let head = commit(variables, "BITBUCKET_COMMIT");
    Some(Proposal { of: named("pull request", number), merge: None, head, base: None, queued: false })
}

/// A multibranch project may build what is proposed, or a merge of it; nothing tells which
/// (<https://www.jenkins.io/doc/book/pipeline/multibranch/#additional-environment-variables>).
fn jenkins(variables: &Variables) -> Option<Proposal> {
    variables.get("JENKINS_URL")?;
    let number = variables.get("CHANGE_ID")?;
    Some(Proposal { of: named("change", number), merge: None, head: None, base: None, queued: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MERGE: &str = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
    const HEAD: &str = "dddddddddddddddddddddddddddddddddddddddd";

    fn found(pairs: &[(&str, &str)]) -> Option<(String, Option<String>, Option<String>)> {
        let text = |commit: Option<CommitId>| commit.map(|commit| commit.to_string());
        of(&pairs.iter().copied().collect()).map(|it| (it.of, text(it.merge), text(it.head)))
    }

    #[test]
    fn jobs_that_were_given_a_merge_are_told_by_their_documented_variables() {
        let event = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(event.path(), format!(r#"{{"pull_request":{{"head":{{"sha":"{HEAD}"}}}}}}"#)).unwrap();
        let event = event.path().to_str().unwrap();
        let (merge, head) = (Some(MERGE.to_owned()), Some(HEAD.to_owned()));
        for (pairs, wanted) in [
            (
                &[("GITHUB_REF", "refs/pull/5/merge"), ("GITHUB_SHA", MERGE), ("GITHUB_EVENT_PATH", event)][..],
                Some(("pull request 5", merge.clone(), head.clone())),
            ),
            (&[("GITHUB_REF", "refs/pull/5/merge")], Some(("pull request 5", None, None))),
            (
                &[("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-5-abc"), ("GITHUB_SHA", MERGE)],
                Some(("a merge queue", merge.clone(), None)),
            ),
            (&[("GITHUB_REF", "refs/heads/main"), ("GITHUB_SHA", MERGE)], None),
            // What is proposed by its own name, and the branch that it goes to.
            (&[("GITHUB_REF", "refs/pull/5/head"), ("GITHUB_SHA", HEAD)], None),
            (&[("GITHUB_REF", "refs/heads/main"), ("GITHUB_EVENT_NAME", "pull_request_target")], None),
            (
                &[
                    ("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result"),
                    ("CI_MERGE_REQUEST_IID", "7"),
                    ("CI_COMMIT_SHA", MERGE),
                    ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", HEAD),
                ],
                Some(("merge request 7", merge.clone(), head.clone())),
            ),
            (&[("CI_MERGE_REQUEST_EVENT_TYPE", "detached"), ("CI_COMMIT_SHA", HEAD)], None),
            (
                &[
                    ("BUILD_SOURCEBRANCH", "refs/pull/5/merge"),
                    ("BUILD_SOURCEVERSION", MERGE),
                    ("SYSTEM_PULLREQUEST_SOURCECOMMITID", HEAD),
                ],
                Some(("pull request 5", merge, head.clone())),
            ),
            (
                &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_PR_ID", "5"), ("BITBUCKET_COMMIT", HEAD)],
                Some(("pull request 5", None, head)),
            ),
            (&[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", HEAD)], None),
            (&[("JENKINS_URL", "https://ci.example"), ("CHANGE_ID", "5")], Some(("change 5", None, None))),
            (&[], None),
        ] {
            let wanted = wanted.map(|(of, merge, head)| (of.to_owned(), merge, head));
            assert_eq!(found(pairs), wanted, "{pairs:?}");
        }
    }

    /// Such a job is given the branch; a merge it checks out by itself.
    #[test]
    fn a_job_on_the_branch_for_a_pull_request_is_about_it_until_it_is_merged() {
        let event = tempfile::NamedTempFile::new().unwrap();
        for (merged, wanted) in [(false, true), (true, false)] {
            let text = format!(
                r#"{{"number":5,"pull_request":{{"number":5,"merged":{merged},"head":{{"sha":"{HEAD}"}}}}}}"#
            );
            std::fs::write(event.path(), text).unwrap();
            let pairs = [
                ("GITHUB_REF", "refs/heads/main"),
                ("GITHUB_SHA", MERGE),
                ("GITHUB_EVENT_NAME", "pull_request_target"),
                ("GITHUB_EVENT_PATH", event.path().to_str().unwrap()),
            ];
            let found = of(&pairs.into_iter().collect());
            let proposal = Proposal {
                of: "pull request 5".to_owned(),
                merge: None,
                head: Some(HEAD.parse().unwrap()),
                base: Some(MERGE.parse().unwrap()),
                queued: false,
            };
            assert_eq!(found, wanted.then_some(proposal), "{merged}");
        }
    }

    #[test]
    fn an_event_that_makes_no_sense_tells_nothing() {
        let event = tempfile::NamedTempFile::new().unwrap();
        for text in
            ["", "no json", "[]", r#"{"pull_request":{"head":{"sha":"$(id)"}}}"#, r#"{"pull_request":7}"#]
        {
            std::fs::write(event.path(), text).unwrap();
            let path = event.path().to_str().unwrap();
            let told = found(&[("GITHUB_REF", "refs/pull/5/merge"), ("GITHUB_EVENT_PATH", path)]);
            assert_eq!(told, Some(("pull request 5".to_owned(), None, None)), "{text}");
        }
        let told =
            found(&[("GITHUB_REF", "refs/pull/\u{1b}[31m5\n/merge"), ("GITHUB_EVENT_PATH", "/nowhere")]);
        assert_eq!(told.map(|(of, ..)| of), Some("pull request 31m5".to_owned()));
    }
}
