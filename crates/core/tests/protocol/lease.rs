//! Taking over from somebody who may still be at work: when it was heard of last decides, unless a person was told; the
//! steps of the one who lost hear of it, and never run beside the taker's.

use crate::gate::{Gated, deployed, ports, step, until};
use crate::invariants::{at_rest, check};
use crate::stage::{End, Stage, actor, commit, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::{Either, join, select};
use promote_core::exit::ExitStatus;
use promote_core::flow::{decide, resuming};
use promote_core::lease::too_early;
use promote_core::ledger::Block;
use promote_core::ledger::{State, Word};
use promote_core::marks::{EnvironmentMark, say};
use promote_core::plan::Decision;
use promote_core::port::StepEnd;
use promote_core::ports::Ports;
use promote_core::request::{Request, TakeOver, Wanted};
use promote_testing::memory::MemoryKind;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn to_b() -> Request {
    Request::promote(name("prod"), wanted('b'), actor("ann"))
}

/// A project whose prod has a migration.
fn migrated(kind: MemoryKind) -> Stage {
    let mut stage = Stage::ready(kind);
    stage.config.environments.get_mut(&name("prod")).unwrap().prepare = vec![step("./migrate")];
    stage
}

async fn resume(ports: &Ports, stage: &Stage, take_over: TakeOver) -> End {
    let request = Request { take_over, ..Request::promote(name("prod"), Wanted::Unnamed, actor("bob")) };
    let request = resuming(&ports.view(), &stage.config, request).await.unwrap();
    run(ports, &stage.config, request).await
}

#[test]
fn a_promotion_seconds_old_is_not_taken_over_by_automation_and_its_migration_never_runs_twice_at_once() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = migrated(kind);
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let second = async {
            until(&ports, "prod", |state| state.open.is_some()).await;
            ports.clock.sleep(Duration::from_millis(1200)).await;
            let request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
            let request = resuming(&ports.view(), &stage.config, request).await.unwrap();
            let (_, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
            let early = too_early(&decision, &request).expect("it may be taken over later");
            assert!(
                early.left <= Duration::from_secs(60) && early.left > Duration::from_secs(50),
                "{early:?}"
            );
            assert!(early.what.contains("by ann is open, and its last sign of life is"), "{early:?}");
            let Decision::Refused(refusal) = decision else { panic!("{decision:?}") };
            assert_eq!(refusal.exit, ExitStatus::Conflict);
            let hint = refusal.plan.findings.iter().find_map(|one| one.hint.clone()).unwrap();
            assert!(hint.contains("promote resume prod --take-over") && hint.contains("60 s"), "{hint}");
            // It waits, and finds that the first one lives. Who says so takes over all the same; what the first one
            // runs is stopped before it runs again.
            ports.clock.sleep(early.left).await;
            let (_, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
            assert!(too_early(&decision, &request).is_some(), "{decision:?}");
            let request = request.taking_over();
            let open = async {
                until(&ports, "prod", |state| state.open.as_ref().is_some_and(|open| open.superseding)).await;
                ports.clock.sleep(Duration::from_secs(30)).await;
                steps.open.store(true, Ordering::SeqCst);
            };
            join(run(&ports, &stage.config, request), open).await.0
        };
        let (first, second) = block_on(join(run(&ports, &stage.config, to_b()), second));
        let End::Failed(told) = first else { panic!("{first:?}") };
        assert_eq!(told.exit, ExitStatus::Unfinished, "{told}");
        assert_eq!(told.to_string(), "the promotion of prod was taken over by bob");
        assert!(matches!(second, End::Done(_)), "{second:?}");
        assert_eq!(steps.most.load(Ordering::SeqCst), 1, "two migrations side by side");
        let ends = steps.ends.lock().unwrap().clone();
        assert_eq!(ends, [("ann".to_owned(), StepEnd::Interrupted), ("bob".to_owned(), StepEnd::Succeeded)]);
        at_rest(&stage, "prod", "after the take-over");
    }
}

#[test]
fn a_person_who_was_told_takes_over_at_once() {
    let stage = migrated(MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let second = async {
        until(&ports, "prod", |state| state.open.is_some()).await;
        let early = resume(&ports, &stage, TakeOver::WhenStale).await;
        assert!(matches!(early, End::Refused(_)), "{early:?}");
        let open = async {
            until(&ports, "prod", |state| state.open.as_ref().is_some_and(|open| open.superseding)).await;
            ports.clock.sleep(Duration::from_secs(20)).await;
            steps.open.store(true, Ordering::SeqCst);
        };
        join(resume(&ports, &stage, TakeOver::Confirmed), open).await.0
    };
    let (first, second) = block_on(join(run(&ports, &stage.config, to_b()), second));
    assert!(matches!(first, End::Failed(_)) && matches!(second, End::Done(_)), "{first:?} {second:?}");
    assert_eq!(steps.most.load(Ordering::SeqCst), 1);
    at_rest(&stage, "prod", "after the take-over");
}

#[test]
fn who_is_taken_over_while_waiting_for_the_earlier_step_starts_none() {
    let stage = migrated(MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let taker = async |who: &str, after: u64| {
        until(&ports, "prod", |state| state.open.is_some()).await;
        ports.clock.sleep(Duration::from_secs(after)).await;
        let request = Request {
            take_over: TakeOver::Confirmed,
            ..Request::promote(name("prod"), Wanted::Unnamed, actor(who))
        };
        let request = resuming(&ports.view(), &stage.config, request).await.unwrap();
        run(&ports, &stage.config, request).await
    };
    let open = async {
        until(&ports, "prod", |state| state.open.is_some()).await;
        ports.clock.sleep(Duration::from_secs(40)).await;
        steps.open.store(true, Ordering::SeqCst);
    };
    let takers = join(taker("bob", 1), taker("cleo", 3));
    let (_, ((bob, cleo), ())) = block_on(join(run(&ports, &stage.config, to_b()), join(takers, open)));
    assert!(matches!(bob, End::Failed(_)) && matches!(cleo, End::Done(_)), "{bob:?} {cleo:?}");
    assert_eq!(steps.most.load(Ordering::SeqCst), 1, "two migrations side by side");
    let ends = steps.ends.lock().unwrap().clone();
    assert_eq!(ends, [("ann".to_owned(), StepEnd::Interrupted), ("cleo".to_owned(), StepEnd::Succeeded)]);
    at_rest(&stage, "prod", "after the take-over");
}

#[test]
fn a_rollback_of_an_open_promotion_is_a_take_over_as_well() {
    let stage = migrated(MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let second = async {
        until(&ports, "prod", |state| state.open.is_some()).await;
        let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob"));
        let early = run(&ports, &stage.config, back.clone()).await;
        assert!(matches!(early, End::Refused(_)), "{early:?}");
        run(&ports, &stage.config, back.taking_over()).await
    };
    let (first, second) = block_on(join(run(&ports, &stage.config, to_b()), second));
    assert!(matches!(first, End::Failed(_)) && matches!(second, End::Done(_)), "{first:?} {second:?}");
    assert_eq!(stage.state("prod").release().unwrap().commit, commit('a'));
    at_rest(&stage, "prod", "after the rollback");
}

#[test]
fn a_deployment_that_goes_on_is_taken_over_by_the_same_rules_and_its_steps_never_run_twice_at_once() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = deployed(kind);
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let second = async {
            until(&ports, "prod", |state| {
                state.open.is_none() && state.current.as_ref().is_some_and(|one| one.outcome.is_none())
            })
            .await;
            let early = resume(&ports, &stage, TakeOver::WhenStale).await;
            assert!(matches!(early, End::Refused(_)), "{early:?}");
            let open = async {
                // Who took over says so first, waits until the other has stopped, and only then runs the steps.
                ports.clock.sleep(Duration::from_secs(40)).await;
                steps.open.store(true, Ordering::SeqCst);
            };
            join(resume(&ports, &stage, TakeOver::Confirmed), open).await.0
        };
        let (first, second) = block_on(join(run(&ports, &stage.config, to_b()), second));
        let End::Failed(told) = first else { panic!("{first:?}") };
        assert_eq!(told.exit, ExitStatus::Timeout, "{told}");
        assert_eq!(told.to_string(), "the deployment of bbbbbbb to prod was taken over by bob");
        let End::Done(second) = second else { panic!("{second:?}") };
        assert_eq!(second.exit, ExitStatus::Ok);
        assert_eq!(steps.most.load(Ordering::SeqCst), 1, "two installations side by side");
        check(&stage, "prod", "after the take-over");
        assert!(stage.state("prod").current.unwrap().verified.is_some());
    }
}

#[test]
fn what_was_judged_before_shortens_no_wait_and_what_counts_again_is_named_beside_it() {
    for frozen in [true, false] {
        let stage = deployed(MemoryKind::s3_like());
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let under_way = |state: &State| {
            state.open.is_none() && state.current.as_ref().is_some_and(|one| one.outcome.is_none())
        };
        block_on(async {
            let first = pin!(run(&ports, &stage.config, to_b()));
            let killed = pin!(until(&ports, "prod", under_way));
            assert!(matches!(select(first, killed).await, Either::Right(_)));
        });
        block_on(async {
            let said = Request { reason: Some("nothing new".to_owned()), ..to_b() };
            if frozen {
                say(&ports, &stage.config, &said, &EnvironmentMark::Freeze(None)).await.unwrap();
            } else {
                let note = Block { reason: "bad".to_owned(), by: "cem".to_owned(), at: ports.clock.now() };
                let key = Word::Block.key(ports.ledger.reader().root(), &commit('b'), 1).unwrap();
                ports.ledger.put(&key, &note).await.unwrap();
            }
            let request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
            let request = resuming(&ports.view(), &stage.config, request).await.unwrap();
            let (_, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
            let early = too_early(&decision, &request).expect("its age is waited for");
            assert_eq!(early.alone, frozen, "{decision:?}");
            ports.clock.sleep(early.left).await;
            let (_, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
            match (frozen, decision) {
                (true, Decision::NothingToDo(nothing)) => assert!(nothing.pending),
                (false, Decision::Refused(refusal)) => assert_eq!(refusal.exit, ExitStatus::Blocked),
                (_, other) => panic!("{other:?}"),
            }
        });
    }
}
