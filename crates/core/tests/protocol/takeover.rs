//! What a late request must not be able to do: bring back what was replaced, on stores whose tokens come back.

use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, name, resume, run, wanted};
use futures_executor::block_on;
use promote_core::port::Clock as _;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

/// Calls of a promotion up to the copy, found by trying.
fn copy_call(kind: &MemoryKind) -> usize {
    (1..30)
        .find(|n| {
            let stage = Stage::ready(kind.clone());
            let plan = FaultPlan::new().with(*n, Fault::CrashAfter);
            let ports =
                stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
            let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
            let _ = block_on(plan.survive(run(&ports, &stage.config, request)));
            stage.target("prod") == Some(crate::stage::content('b'))
        })
        .unwrap()
}

#[test]
fn a_copy_that_is_late_does_not_bring_back_what_was_undone() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let n = copy_call(&kind);
        let stage = Stage::ready(kind);
        let dead = FaultPlan::new().with(n, Fault::CrashInFlight);
        let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), dead.clone())));
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        assert!(block_on(dead.survive(run(&ports, &stage.config, request))).is_none());
        assert_eq!(dead.late(), 1, "the copy is on its way");
        // The undo finds the target as it was: nothing to write, and the token is the one the late copy compares.
        let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
        let end = block_on(run(&stage.ports(), &stage.config, back));
        assert!(matches!(end, End::Done(_)), "{end:?}");
        at_rest(&stage, "prod", "after the undo");
        let late = block_on(dead.deliver());
        assert!(late.iter().all(Result::is_err), "the late copy is refused: {late:?}");
        at_rest(&stage, "prod", "after the late copy");
    }
}

#[test]
fn after_a_commit_in_doubt_the_next_promotion_waits() {
    let kind = MemoryKind::s3_like();
    let n = copy_call(&kind);
    let stage = Stage::ready(kind);
    let plan = FaultPlan::new().with(n, Fault::Late);
    let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    assert!(matches!(block_on(run(&ports, &stage.config, request)), End::Done(_)));
    assert!(stage.state("prod").unclean, "one of two copies had no answer");
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("ann")).taking_over();
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, back)), End::Done(_)));
    at_rest(&stage, "prod", "after the rollback");
    assert!(block_on(plan.deliver()).iter().all(Result::is_err), "the late copy is refused");
    at_rest(&stage, "prod", "after the late copy");
}

#[test]
fn resuming_what_is_finished_changes_nothing() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let before = stage.bucket.snapshot();
    assert!(matches!(block_on(resume(&stage.ports(), &stage.config, "prod", "bob")), End::Nothing));
    assert_eq!(before, stage.bucket.snapshot());
}

/// Cut off in the copy by somebody whose requests live so long; taken over by somebody who thinks that they live
/// 30 seconds and 30 more. How long the second one waits.
fn taken_over(expiry_s: u32, in_flight: bool) -> std::time::Duration {
    let kind = MemoryKind::s3_like();
    let n = copy_call(&kind);
    let stage = Stage::ready(kind);
    let fault = if in_flight { Fault::CrashInFlight } else { Fault::Late };
    let plan = FaultPlan::new().with(n, fault);
    let bucket = Arc::new(stage.bucket.clone().signing(expiry_s));
    let ports = stage.ports_on(Arc::new(Faulty::around(bucket, plan.clone())));
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let end = block_on(plan.survive(run(&ports, &stage.config, request)));
    assert_eq!(end.is_none(), in_flight, "{end:?}");
    let begun = stage.clock.now();
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
    let end = block_on(run(&stage.ports(), &stage.config, back));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    let waited = stage.clock.now() - begun;
    assert!(block_on(plan.deliver()).iter().all(Result::is_err), "the late copy is refused");
    at_rest(&stage, "prod", "after the late copy");
    waited.to_std().unwrap()
}

#[test]
fn who_takes_over_waits_as_long_as_the_others_requests_live() {
    for in_flight in [true, false] {
        let seconds = |span: std::time::Duration| span.as_secs();
        assert_eq!(
            seconds(taken_over(300, in_flight)),
            330,
            "a longer `expiry` than the ledger was begun with"
        );
        assert_eq!(seconds(taken_over(10, in_flight)), 40, "a shorter one");
    }
}

#[test]
fn who_takes_over_from_a_taker_waits_for_both() {
    let kind = MemoryKind::s3_like();
    let stage = Stage::ready(kind.clone());
    let first = FaultPlan::new().with(copy_call(&kind), Fault::CrashInFlight);
    let bucket = Arc::new(stage.bucket.clone().signing(300));
    let ports = stage.ports_on(Arc::new(Faulty::around(bucket, first.clone())));
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    assert!(block_on(first.survive(run(&ports, &stage.config, request))).is_none());
    // The second one dies as soon as its intent is written.
    let seq = stage.state("prod").open.unwrap().since.seq;
    let second = (1..40).find(|n| {
        let plan = FaultPlan::new().with(*n, Fault::CrashAfter);
        let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
        let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
        let _ = block_on(plan.survive(run(&ports, &stage.config, back)));
        stage.state("prod").open.unwrap().since.seq > seq
    });
    assert!(second.is_some());
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("cas")).taking_over();
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, back)), End::Done(_)));
    assert!(block_on(first.deliver()).iter().all(Result::is_err), "the late copy is refused");
    at_rest(&stage, "prod", "after the late copy");
}
