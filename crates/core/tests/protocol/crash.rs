//! A promotion is stopped at every single call, in every way; afterwards the ledger tells the truth, and resuming
//! by the same person, by another, and rolling back each end well, also when a request arrives late.

use crate::invariants::{at_rest, check, committed};
use crate::stage::{End, Stage, actor, name, resume, run, wanted};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::port::ErrorKind;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

#[derive(Debug, Clone, Copy)]
enum Recovery {
    SamePerson,
    OtherPerson,
    Rollback,
    OtherRelease,
    LateThenResume,
}

const RECOVERIES: [Recovery; 5] = [
    Recovery::SamePerson,
    Recovery::OtherPerson,
    Recovery::Rollback,
    Recovery::OtherRelease,
    Recovery::LateThenResume,
];

const FAULTS: [Fault; 7] = [
    Fault::RequestLost(ErrorKind::Unavailable),
    Fault::RequestLost(ErrorKind::Unknown),
    Fault::AnswerLost,
    Fault::Late,
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::CrashInFlight,
];

fn kinds() -> [(&'static str, MemoryKind); 3] {
    [("local", MemoryKind::local_like()), ("s3", MemoryKind::s3_like()), ("gcs", MemoryKind::gcs_like())]
}

/// What the user would have typed, with a fault somewhere.
fn attempt(stage: &Stage, plan: &FaultPlan, request: Request) -> Option<End> {
    let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
    block_on(plan.survive(run(&ports, &stage.config, request)))
}

fn to_b() -> Request {
    Request::promote(name("prod"), wanted('b'), actor("ann"))
}

fn calls(kind: &MemoryKind) -> usize {
    let stage = Stage::ready(kind.clone());
    let plan = FaultPlan::new();
    assert!(matches!(attempt(&stage, &plan, to_b()), Some(End::Done(_))));
    plan.calls()
}

/// I5: what was reported is true.
fn honest(stage: &Stage, end: Option<&End>, what: &str) {
    match end {
        Some(End::Done(done)) => {
            assert!(
                committed(stage, "prod", &done.promotion.0),
                "{what}: reported done, and it is committed"
            );
        }
        Some(End::Failed(failure)) if failure.exit != ExitStatus::Unfinished => {
            let state = stage.state("prod");
            assert!(
                state.open.is_none(),
                "{what}: reported `{failure}` ({:?}), and it is open",
                failure.exit
            );
            assert!(
                state.release().is_some_and(|release| release.commit == crate::stage::commit('a')),
                "{what}: reported `{failure}`, and yet it landed"
            );
        }
        Some(End::Failed(_)) | None => {}
        Some(other) => panic!("{what}: {other:?}"),
    }
}

fn recover(stage: &Stage, plan: &FaultPlan, recovery: Recovery, what: &str) {
    let ports = stage.ports();
    let ended = |end: &End| match end {
        End::Done(_) | End::Nothing => {}
        other => panic!("{what}: {other:?}"),
    };
    match recovery {
        Recovery::SamePerson => ended(&block_on(resume(&ports, &stage.config, "prod", "ann"))),
        Recovery::OtherPerson => ended(&block_on(resume(&ports, &stage.config, "prod", "bob"))),
        Recovery::Rollback => {
            let open = stage.state("prod").open.is_some();
            let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
            match block_on(run(&ports, &stage.config, back)) {
                End::Done(_) => {}
                // Before the move there was only one release, so there is nothing further back.
                End::Failed(failure) if !open && failure.exit == ExitStatus::Missing => {}
                other => panic!("{what}: {other:?}"),
            }
        }
        Recovery::OtherRelease => {
            assert!(matches!(stage.to("staging", 'c'), End::Done(_)), "{what}");
            match stage.to("prod", 'c') {
                End::Done(_) => {}
                End::Refused(_) => {
                    ended(&block_on(resume(&ports, &stage.config, "prod", "bob")));
                    ended(&stage.to("prod", 'c'));
                }
                other => panic!("{what}: {other:?}"),
            }
        }
        Recovery::LateThenResume => {
            block_on(plan.deliver());
            check(stage, "prod", what);
            ended(&block_on(resume(&ports, &stage.config, "prod", "bob")));
        }
    }
}

/// One case: a fault, what was reported, a recovery, and what arrives late.
fn case(kind: &MemoryKind, request: &Request, n: usize, fault: Fault, recovery: Recovery, what: &str) {
    let stage = Stage::ready(kind.clone());
    let plan = FaultPlan::new().with(n, fault);
    let end = attempt(&stage, &plan, request.clone());
    check(&stage, "prod", what);
    honest(&stage, end.as_ref(), what);
    recover(&stage, &plan, recovery, what);
    at_rest(&stage, "prod", what);
    // Whatever was still on its way arrives now, after everybody has gone home.
    block_on(plan.deliver());
    check(&stage, "prod", what);
    let reopened = stage.state("prod").open.is_some();
    if reopened {
        // Only an intent that never had an owner can come up this late: it has no effects.
        match block_on(resume(&stage.ports(), &stage.config, "prod", "bob")) {
            End::Done(_) | End::Nothing => {}
            other => panic!("{what}, late: {other:?}"),
        }
    }
    at_rest(&stage, "prod", what);
}

#[test]
fn a_promotion_survives_every_fault_at_every_call() {
    let mut cases = 0;
    for (store, kind) in kinds() {
        let calls = calls(&kind);
        for n in 1..=calls {
            for fault in FAULTS {
                for recovery in RECOVERIES {
                    let what = format!("{store}, call {n} of {calls}, {fault:?}, {recovery:?}");
                    case(&kind, &to_b(), n, fault, recovery, &what);
                    cases += 1;
                }
            }
        }
    }
    println!("crash matrix: {cases} cases, 0 violations");
    assert!(cases > 500, "the matrix has shrunk to {cases}");
}

#[test]
fn a_take_over_survives_every_fault_at_every_call() {
    let mut cases = 0;
    for (store, kind) in kinds() {
        // The copy is on its way when the first one dies: the hardest start for whoever takes over.
        let total = calls(&kind);
        for first in total.saturating_sub(2)..=total {
            for n in 1..40 {
                for fault in [Fault::AnswerLost, Fault::Late, Fault::CrashAfter, Fault::CrashInFlight] {
                    let what = format!("{store}, first dies at {first}, taker: call {n}, {fault:?}");
                    let stage = Stage::ready(kind.clone());
                    let dead = FaultPlan::new().with(first, Fault::CrashInFlight);
                    assert!(attempt(&stage, &dead, to_b()).is_none(), "{what}");
                    let plan = FaultPlan::new().with(n, fault);
                    let ports = stage
                        .ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
                    let _ = block_on(plan.survive(resume(&ports, &stage.config, "prod", "bob")));
                    check(&stage, "prod", &what);
                    match block_on(resume(&stage.ports(), &stage.config, "prod", "cem")) {
                        End::Done(_) | End::Nothing => {}
                        other => panic!("{what}: {other:?}"),
                    }
                    at_rest(&stage, "prod", &what);
                    block_on(dead.deliver());
                    block_on(plan.deliver());
                    if stage.state("prod").open.is_some() {
                        let _ = block_on(resume(&stage.ports(), &stage.config, "prod", "dan"));
                    }
                    at_rest(&stage, "prod", &what);
                    cases += 1;
                }
            }
        }
    }
    println!("take-over matrix: {cases} cases, 0 violations");
}

#[test]
fn a_rollback_survives_every_fault_at_every_call() {
    let mut cases = 0;
    for (store, kind) in kinds() {
        for n in 1..24 {
            for fault in FAULTS {
                let what = format!("{store}, rollback, call {n}, {fault:?}");
                let stage = Stage::ready(kind.clone());
                assert!(matches!(stage.to("prod", 'b'), End::Done(_)));
                let plan = FaultPlan::new().with(n, fault);
                let back = Request::rollback(name("prod"), Wanted::Previous, actor("ann")).taking_over();
                let _ = attempt(&stage, &plan, back);
                check(&stage, "prod", &what);
                match block_on(resume(&stage.ports(), &stage.config, "prod", "bob")) {
                    End::Done(_) | End::Nothing => {}
                    other => panic!("{what}: {other:?}"),
                }
                at_rest(&stage, "prod", &what);
                block_on(plan.deliver());
                if stage.state("prod").open.is_some() {
                    let _ = block_on(resume(&stage.ports(), &stage.config, "prod", "bob"));
                }
                at_rest(&stage, "prod", &what);
                cases += 1;
            }
        }
    }
    println!("rollback matrix: {cases} cases, 0 violations");
}
