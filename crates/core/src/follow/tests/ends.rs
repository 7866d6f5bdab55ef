//! How following ends, what is said on the way, and what is started.

use super::script::{Script, action, error, execution, target};
use crate::port::pipeline::{ActionStatus, Closed, ExecutionStatus, StageNow, Waiting};
use crate::port::{Clock as _, ErrorKind, StepEnd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use ExecutionStatus::{Cancelled, Failed, InProgress, Stopped, Succeeded, Superseded};

#[test]
fn every_change_is_said_once_and_a_success_names_the_stages() {
    let mut script = Script::new().runs(&[(2, 40, execution("ours", 2, "v2", Succeeded))]);
    script.actions = Arc::new(|_, now| {
        let mut runs = vec![action("Source", "Zip", ActionStatus::Succeeded)];
        if now >= 10 {
            let status = if now < 35 { ActionStatus::InProgress } else { ActionStatus::Succeeded };
            runs.push(action("Deploy", "CodeDeploy", status));
        }
        Ok(runs)
    });
    let seen = script.follow();
    assert_eq!(seen.followed.summary, "billing-prod: Source, Deploy");
    assert_eq!(
        seen.notes,
        [
            "billing-prod: execution ours took it, by CloudWatchEvent",
            "billing-prod: Source/Zip succeeded",
            "billing-prod: Deploy/CodeDeploy in progress",
            "billing-prod: Deploy/CodeDeploy succeeded",
        ]
    );
    assert!(script.called("recent") < 20, "{}", script.called("recent"));
}

#[test]
fn a_failure_names_stage_action_message_and_link() {
    let mut script = Script::new().runs(&[(2, 9, execution("ours", 2, "v2", Failed))]);
    script.actions = Arc::new(|_, _| {
        let mut bad = action("Deploy", "CodeDeploy", ActionStatus::Failed);
        bad.message = Some("too many individual instances\nfailed \u{1b}[31mdeployment".to_owned());
        bad.link = Some("https://console/d-1".to_owned());
        Ok(vec![action("Source", "Zip", ActionStatus::Succeeded), bad])
    });
    let seen = script.follow();
    assert_eq!(seen.followed.end, StepEnd::Failed);
    assert_eq!(
        seen.followed.summary,
        "billing-prod, stage Deploy, action CodeDeploy: \"too many individual instances failed \\u{1b}[31mdeployment\""
    );
    assert_eq!(seen.followed.detail, ["https://console/d-1", "https://console/billing-prod/ours"]);
}

#[test]
fn replaced_stopped_and_cancelled_are_told_apart() {
    let mut newer = execution("theirs", 20, "v3", InProgress);
    newer.revisions[0].summary = Some("b7d2f19 to prod by bob".to_owned());
    let seen =
        Script::new().runs(&[(2, 30, execution("ours", 2, "v2", Superseded)), (20, 900, newer)]).follow();
    assert_eq!(seen.followed.end, StepEnd::Superseded);
    assert_eq!(
        seen.followed.summary,
        "billing-prod: replaced by a newer promotion, execution theirs (b7d2f19 to prod by bob)"
    );
    for (status, said) in
        [(Stopped, "stopped by a person: \"wrong day\""), (Cancelled, "cancelled, since the pipeline")]
    {
        let mut one = execution("ours", 2, "v2", status);
        one.why = Some("wrong day".to_owned());
        let seen = Script::new().runs(&[(2, 9, one)]).follow();
        // Nobody has seen the release fail, so nothing is put back for it.
        assert_eq!(seen.followed.end, StepEnd::Errored);
        assert!(seen.followed.summary.contains(said), "{seen:?}");
    }
}

#[test]
fn a_wait_for_a_person_says_who_may_answer_and_how() {
    let mut script = Script::new().runs(&[(2, 9000, execution("ours", 2, "v2", Succeeded))]);
    script.actions = Arc::new(|_, _| {
        Ok(vec![
            action("Source", "Zip", ActionStatus::Succeeded),
            action("Approve", "Manual", ActionStatus::InProgress),
        ])
    });
    script.stages = Arc::new(|_, _| {
        let waiting = Waiting {
            stage: "Approve".to_owned(),
            action: "Manual".to_owned(),
            token: "t-1".to_owned(),
            link: Some("https://uat.example".to_owned()),
        };
        Ok(vec![StageNow {
            name: "Approve".to_owned(),
            execution: Some("ours".to_owned()),
            waiting: vec![waiting],
            ..StageNow::default()
        }])
    });
    let seen = script.follow();
    assert_eq!(seen.followed.end, StepEnd::TimedOut);
    let said = seen.notes.join("\n");
    for part in [
        "waits for a person's answer to Approve/Manual: \"is uat fine?\"",
        "https://uat.example",
        "codepipeline:PutApprovalResult",
        "`promote watch prod --approve Approve/Manual`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(seen.followed.summary.contains("waits for a person's answer"), "{seen:?}");
    assert!(!said.contains("t-1"), "{said}");
}

#[test]
fn a_closed_transition_is_shown_with_its_reason() {
    let mut script = Script::new().runs(&[(2, 9000, execution("ours", 2, "v2", Succeeded))]);
    script.actions = Arc::new(|_, _| Ok(vec![action("Source", "Zip", ActionStatus::Succeeded)]));
    script.stages = Arc::new(|_, now| {
        let closed = Closed { reason: Some("release day".to_owned()), by: Some("carol".to_owned()) };
        Ok(vec![StageNow {
            name: "Deploy".to_owned(),
            inbound: vec!["ours".to_owned()],
            closed: (now < 300).then_some(closed),
            ..StageNow::default()
        }])
    });
    let seen = script.follow();
    let said = seen.notes.join("\n");
    assert!(said.contains("waits before Deploy, which was closed by carol: \"release day\""), "{said}");
    assert!(said.contains("waits for its turn before Deploy"), "{said}");
}

#[test]
fn throttling_and_lost_answers_are_waited_out_and_other_errors_end_it() {
    let mut script = Script::new().runs(&[(2, 9, execution("ours", 2, "v2", Succeeded))]);
    let answers = Arc::clone(&script.recent);
    script.recent =
        Arc::new(move |name, now| match now {
            0..20 => Err(error(ErrorKind::Unavailable, "the service asks to slow down")
                .throttled(Duration::from_secs(7))),
            20..60 => Err(error(ErrorKind::Unavailable, "the service could not be reached")),
            _ => answers(name, now),
        });
    let seen = script.follow();
    assert_eq!(seen.followed.end, StepEnd::Succeeded, "{seen:?}");
    // 0, 7, 14, 22 (throttled: never sooner than asked), then doubled up to a minute.
    assert!(script.called("recent") <= 7, "{:?}", script.calls.lock().unwrap());
    assert!(seen.notes.iter().any(|note| note.ends_with("asked to slow down")), "{seen:?}");

    let mut gone = Script::new();
    gone.recent =
        Arc::new(
            |_, _| Err(error(ErrorKind::NotFound, "there is no pipeline of this name").hint("check it")),
        );
    let seen = gone.follow();
    assert_eq!((seen.followed.end, seen.took), (StepEnd::Errored, 0));
    assert_eq!(seen.followed.detail, ["check it"]);
}

#[test]
fn details_that_can_not_be_had_do_not_hide_the_end() {
    let mut script = Script::new().runs(&[(2, 9, execution("ours", 2, "v2", Failed))]);
    script.actions = Arc::new(|_, _| Err(error(ErrorKind::Unavailable, "the service failed")));
    let seen = script.follow();
    assert_eq!((seen.followed.end, seen.followed.summary.as_str()), (StepEnd::Failed, "billing-prod failed"));
    assert!(script.called("actions") > 3, "it was asked again first");
    assert!(seen.notes.iter().any(|note| note.ends_with("details are unavailable")), "{seen:?}");
}

#[test]
fn several_pipelines_are_followed_to_their_ends_and_the_worst_is_told() {
    let mut script = Script::new();
    script.recent = Arc::new(|name, now| {
        let (until, status) = match name {
            "billing-uat" => (100, Failed),
            "billing-demo" => (200, Succeeded),
            _ => (50, Superseded),
        };
        let status = if now < until { InProgress } else { status };
        Ok(vec![execution(name, 1, "v2", status)])
    });
    let names = ["billing-demo", "billing-uat", "billing-training"];
    let seen = script.follow_with(&names, &[target()], None, Duration::from_secs(600));
    assert_eq!(seen.followed.end, StepEnd::Failed);
    assert_eq!(seen.followed.summary, "billing-uat failed");
    assert!(seen.followed.detail.contains(&"billing-demo succeeded".to_owned()), "{seen:?}");
    assert!(
        seen.followed.detail.iter().any(|line| line.starts_with("billing-training: replaced")),
        "{seen:?}"
    );
    assert_eq!(seen.followed.executions.len(), 3);
    assert!((200..=211).contains(&seen.took), "{}", seen.took);
}

#[test]
fn an_execution_is_started_once_with_the_version() {
    let mut script = Script::new();
    let lost = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&lost);
    script.started =
        Arc::new(move |_, _| match count.fetch_add(1, Ordering::SeqCst) {
            0 => Err(error(ErrorKind::Unavailable, "the service asks to slow down")
                .throttled(Duration::from_secs(3))),
            1 => Err(error(ErrorKind::Unknown, "no answer came in time")),
            _ => Ok("started".to_owned()),
        });
    script.recent = Arc::new(move |_, now| {
        if lost.load(Ordering::SeqCst) < 3 {
            return Ok(Vec::new());
        }
        let mut one = execution("started", 5, "v2", if now < 60 { InProgress } else { Succeeded });
        // It shows no revision until its source action ran.
        if now < 40 {
            one.revisions.clear();
        }
        Ok(vec![one])
    });
    let seen =
        script.follow_with(&["billing-prod"], &[target()], Some("01JD4W6Z8N"), Duration::from_secs(600));
    assert_eq!(seen.followed.end, StepEnd::Succeeded, "{seen:?}");
    let calls = script.calls.lock().unwrap().clone();
    let starts: Vec<&str> = calls
        .iter()
        .filter(|call| call.starts_with("start"))
        .filter_map(|call| call.split(" at ").next())
        .collect();
    assert_eq!(starts.len(), 3, "{calls:?}");
    assert!(starts.iter().all(|start| *start == starts[0]), "the same token each time: {starts:?}");
    assert!(starts[0].starts_with("start billing-prod Zip=v2 "), "{starts:?}");
}

#[test]
fn what_runs_or_succeeded_is_not_started_again_and_what_failed_is() {
    let token = |status: ExecutionStatus| {
        let script = Script::new().runs(&[(-50, 1, execution("before", -50, "v2", status))]);
        script.follow_with(&["billing-prod"], &[target()], Some("01JD4W6Z8N"), Duration::from_secs(30));
        let calls = script.calls.lock().unwrap().clone();
        calls
            .iter()
            .find(|call| call.starts_with("start"))
            .map(|call| call.split(' ').nth(3).unwrap().to_owned())
    };
    assert_eq!(token(Succeeded), None);
    let again = token(Failed).unwrap();
    let script = Script::new();
    script.follow_with(&["billing-prod"], &[target()], Some("01JD4W6Z8N"), Duration::from_secs(30));
    let calls = script.calls.lock().unwrap().clone();
    let first = calls.iter().find(|call| call.starts_with("start")).unwrap();
    assert!(!first.contains(&again), "another start needs another token");
}

#[test]
fn setting_the_machines_clock_while_it_follows_changes_nothing() {
    for days in [-2, 2] {
        let mut script = Script::new();
        let clock = script.clock.clone();
        let set = AtomicBool::new(false);
        script.stages = Arc::new(move |_, _| {
            // Once, at the first look at what may hold it up.
            if !set.swap(true, Ordering::Relaxed) {
                clock.set(clock.now() + chrono::TimeDelta::days(days));
            }
            Ok(Vec::new())
        });
        let steady = script.clock.clone();
        let seen = script.follow();
        assert_eq!(seen.followed.end, StepEnd::TimedOut, "{days}");
        assert_eq!(steady.steady().as_secs(), 600, "{days}");
    }
}
