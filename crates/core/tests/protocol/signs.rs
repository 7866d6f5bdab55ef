//! Signs of life that decide nothing any more are swept up, and what others say of a lane is none.

use crate::alive::{resume, signs, to_b, under_way, with};
use crate::gate::{Gated, deployed, ports, until};
use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, name, run};
use futures_executor::block_on;
use futures_util::future::{Either, join, select};
use promote_core::exit::ExitStatus;
use promote_core::flow::{Wait, carry_out, decide};
use promote_core::marks::{EnvironmentMark, say};
use promote_core::plan::Decision;
use promote_core::port::ErrorKind;
use promote_core::report::status;
use promote_core::request::Request;
use promote_core::retention::{Policy, judge, prune, survey};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Cleans up, and says how many signs were deleted.
fn swept(stage: &Stage) -> usize {
    let (ports, policy) = (stage.ports(), Policy::default());
    let done = block_on(async {
        let found = survey(&ports.view(), &stage.config, &policy).await.unwrap();
        let judged = judge(&stage.config, &policy, &found, |_| true);
        prune(&ports, &stage.config, &policy, &actor("bob"), &found, &judged).await.unwrap()
    });
    assert_eq!(done.signs.left, None);
    done.signs.deleted
}

#[test]
fn signs_of_what_has_ended_are_swept_up_and_those_of_what_goes_on_stay() {
    for phase in ["prepare", "deploy"] {
        let stage = with(phase, MemoryKind::s3_like());
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        block_on(async {
            let first = pin!(run(&ports, &stage.config, to_b()));
            let killed = pin!(ports.clock.sleep(Duration::from_secs(130)));
            assert!(matches!(select(first, killed).await, Either::Right(_)), "{phase}");
        });
        steps.running.store(0, Ordering::SeqCst);
        let left = signs(&stage);
        assert!(left >= 4, "{phase}: {left}");
        assert_eq!(swept(&stage), 0, "{phase}: whoever takes over asks for them");
        assert_eq!(signs(&stage), left);
        stage.clock.advance(Duration::from_secs(120));
        let open = async {
            ports.clock.sleep(Duration::from_secs(100)).await;
            steps.open.store(true, Ordering::SeqCst);
        };
        let (second, ()) = block_on(join(resume(&ports, &stage), open));
        assert!(matches!(second, End::Done(_)), "{phase}: {second:?}");
        let all = signs(&stage);
        assert!(all > left, "{phase}");
        assert_eq!((swept(&stage), signs(&stage)), (all, 0), "{phase}");
        assert_eq!(swept(&stage), 0);
        at_rest(&stage, "prod", "after sweeping up");
    }
}

#[test]
fn sweeping_up_survives_every_fault_at_every_call() {
    let stage = || {
        let stage = deployed(MemoryKind::s3_like());
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let open = async {
            until(&ports, "prod", under_way).await;
            ports.clock.sleep(Duration::from_secs(70)).await;
            steps.open.store(true, Ordering::SeqCst);
        };
        let (first, ()) = block_on(join(run(&ports, &stage.config, to_b()), open));
        assert!(matches!(first, End::Done(_)), "{first:?}");
        stage
    };
    for n in 1..20 {
        for fault in
            [Fault::RequestLost(ErrorKind::Denied), Fault::AnswerLost, Fault::CrashBefore, Fault::CrashAfter]
        {
            let (stage, plan, policy) = (stage(), FaultPlan::new().with(n, fault), Policy::default());
            let ports =
                stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
            let work = async {
                let found = survey(&ports.view(), &stage.config, &policy).await?;
                let judged = judge(&stage.config, &policy, &found, |_| true);
                prune(&ports, &stage.config, &policy, &actor("bob"), &found, &judged).await
            };
            let end = block_on(plan.survive(work));
            if let Some(Ok(done)) = end {
                assert_eq!(done.signs.left.is_some(), signs(&stage) > 0, "call {n}, {fault:?}: {done:?}");
            }
            swept(&stage);
            assert_eq!(signs(&stage), 0, "call {n}, {fault:?}");
            at_rest(&stage, "prod", "after sweeping up");
        }
    }
}

#[test]
fn what_others_say_of_the_lane_is_no_sign_of_life_and_hides_nothing() {
    for (mark, left) in [
        (EnvironmentMark::Hold, false),
        (EnvironmentMark::Freeze(None), false),
        (EnvironmentMark::Hold, true),
        (EnvironmentMark::Freeze(None), true),
    ] {
        let stage = deployed(MemoryKind::s3_like());
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        if left {
            let request = to_b();
            block_on(async {
                let (snapshot, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
                let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
                carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::No).await.unwrap();
            });
        } else {
            block_on(async {
                let first = pin!(run(&ports, &stage.config, to_b()));
                let killed = pin!(ports.clock.sleep(Duration::from_secs(30)));
                assert!(matches!(select(first, killed).await, Either::Right(_)));
            });
            steps.running.store(0, Ordering::SeqCst);
            stage.clock.advance(Duration::from_secs(90));
        }
        let said = Request { reason: Some("look at it".to_owned()), ..to_b() };
        block_on(say(&ports, &stage.config, &said, &mark)).unwrap().expect("it is recorded");
        stage.clock.advance(Duration::from_secs(2));
        let shown = block_on(status(&ports.view(), &stage.config, &[name("prod")], &actor("bob"))).unwrap();
        let told = shown.environments[0].deploying.clone().unwrap();
        assert_eq!((told.alive, told.left), (false, left), "{mark:?}: {told:?}");
        assert_eq!(told.step.as_deref(), (!left).then_some("deploy ./install (1 of 1)"), "{told:?}");
        steps.open.store(true, Ordering::SeqCst);
        let end = block_on(resume(&ports, &stage));
        assert!(matches!(&end, End::Done(done) if done.exit == ExitStatus::Ok), "{mark:?}: {end:?}");
        at_rest(&stage, "prod", "after the take-over");
    }
}
