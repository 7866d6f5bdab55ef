//! Which execution is found, when, and what is said while there is none.

use super::script::{Script, declared, error, execution, target};
use crate::port::pipeline::{Closed, ExecutionStatus, Revision, StageNow, Watched};
use crate::port::{ErrorKind, ProviderError, StepEnd, VersionId};
use std::sync::Arc;
use std::time::Duration;

use ExecutionStatus::{Failed, InProgress, Succeeded, Superseded};

#[test]
fn an_older_success_is_not_taken_for_ours() {
    let script = Script::new().runs(&[
        (-900, -600, execution("old", -900, "v1", Succeeded)),
        (3, 9, execution("ours", 3, "v2", Failed)),
    ]);
    let seen = script.follow();
    assert_eq!(seen.followed.end, StepEnd::Failed, "{seen:?}");
    assert_eq!(seen.followed.executions["execution.billing-prod"], "ours");
}

#[test]
fn a_late_execution_is_waited_for_and_the_likely_causes_are_named_after_a_minute() {
    let mut script = Script::new().runs(&[(100, 130, execution("late", 95, "v2", Succeeded))]);
    script.stages = Arc::new(|_, _| {
        let closed = Closed { reason: Some("release day".to_owned()), by: Some("carol".to_owned()) };
        Ok(vec![StageNow { name: "Deploy".to_owned(), closed: Some(closed), ..StageNow::default() }])
    });
    let seen = script.follow();
    assert_eq!(seen.followed.end, StepEnd::Succeeded, "{seen:?}");
    let said = seen.notes.join("\n");
    for part in [
        "no execution has taken",
        "PollForSourceChanges is false",
        "EventBridge",
        "Deploy is disabled: \"release day\"",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!((130..=141).contains(&seen.took), "{}", seen.took);
    // Said once, however often it was looked.
    assert_eq!(said.matches("EventBridge").count(), 1, "{said}");

    let quick = Script::new().runs(&[(30, 40, execution("late", 30, "v2", Succeeded))]).follow();
    assert_eq!(quick.followed.end, StepEnd::Succeeded);
    assert!(!quick.notes.join("\n").contains("EventBridge"), "{quick:?}");
}

#[test]
fn without_an_execution_the_time_ends_with_the_causes() {
    let mut wrote = target();
    wrote.version = None;
    let seen = Script::new().follow_with(&["billing-prod"], &[wrote], None, Duration::from_secs(120));
    assert_eq!(seen.followed.end, StepEnd::TimedOut);
    assert_eq!(seen.took, 120);
    assert!(
        seen.followed.summary.starts_with("not finished after 2m: billing-prod: no execution"),
        "{seen:?}"
    );
    assert!(
        seen.followed.detail.iter().any(|line| line.contains("the bucket must keep versions")),
        "{seen:?}"
    );
}

#[test]
fn of_two_executions_for_one_version_a_success_counts_then_the_one_that_runs() {
    let success_first = Script::new()
        .runs(&[(1, 5, execution("one", 1, "v2", Succeeded)), (2, 5, execution("two", 2, "v2", Superseded))]);
    assert_eq!(success_first.follow().followed.executions["execution.billing-prod"], "one");
    let replaced = Script::new().runs(&[
        (1, 5, execution("one", 1, "v2", Superseded)),
        (2, 60, execution("two", 2, "v2", Succeeded)),
    ]);
    let seen = replaced.follow();
    assert_eq!(
        (seen.followed.end, &*seen.followed.executions["execution.billing-prod"]),
        (StepEnd::Succeeded, "two")
    );
    let both_fail = Script::new()
        .runs(&[(1, 5, execution("one", 1, "v2", Failed)), (1, 60, execution("two", 2, "v2", Failed))]);
    let seen = both_fail.follow();
    assert_eq!(
        (seen.followed.end, &*seen.followed.executions["execution.billing-prod"]),
        (StepEnd::Failed, "two")
    );
}

#[test]
fn an_execution_that_shows_no_version_is_known_by_its_etag_or_line() {
    let with = |id: Option<&str>, summary: Option<&str>, after: i64| {
        let mut one = execution("ours", after, "v2", Succeeded);
        one.revisions = vec![Revision {
            action: "Zip".to_owned(),
            id: id.map(str::to_owned),
            summary: summary.map(str::to_owned),
        }];
        one
    };
    let mut unversioned = target();
    unversioned.version = None;
    let ends = |one: crate::port::pipeline::Execution, target: &crate::port::StepTarget| {
        let script = Script::new().runs(&[(1, 2, one)]);
        script
            .follow_with(&["billing-prod"], std::slice::from_ref(target), None, Duration::from_secs(50))
            .followed
            .end
    };
    assert_eq!(ends(with(Some("\"etag-2\""), None, 1), &unversioned), StepEnd::Succeeded);
    assert_eq!(ends(with(None, Some("a93be01 to prod by alice"), 1), &unversioned), StepEnd::Succeeded);
    // The same bytes were there before: that execution is not ours.
    assert_eq!(ends(with(Some("\"etag-2\""), None, -900), &unversioned), StepEnd::TimedOut);
    assert_eq!(ends(with(None, Some("a93be01 to prod by alice"), -900), &unversioned), StepEnd::TimedOut);
    // With versions, the version decides.
    assert_eq!(ends(with(Some("v3"), Some("a93be01 to prod by alice"), 1), &target()), StepEnd::TimedOut);
    let mut long = target();
    long.version = Some(VersionId("3sL4kqtJlcpXroDTDmJ".to_owned()));
    assert_eq!(
        ends(with(None, Some("Amazon S3 version id: 3sL4kqtJlcpXroDTDmJ"), 1), &long),
        StepEnd::Succeeded
    );
}

#[test]
fn a_version_that_a_later_execution_skipped_is_superseded_after_a_while() {
    let seen = Script::new().runs(&[(5, 500, execution("theirs", 5, "v3", Succeeded))]).follow();
    assert_eq!(seen.followed.end, StepEnd::Superseded, "{seen:?}");
    assert!(seen.followed.summary.contains("skipped: execution theirs (promotion of v3)"), "{seen:?}");
    assert!((183..=200).contains(&seen.took), "{}", seen.took);
    // One that began before our write says nothing.
    let before = Script::new().runs(&[(0, 500, execution("theirs", -5, "v1", Succeeded))]).follow();
    assert_eq!(before.followed.end, StepEnd::TimedOut, "{before:?}");
}

#[test]
fn a_pipeline_that_watches_another_place_is_named_at_once() {
    let mut script = Script::new();
    script.declared = Arc::new(|_, _| Ok(declared("uat.zip")));
    let seen = script.follow();
    assert_eq!((seen.followed.end, seen.took), (StepEnd::Errored, 0));
    assert_eq!(
        seen.followed.summary,
        "billing-prod is not started by this: Zip watches `s3://acme/uat.zip`, not `s3://acme/prod.zip`"
    );
}

#[test]
fn without_the_right_to_read_the_declaration_the_version_is_enough() {
    let mut script = Script::new().runs(&[(1, 2, execution("ours", 1, "v2", Succeeded))]);
    script.declared = Arc::new(|_, _| {
        Err(ProviderError::missing_right("CodePipeline", "billing-prod", "codepipeline:GetPipeline", "x"))
    });
    script.actions = Arc::new(|_, _| {
        Err(ProviderError::missing_right(
            "CodePipeline",
            "billing-prod",
            "codepipeline:ListActionExecutions",
            "x",
        ))
    });
    let seen = script.follow();
    assert_eq!(seen.followed.end, StepEnd::Succeeded, "{seen:?}");
    let said = seen.notes.join("\n");
    assert!(said.contains("codepipeline:GetPipeline") && said.contains("ListActionExecutions"), "{said}");
    // Expired credentials are another matter.
    script.declared = Arc::new(|_, _| Err(error(ErrorKind::Denied, "the credentials have expired")));
    assert_eq!(script.follow().followed.summary, "billing-prod: the credentials have expired");
}

#[test]
fn a_key_that_holds_a_variable_of_the_pipeline_is_matched_by_version() {
    let mut script = Script::new().runs(&[(1, 2, execution("ours", 1, "v2", Succeeded))]);
    script.declared = Arc::new(|_, _| {
        let mut found = declared("x");
        found.sources[0].watches =
            Watched::Object { bucket: "acme".to_owned(), key: "#{variables.key}".to_owned() };
        Ok(found)
    });
    assert_eq!(script.follow().followed.end, StepEnd::Succeeded);
}

#[test]
fn an_execution_of_two_sources_is_ours_when_it_took_both() {
    let mut other = target();
    other.location = "s3://acme/params.json".parse().unwrap();
    other.version = Some(VersionId("p2".to_owned()));
    let mut half = execution("half", 1, "v2", Succeeded);
    half.revisions.push(Revision { action: "Params".to_owned(), id: Some("p1".to_owned()), summary: None });
    let mut both = execution("both", 2, "v2", InProgress);
    both.revisions.push(Revision { action: "Params".to_owned(), id: Some("p2".to_owned()), summary: None });
    both.status = Failed;
    let mut script = Script::new().runs(&[(1, 2, half), (3, 9, both)]);
    script.declared = Arc::new(|_, _| {
        let mut found = declared("prod.zip");
        let mut second = found.sources[0].clone();
        second.action = "Params".to_owned();
        second.watches = Watched::Object { bucket: "acme".to_owned(), key: "params.json".to_owned() };
        found.sources.push(second);
        Ok(found)
    });
    let seen = script.follow_with(&["billing-prod"], &[target(), other], None, Duration::from_secs(300));
    assert_eq!(
        (seen.followed.end, &*seen.followed.executions["execution.billing-prod"]),
        (StepEnd::Failed, "both")
    );
}
