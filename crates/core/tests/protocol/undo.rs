//! The first promotion of a lane can be undone: there is no release to go back to, and yet the lane is freed.

use crate::invariants::records;
use crate::stage::{End, Stage, actor, content, name, run, wanted};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::flow::{Done, resuming};
use promote_core::ledger::{Action, Kind, Record, RestoredEnd, check_chain, record};
use promote_core::port::ErrorKind;
use promote_core::report::{Depth, EntryResult, history, verify};
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

const DEPTH: Depth = Depth { chains: true, bytes: false };

fn kinds() -> [(&'static str, MemoryKind); 3] {
    [("local", MemoryKind::local_like()), ("s3", MemoryKind::s3_like()), ("gcs", MemoryKind::gcs_like())]
}

/// Releases are published, staging has the first, prod has nothing.
fn first(kind: MemoryKind) -> Stage {
    let stage = Stage::empty(kind);
    for digit in ['a', 'b'] {
        stage.publish(digit);
    }
    for digit in ['a', 'b'] {
        assert!(matches!(stage.to("staging", digit), End::Done(_)));
    }
    stage
}

fn to_a() -> Request {
    let mut request = Request::promote(name("prod"), wanted('a'), actor("ann"));
    let reason = "the first one".to_owned();
    request.overrides.push(promote_core::ledger::Override { rule: "from".to_owned(), reason });
    request
}

fn back() -> Request {
    Request::rollback(name("prod"), Wanted::Unnamed, actor("bob")).taking_over()
}

fn attempt(stage: &Stage, plan: &FaultPlan, request: Request) -> Option<End> {
    let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
    block_on(plan.survive(run(&ports, &stage.config, request)))
}

fn calls(kind: &MemoryKind) -> usize {
    let plan = FaultPlan::new();
    assert!(matches!(attempt(&first(kind.clone()), &plan, to_a()), Some(End::Done(_))));
    plan.calls()
}

fn sound(stage: &Stage, what: &str) {
    let heads = records(stage, "prod");
    let (genesis, id) = block_on(stage.ports().ledger.reader().genesis()).unwrap().unwrap();
    let report = check_chain(&genesis.ledger, id, &heads);
    assert!(report.faults.is_empty(), "{what}: {:?}", report.faults);
}

/// Nothing is open, nothing is there, and the lane takes the next one.
fn free(stage: &Stage, what: &str) {
    sound(stage, what);
    let state = stage.state("prod");
    assert!(state.open.is_none() && state.current.is_none(), "{what}: {state:?}");
    // Where tokens never come back no request expires, and absence does come back: a create that is later than anybody
    // waits for is found there, not prevented.
    let stray = stage.target("prod").is_some();
    assert!(!stray || what.starts_with("gcs"), "{what}: the target holds something");
    let seen = block_on(verify(&stage.ports().view(), &stage.config, &[name("prod")], DEPTH)).unwrap();
    assert_eq!(seen.matches, !stray, "{what}: {seen:?}");
    let mut next = Request::promote(name("prod"), wanted('b'), actor("ann"));
    if stray {
        let reason = "it came late".to_owned();
        next.overrides.push(promote_core::ledger::Override { rule: "drift".to_owned(), reason });
    }
    let end = block_on(run(&stage.ports(), &stage.config, next));
    assert!(matches!(end, End::Done(_)), "{what}: {end:?}");
    assert_eq!(stage.target("prod"), Some(content('b')), "{what}");
}

fn done(end: End, what: &str) -> Done {
    match end {
        End::Done(done) => *done,
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_first_promotion_whose_writes_always_fail_is_undone_and_the_lane_is_free() {
    for (store, kind) in kinds() {
        let stage = first(kind.clone());
        // The copy is refused with 500 every time, and so the promotion stays open.
        let total = calls(&kind);
        let mut plan = FaultPlan::new();
        for n in total.saturating_sub(1)..total + 40 {
            plan = plan.with(n, Fault::RequestLost(ErrorKind::Unknown));
        }
        let end = attempt(&stage, &plan, to_a());
        assert!(
            matches!(&end, Some(End::Failed(one)) if one.exit == ExitStatus::Unfinished),
            "{store}: {end:?}"
        );
        assert!(stage.state("prod").open.is_some(), "{store}");
        assert!(matches!(stage.to("prod", 'b'), End::Refused(_)), "{store}");
        let undone = done(block_on(run(&stage.ports(), &stage.config, back())), store);
        assert_eq!((undone.plan.action, undone.exit), (Action::Undo, ExitStatus::Ok));
        assert!(undone.restored.iter().all(|one| one.end == RestoredEnd::AsBefore), "{undone:?}");
        let told =
            block_on(history(&stage.ports().view(), &stage.config, &[name("prod")], None, 10)).unwrap();
        let results: Vec<EntryResult> = told.entries.iter().map(|entry| entry.result).collect();
        assert_eq!(results, [EntryResult::Undone, EntryResult::TakenOver], "{store}");
        free(&stage, store);
    }
}

#[test]
fn what_the_first_promotion_wrote_is_deleted_under_its_condition_at_whatever_call_it_died() {
    let mut deleted = 0;
    for (store, kind) in kinds() {
        for n in 1..=calls(&kind) {
            for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::CrashInFlight, Fault::Late] {
                let what = format!("{store}, call {n}, {fault:?}");
                let stage = first(kind.clone());
                let plan = FaultPlan::new().with(n, fault);
                let _ = attempt(&stage, &plan, to_a());
                if stage.state("prod").open.is_none() {
                    continue;
                }
                let undone = done(block_on(run(&stage.ports(), &stage.config, back())), &what);
                deleted += usize::from(undone.restored.iter().any(|one| one.end == RestoredEnd::Deleted));
                sound(&stage, &what);
                // What was on its way comes now, and finds that it is too late.
                block_on(plan.deliver());
                free(&stage, &what);
            }
        }
    }
    assert!(deleted > 0, "nothing was ever written");
}

#[test]
fn an_undoing_survives_every_fault_at_every_call() {
    let mut cases = 0;
    for (store, kind) in kinds() {
        let total = calls(&kind);
        for first_dies in total.saturating_sub(2)..=total {
            for n in 1..24 {
                for fault in [
                    Fault::AnswerLost,
                    Fault::Late,
                    Fault::CrashBefore,
                    Fault::CrashAfter,
                    Fault::CrashInFlight,
                ] {
                    let what = format!("{store}, first dies at {first_dies}, undoing: call {n}, {fault:?}");
                    let stage = first(kind.clone());
                    let dead = FaultPlan::new().with(first_dies, Fault::CrashInFlight);
                    assert!(attempt(&stage, &dead, to_a()).is_none(), "{what}");
                    if stage.state("prod").open.is_none() {
                        continue;
                    }
                    let plan = FaultPlan::new().with(n, fault);
                    let _ = attempt(&stage, &plan, back());
                    sound(&stage, &what);
                    if stage.state("prod").open.is_some() {
                        // Going on with an undoing undoes, whoever does it.
                        let request =
                            Request::promote(name("prod"), Wanted::Unnamed, actor("cem")).taking_over();
                        let request =
                            block_on(resuming(&stage.ports().view(), &stage.config, request)).unwrap();
                        let undoing = request.action == Action::Undo;
                        let request = if undoing { request } else { back() };
                        done(block_on(run(&stage.ports(), &stage.config, request)), &what);
                    }
                    block_on(dead.deliver());
                    block_on(plan.deliver());
                    if stage.state("prod").open.is_some() {
                        done(block_on(run(&stage.ports(), &stage.config, back())), &what);
                    }
                    if stage.state("prod").current.is_none() {
                        free(&stage, &what);
                    }
                    cases += 1;
                }
            }
        }
    }
    println!("undo matrix: {cases} cases, 0 violations");
}

#[test]
fn what_can_not_be_taken_back_is_said_and_the_lane_is_free_all_the_same() {
    let stage = first(MemoryKind::s3_like());
    // Something was there before, and was overwritten with everybody's knowledge.
    stage.bucket.put(&"prod.zip".parse().unwrap(), "by hand").unwrap();
    let mut request = to_a();
    let reason = "it is ours".to_owned();
    request.overrides.push(promote_core::ledger::Override { rule: "drift".to_owned(), reason });
    let counted = FaultPlan::new();
    let total = {
        let other = first(MemoryKind::s3_like());
        other.bucket.put(&"prod.zip".parse().unwrap(), "by hand").unwrap();
        assert!(matches!(attempt(&other, &counted, request.clone()), Some(End::Done(_))));
        counted.calls()
    };
    let plan = FaultPlan::new().with(total, Fault::CrashBefore);
    assert!(attempt(&stage, &plan, request).is_none());
    assert_eq!(stage.target("prod"), Some(content('a')), "it died before the commit");
    let undone = done(block_on(run(&stage.ports(), &stage.config, back())), "undo");
    assert_eq!(undone.exit, ExitStatus::DeployFailed);
    assert_eq!(undone.restored[0].end, RestoredEnd::Stays);
    let why = undone.restored[0].why.as_deref().unwrap();
    assert!(why.starts_with("what it held before was overwritten"), "{why}");
    sound(&stage, "after the undoing");
    let state = stage.state("prod");
    assert!(state.open.is_none() && state.current.is_none());
    // What is there is told as what it is.
    let seen = block_on(verify(&stage.ports().view(), &stage.config, &[name("prod")], DEPTH)).unwrap();
    assert!(!seen.matches);
}

#[test]
fn records_that_undo_are_numbered_and_older_numbers_may_not_say_it() {
    let stage = first(MemoryKind::local_like());
    let plan = FaultPlan::new().with(calls(&MemoryKind::local_like()), Fault::CrashBefore);
    assert!(attempt(&stage, &plan, to_a()).is_none());
    done(block_on(run(&stage.ports(), &stage.config, back())), "undo");
    let schemas: Vec<(Kind, String)> =
        records(&stage, "prod").iter().map(|head| (head.record.kind, head.record.schema.clone())).collect();
    let (one, two) = (record::SCHEMA.to_owned(), record::SCHEMA_2.to_owned());
    assert_eq!(
        schemas,
        [(Kind::Intent, one), (Kind::Intent, two.clone()), (Kind::Abort, two)],
        "only what an older reader would get wrong"
    );
    for head in &records(&stage, "prod")[1..] {
        let text = String::from_utf8(head.record.to_bytes().unwrap()).unwrap();
        assert!(Record::from_bytes(text.as_bytes()).is_ok());
        let older = text.replace("promote/record@2", "promote/record@1");
        assert!(Record::from_bytes(older.as_bytes()).is_err(), "{older}");
    }
}
