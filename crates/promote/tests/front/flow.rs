//! What comes of each call, from a commit to production and back.

use crate::stage::{FILE, Stage};
use futures_util::StreamExt;
use promote::report::Depth;
use promote::{Ended, Event, ExitStatus, Happening, Mark, Promotion, Wait};
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_release_goes_to_production_and_back() {
    let stage = Stage::ready().await;
    let project = stage.project();
    let first = project.promote(Promotion::to("prod").unwrap()).await.unwrap();
    assert_eq!((first.ended, first.exit), (Ended::Moved, ExitStatus::Ok), "{}", first.json());
    assert!(first.headline().starts_with("prod is on "), "{first}");
    assert!(first.json().contains("promote/outcome@1"));
    let again = project.promote(Promotion::to("prod").unwrap()).await.unwrap();
    assert_eq!((again.ended, again.exit), (Ended::Unchanged, ExitStatus::Ok));
    let second = stage.commit("two");
    assert_eq!(project.publish(&second).await.unwrap().exit, ExitStatus::Ok);
    let planned = project.plan(Promotion::to("prod").unwrap()).await.unwrap();
    let saved = planned.saved().unwrap().unwrap();
    let moved =
        project.promote(Promotion::of_plan("prod", saved.as_bytes(), "saved").unwrap()).await.unwrap();
    assert_eq!(moved.plan().release.commit.as_str(), second);
    let stale =
        project.promote(Promotion::of_plan("prod", saved.as_bytes(), "saved").unwrap()).await.unwrap_err();
    assert_eq!(stale.exit(), ExitStatus::Conflict, "{stale:#}");
    let back = project
        .roll_back(Promotion::to("prod").unwrap().reason("INC-7: payments are down").unwrap())
        .await
        .unwrap();
    assert_eq!(back.plan().release.commit, first.plan().release.commit, "{}", back.json());
    let history = project.history(Some("prod"), None, 20).await.unwrap();
    assert_eq!(history.entries.iter().filter(|entry| entry.promotion.is_some()).count(), 3, "{history:?}");
    let verified = project.verify(&[], Depth { chains: true, bytes: true }).await.unwrap();
    assert!(verified.matches && verified.targets.as_ref().is_some_and(|all| all.len() == 2), "{verified:?}");
    let status = project.status(&["prod"]).await.unwrap();
    let running = status.environments[0].running.as_ref().unwrap();
    assert_eq!(running.sha.as_deref(), Some(first.plan().release.commit.as_str()));
    let missing = project.promote(Promotion::to("nowhere").unwrap()).await.unwrap_err();
    assert_eq!(missing.exit(), ExitStatus::Missing);
}

#[tokio::test]
async fn a_question_is_asked_before_anything_is_written() {
    let stage = Stage::ready().await;
    let project = stage.project();
    let (before, asked) = (stage.keys(), AtomicUsize::new(0));
    let ask = |answer: bool| {
        project.promote(Promotion::to("prod").unwrap()).confirm({
            let asked = &asked;
            move |question| {
                asked.fetch_add(1, Ordering::SeqCst);
                assert_eq!(question.report.environment, "prod");
                answer
            }
        })
    };
    let refused = ask(false).await.unwrap_err();
    assert_eq!(refused.exit(), ExitStatus::Interrupted);
    assert_eq!(stage.keys(), before, "nothing was written");
    assert_eq!(ask(true).await.unwrap().ended, Ended::Moved);
    assert_eq!(ask(true).await.unwrap().ended, Ended::Unchanged);
    assert_eq!(asked.load(Ordering::SeqCst), 2, "nobody is asked where there is nothing to do");
}

#[tokio::test]
async fn what_happens_is_a_stream_with_times() {
    let stage = Stage::ready().await;
    let project = stage.project();
    let events = project.events();
    let began = promote::port::Clock::now(&stage.clock);
    assert_eq!(project.promote(Promotion::to("prod").unwrap()).await.unwrap().exit, ExitStatus::Ok);
    drop(project);
    let told: Vec<_> = events.collect().await;
    assert!(told.iter().all(|one| one.at >= began));
    let what = |wanted: fn(&Event) -> bool| {
        told.iter().position(|one| matches!(&one.what, Happening::Event(event) if wanted(event)))
    };
    let intent = what(|event| matches!(event, Event::Intent { .. })).unwrap();
    let commit = what(|event| matches!(event, Event::Committed { .. })).unwrap();
    assert!(intent < commit, "{told:?}");
}

#[tokio::test]
async fn marks_keep_a_release_from_moving_and_are_lifted() {
    let stage = Stage::ready().await;
    let project = stage.project();
    let prod = || Promotion::to("prod").unwrap();
    for (set, lift, rule) in [
        (Mark::Freeze { environment: "prod", until: None }, Mark::Unfreeze { environment: "prod" }, "freeze"),
        (Mark::FreezeAll { until: None, link: None }, Mark::UnfreezeAll, "freeze"),
        (
            Mark::Block { release: &stage.commit_of("HEAD") },
            Mark::Unblock { release: &stage.commit_of("HEAD") },
            "blocked",
        ),
    ] {
        let unsaid = project.mark(set, None).await.unwrap_err();
        assert_eq!(unsaid.exit(), ExitStatus::Usage, "{unsaid:#}");
        assert!(project.mark(set, Some("INC-7")).await.unwrap());
        let refused = project.plan(prod()).await.unwrap();
        assert!(refused.decision().unmet().any(|one| one.rule == rule), "{}", refused.json());
        assert!(project.mark(lift, None).await.unwrap());
        assert!(!project.mark(lift, None).await.unwrap(), "it is lifted already");
    }
    let branch = project.mark(Mark::Pin { release: "main" }, Some("keep")).await.unwrap_err();
    assert!(branch.to_string().contains("fixed commit"), "{branch:#}");
    assert_eq!(project.promote(prod()).await.unwrap().ended, Ended::Moved);
}

#[tokio::test]
async fn a_move_without_its_steps_is_finished_by_resuming() {
    let stage = Stage::new(&format!("{FILE}[env.prod]\ndeploy = \"true\"\n"));
    let project = stage.project();
    project.publish("HEAD").await.unwrap();
    let moved = project.promote(Promotion::to("prod").unwrap().wait(Wait::No)).await.unwrap();
    assert!(moved.headline().contains("have not run yet"), "{moved}");
    let advanced = project.advance(&[]).dry_run(true).await.unwrap();
    assert_eq!(advanced.exit, ExitStatus::Ok);
    let done = project.resume(Promotion::to("prod").unwrap()).await.unwrap();
    assert_eq!((done.ended, done.outcome().unwrap().steps.len()), (Ended::Moved, 1), "{}", done.json());
}
