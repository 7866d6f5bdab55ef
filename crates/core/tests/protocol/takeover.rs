//! What a late request must not be able to do: bring back what was replaced, on stores whose tokens come back.

use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, name, resume, run, wanted};
use futures_executor::block_on;
use promote_core::decorator::{Fault, FaultPlan, Faulty};
use promote_core::memory::MemoryKind;
use promote_core::request::{Request, Wanted};
use std::sync::Arc;

/// Calls of a promotion up to the copy, found by trying.
fn copy_call(kind: &MemoryKind) -> usize {
    (1..30)
        .find(|n| {
            let stage = Stage::ready(kind.clone());
            let plan = FaultPlan::new().with(*n, Fault::CrashAfter);
            let world = stage.world_on(Arc::new(Faulty::new(Arc::new(stage.bucket.clone()), plan.clone())));
            let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
            let _ = block_on(plan.survive(run(&world, &stage.config, request)));
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
        let world = stage.world_on(Arc::new(Faulty::new(Arc::new(stage.bucket.clone()), dead.clone())));
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        assert!(block_on(dead.survive(run(&world, &stage.config, request))).is_none());
        assert_eq!(dead.late(), 1, "the copy is on its way");
        // The undo finds the target as it was: nothing to write, and the token is the one the late copy compares.
        let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob"));
        let end = block_on(run(&stage.world(), &stage.config, back));
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
    let world = stage.world_on(Arc::new(Faulty::new(Arc::new(stage.bucket.clone()), plan.clone())));
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    assert!(matches!(block_on(run(&world, &stage.config, request)), End::Done(_)));
    assert!(stage.state("prod").unclean, "one of two copies had no answer");
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("ann"));
    assert!(matches!(block_on(run(&stage.world(), &stage.config, back)), End::Done(_)));
    at_rest(&stage, "prod", "after the rollback");
    assert!(block_on(plan.deliver()).iter().all(Result::is_err), "the late copy is refused");
    at_rest(&stage, "prod", "after the late copy");
}

#[test]
fn resuming_what_is_finished_changes_nothing() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let before = stage.bucket.snapshot();
    assert!(matches!(block_on(resume(&stage.world(), &stage.config, "prod", "bob")), End::Nothing));
    assert_eq!(before, stage.bucket.snapshot());
}
