//! Cleaning up is stopped at every single call, in every way; the next run ends it, and what is needed stays whole.

use crate::old::{clean, entry, grace, kinds, stage, strict, there, whole};
use crate::release::{Stage, commit};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::port::ErrorKind;
use promote_testing::decorator::{Fault, FaultPlan};
use promote_testing::memory::MemoryKind;

const FAULTS: [Fault; 8] = [
    Fault::RequestLost(ErrorKind::Unavailable),
    Fault::RequestLost(ErrorKind::Unknown),
    Fault::RequestLost(ErrorKind::Denied),
    Fault::AnswerLost,
    Fault::Late,
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::CrashInFlight,
];

/// A stage just before the run that dooms, or before the one that deletes.
fn before(kind: &MemoryKind, doomed: bool) -> Stage {
    let stage = stage(kind.clone());
    if doomed {
        block_on(clean(&stage.ports(), &stage.config, &strict())).unwrap();
        grace(&stage);
    }
    stage
}

/// Nothing that is needed was touched, and what is said to be gone is.
fn sound(stage: &Stage, what: &str) {
    assert!(whole(stage, 'a') && whole(stage, 'b'), "{what}");
    let entry = entry(stage, 'c');
    assert!(!entry.unknown && !entry.pinned(), "{what}");
    if entry.gone.is_some() {
        assert_eq!(there(stage, 'c'), (Vec::new(), false), "{what}");
    }
    if !entry.doomed() {
        assert!(whole(stage, 'c'), "{what}");
    }
}

#[test]
fn cleaning_up_survives_every_fault_at_every_call() {
    let mut cases = 0;
    for (store, kind) in kinds() {
        for doomed in [false, true] {
            let calls = {
                let (stage, plan) = (before(&kind, doomed), FaultPlan::new());
                block_on(clean(&stage.faulty(&plan), &stage.config, &strict())).unwrap();
                plan.calls()
            };
            for n in 1..=calls {
                // All faults on one kind of store; on the others those that leave something behind.
                let faults = if store == "s3" { &FAULTS[..] } else { &FAULTS[3..6] };
                for fault in faults.iter().copied() {
                    let what = format!("{store}, doomed {doomed}, call {n} of {calls}, {fault:?}");
                    let stage = before(&kind, doomed);
                    let plan = FaultPlan::new().with(n, fault);
                    let end = block_on(plan.survive(clean(&stage.faulty(&plan), &stage.config, &strict())));
                    sound(&stage, &what);
                    if let Some(Err(failure)) = &end {
                        if fault == Fault::RequestLost(ErrorKind::Denied) {
                            assert_eq!(failure.exit, ExitStatus::Denied, "{what}: {failure:?}");
                        }
                        let deleted = !whole(&stage, 'c');
                        let said = failure.state.iter().any(|line| line.contains("deleted."));
                        assert!(
                            !deleted
                                || said && !failure.state.iter().any(|line| line == "Nothing was deleted."),
                            "{what}: {failure:?}"
                        );
                    }
                    // Whoever comes next ends it.
                    for _ in 0..2 {
                        block_on(clean(&stage.ports(), &stage.config, &strict())).unwrap();
                        grace(&stage);
                    }
                    block_on(clean(&stage.ports(), &stage.config, &strict())).unwrap();
                    sound(&stage, &what);
                    assert!(entry(&stage, 'c').gone.is_some(), "{what}");
                    block_on(plan.deliver());
                    sound(&stage, &what);
                    cases += 1;
                }
            }
            println!("{store}, doomed {doomed}: {calls} calls");
        }
    }
    println!("retention matrix: {cases} cases, 0 violations");
    assert!(cases > 700, "the matrix has shrunk to {cases}");
    assert_eq!(commit('c').as_str().len(), 40);
}
