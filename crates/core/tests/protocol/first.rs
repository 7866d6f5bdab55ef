//! The first release of a lane that was committed and did not succeed can be undone, as one can that was never committed;
//! and where something was adopted before it, that comes back.

use crate::gate::{Gated, deployed, ports as gated, step, until};
use crate::invariants::{at_rest, records};
use crate::stage::{End, Stage, actor, commit, content, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::join;
use promote_core::config::{OnFailure, Step};
use promote_core::exit::ExitStatus;
use promote_core::flow::{Done, decide, resuming};
use promote_core::ledger::{Action, Kind, OutcomeResult, Override, RestoredEnd, State, check_chain};
use promote_core::marks::adopt;
use promote_core::plan::Decision;
use promote_core::port::{StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote_core::ports::Ports;
use promote_core::report::{DecisionReport, Depth, EntryResult, history, status, verify};
use promote_core::request::{Request, Wanted};
use promote_core::undo::Way;
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;
use std::time::Duration;

const DEPTH: Depth = Depth { chains: true, bytes: false };

/// Steps that end so.
#[derive(Debug)]
struct Ends(StepEnd);

#[async_trait::async_trait]
impl StepRunner for Ends {
    async fn run(&self, _: &Step, _: &StepContext, _: Duration, _: &dyn StepProgress) -> StepReport {
        let summary = "HTTP 502".to_owned();
        StepReport {
            end: self.0,
            summary,
            tail: String::new(),
            outputs: std::collections::BTreeMap::new(),
            took_s: 0,
        }
    }
}

fn kinds() -> [(&'static str, MemoryKind); 3] {
    [("local", MemoryKind::local_like()), ("s3", MemoryKind::s3_like()), ("gcs", MemoryKind::gcs_like())]
}

/// Releases a and b are published and were in staging; prod, which a command deploys, has nothing.
pub fn project(kind: MemoryKind) -> Stage {
    let mut stage = Stage::empty(kind);
    for digit in ['a', 'b'] {
        stage.publish(digit);
        assert!(matches!(stage.to("staging", digit), End::Done(_)));
    }
    stage.config.environments.get_mut(&name("prod")).unwrap().deploy = vec![step("./install")];
    stage
}

pub fn ending(stage: &Stage, end: StepEnd) -> Ports {
    Ports { steps: Arc::new(Ends(end)), ..stage.ports() }
}

pub fn to(digit: char, rules: &[&str]) -> Request {
    let mut request = Request::promote(name("prod"), wanted(digit), actor("ann"));
    for rule in rules {
        let reason = "it must be".to_owned();
        request.overrides.push(Override { rule: (*rule).to_owned(), reason });
    }
    request
}

pub fn back() -> Request {
    Request::rollback(name("prod"), Wanted::Unnamed, actor("bob"))
}

pub fn done(end: End, what: &str) -> Done {
    match end {
        End::Done(done) => *done,
        other => panic!("{what}: {other:?}"),
    }
}

/// The way back that is told of it.
pub fn back_from(stage: &Stage, done: &Done) -> Option<Way> {
    block_on(done.ways(&stage.ports().view())).back
}

/// Release a is in prod, and its deployment ended so.
fn first(kind: MemoryKind, end: StepEnd) -> Stage {
    let stage = project(kind);
    let moved = done(block_on(run(&ending(&stage, end), &stage.config, to('a', &[]))), "first");
    assert_eq!(stage.target("prod"), Some(content('a')));
    let way = back_from(&stage, &moved);
    assert!(way.is_some_and(|way| way.line.to_string() == "promote rollback prod"), "{moved:?}");
    stage
}

pub fn sound(stage: &Stage, what: &str) {
    let heads = records(stage, "prod");
    let (genesis, id) = block_on(stage.ports().ledger.reader().genesis()).unwrap().unwrap();
    let report = check_chain(&genesis.ledger, id, &heads);
    assert!(report.faults.is_empty(), "{what}: {:?}", report.faults);
}

/// Nothing is there, a is marked, and the lane takes the next one. `late`: a create came after it was waited for, which
/// where tokens never come back is found and not prevented.
fn free(stage: &Stage, what: &str, late: bool) {
    sound(stage, what);
    let state = stage.state("prod");
    assert!(state.open.is_none() && state.current.is_none() && state.trail.is_empty(), "{what}: {state:?}");
    assert_eq!(state.rolled_back, [commit('a')], "{what}");
    let stray = stage.target("prod").is_some();
    assert!(!stray || late, "{what}: the target holds something");
    let seen = block_on(verify(&stage.ports().view(), &stage.config, &[name("prod")], DEPTH)).unwrap();
    assert_eq!(seen.matches, !stray, "{what}: {seen:?}");
    assert!(matches!(stage.to("prod", 'a'), End::Refused(_)), "{what}: it was rolled back");
    let rules: &[&str] = if stray { &["drift"] } else { &[] };
    done(block_on(run(&stage.ports(), &stage.config, to('b', rules))), what);
    at_rest(stage, "prod", what);
    assert_eq!(stage.target("prod"), Some(content('b')), "{what}");
}

#[test]
fn a_first_release_that_did_not_end_well_is_undone_and_the_lane_is_free() {
    for (store, kind) in kinds() {
        for end in [StepEnd::Failed, StepEnd::Errored, StepEnd::TimedOut, StepEnd::Interrupted] {
            let what = format!("{store}, {end:?}");
            let stage = first(kind.clone(), end);
            let shown =
                block_on(status(&stage.ports().view(), &stage.config, &[name("prod")], &actor("bob")))
                    .unwrap();
            let prod = &shown.environments[0];
            assert_eq!((prod.undo.as_deref(), prod.first), (Some("promote rollback prod"), true), "{what}");
            let undone = done(block_on(run(&stage.ports(), &stage.config, back())), &what);
            assert_eq!((undone.plan.action, undone.exit), (Action::Undo, ExitStatus::Ok), "{what}");
            assert_eq!(undone.restored[0].end, RestoredEnd::Deleted, "{what}");
            assert_eq!(back_from(&stage, &undone), None, "{what}");
            let told =
                block_on(history(&stage.ports().view(), &stage.config, &[name("prod")], None, 10)).unwrap();
            assert_eq!(told.entries[0].result, EntryResult::Undone, "{what}");
            free(&stage, &what, false);
        }
    }
}

#[test]
fn one_that_was_verified_stays() {
    let stage = project(MemoryKind::local_like());
    done(block_on(run(&ending(&stage, StepEnd::Succeeded), &stage.config, to('a', &[]))), "first");
    let end = block_on(run(&stage.ports(), &stage.config, back()));
    assert!(matches!(&end, End::Failed(failure) if failure.exit == ExitStatus::Missing), "{end:?}");
    assert_eq!(stage.target("prod"), Some(content('a')));
}

#[test]
fn on_failure_undoes_the_first_release_too() {
    for (store, kind) in kinds() {
        let mut stage = project(kind);
        stage.config.environments.get_mut(&name("prod")).unwrap().on_failure = OnFailure::Rollback;
        let failed = block_on(run(&ending(&stage, StepEnd::Failed), &stage.config, to('a', &[])));
        let failed = done(failed, store);
        assert_eq!((failed.result, failed.exit), (OutcomeResult::Failed, ExitStatus::RolledBack), "{store}");
        let undone = failed.undone.as_ref().unwrap().as_ref().unwrap();
        assert_eq!(undone.plan.action, Action::Undo, "{store}");
        free(&stage, store, false);
    }
}

#[test]
fn what_it_overwrote_can_not_be_taken_back_and_that_is_said() {
    let mut stage = project(MemoryKind::s3_like());
    stage.bucket.put(&"prod.zip".parse().unwrap(), "by hand").unwrap();
    stage.config.environments.get_mut(&name("prod")).unwrap().on_failure = OnFailure::Rollback;
    let failed = block_on(run(&ending(&stage, StepEnd::Failed), &stage.config, to('a', &["drift"])));
    let failed = done(failed, "first");
    assert_eq!(failed.exit, ExitStatus::DeployFailed);
    let undone = failed.undone.unwrap().unwrap();
    assert_eq!(undone.restored[0].end, RestoredEnd::Stays);
    let why = undone.restored[0].why.as_deref().unwrap();
    assert!(why.starts_with("what it held before was overwritten"), "{why}");
    assert!(stage.state("prod").current.is_none());
    sound(&stage, "after the undoing");
}

#[test]
fn a_release_that_was_moved_again_and_again_is_taken_back_to_before_the_first_time() {
    let stage = first(MemoryKind::s3_like(), StepEnd::Failed);
    for _ in 0..3 {
        let again = Request { action: Action::Redeploy, ..to('a', &[]) };
        let again = done(block_on(run(&ending(&stage, StepEnd::Failed), &stage.config, again)), "again");
        assert!(back_from(&stage, &again).is_some());
    }
    let undone = done(block_on(run(&stage.ports(), &stage.config, back())), "undo");
    assert_eq!(undone.restored[0].end, RestoredEnd::Deleted);
    free(&stage, "moved again", false);
}

#[test]
fn a_freeze_does_not_keep_it_from_being_undone() {
    let stage = first(MemoryKind::local_like(), StepEnd::Failed);
    let request = Request { reason: Some("no more today".to_owned()), ..to('a', &[]) };
    let frozen = promote_core::marks::EnvironmentMark::Freeze(None);
    block_on(promote_core::marks::say(&stage.ports(), &stage.config, &request, &frozen)).unwrap();
    let undone = done(block_on(run(&stage.ports(), &stage.config, back())), "undo");
    assert_eq!(undone.exit, ExitStatus::Ok);
    sound(&stage, "frozen");
}

#[test]
fn what_was_adopted_before_it_comes_back() {
    for by_itself in [false, true] {
        let mut stage = project(MemoryKind::s3_like());
        // Release a is there, copied by hand, and is adopted.
        let source = stage.bucket.bytes(&format!("rel/{}.zip", commit('a')).parse().unwrap()).unwrap();
        stage.bucket.put(&"prod.zip".parse().unwrap(), source).unwrap();
        let reason = Some("it is ours".to_owned());
        let request = Request { reason, ..to('a', &[]) };
        block_on(adopt(&stage.ports(), &stage.config, &request, None)).unwrap();
        if by_itself {
            stage.config.environments.get_mut(&name("prod")).unwrap().on_failure = OnFailure::Rollback;
        }
        let steps = if by_itself { StepEnd::Failed } else { StepEnd::TimedOut };
        let moved = done(block_on(run(&ending(&stage, steps), &stage.config, to('b', &[]))), "b");
        if by_itself {
            // The steps fail for what comes back, too.
            let undone = moved.undone.unwrap().unwrap();
            assert_eq!(undone.plan.release.commit, commit('a'));
        } else {
            let undone = done(block_on(run(&stage.ports(), &stage.config, back())), "back");
            assert_eq!((undone.plan.action, undone.exit), (Action::Rollback, ExitStatus::Ok));
        }
        assert_eq!(stage.target("prod"), Some(content('a')), "{by_itself}");
        assert_eq!(stage.state("prod").rolled_back, [commit('b')]);
        sound(&stage, "adopted");
    }
}

#[test]
fn while_it_is_deployed_it_is_undone_with_the_override_and_its_own_process_hears_of_it() {
    for (store, kind) in kinds() {
        let stage = deployed(kind);
        // Another lane than the one that has a release already.
        let mut config = stage.config.clone();
        let prod = config.environments.get_mut(&name("prod")).unwrap();
        prod.lane = "live".parse().unwrap();
        prod.artifacts[0].target =
            Some(promote_core::template::Template::parse("memory://m/live.zip").unwrap());
        config.lanes[1].name = "live".parse().unwrap();
        let steps = Gated::new(&stage);
        let ports = gated(&stage, &steps);
        let deploying = |state: &State| state.open.is_none() && state.current.is_some();
        let second = async {
            until(&ports, "live", deploying).await;
            ports.clock.sleep(Duration::from_secs(10)).await;
            let Decision::Refused(refusal) = decide(&ports.view(), &config, &back()).await.unwrap().1 else {
                panic!("{store}: it is being deployed")
            };
            assert_eq!(refusal.exit, ExitStatus::Conflict, "{store}");
            let reason = "an emergency".to_owned();
            let overrides = vec![Override { rule: "deploying".to_owned(), reason: reason.clone() }];
            let back = Request { overrides, reason: Some(reason), ..back() };
            run(&ports, &config, back).await
        };
        let (first, second) = block_on(join(run(&ports, &config, to('b', &[])), second));
        let (first, second) = (done(first, store), done(second, store));
        assert_eq!((second.plan.action, second.exit), (Action::Undo, ExitStatus::Ok), "{store}");
        assert_eq!((first.result, first.exit), (OutcomeResult::Superseded, ExitStatus::DeployFailed));
        assert_eq!(first.lost.unwrap().words(), "superseded by bob", "it brings nothing");
        assert_eq!(steps.ends.lock().unwrap()[0], ("ann".to_owned(), StepEnd::Interrupted));
        assert_eq!(stage.bucket.bytes(&"live.zip".parse().unwrap()), None, "{store}");
    }
}

#[test]
fn its_plan_names_no_step_and_the_releases_after_it_none_that_came_before() {
    let stage = first(MemoryKind::local_like(), StepEnd::Failed);
    let view = stage.ports().view();
    let settings = &stage.config.environments[&name("prod")];
    let report = |request: Request| {
        let (_, decision) = block_on(decide(&view, &stage.config, &request)).unwrap();
        block_on(DecisionReport::of(&view, &stage.config, settings, &decision))
    };
    let undo = report(back());
    assert_eq!((undo.action, undo.steps.len()), (Action::Undo, 0));
    assert_eq!(undo.command.as_deref(), Some("promote rollback prod"));
    assert_eq!(report(to('b', &[])).steps.len(), 1);
}

pub fn attempt(stage: &Stage, plan: &FaultPlan, request: Request) -> Option<End> {
    let bucket = Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone()));
    let ports = Ports { steps: Arc::new(Ends(StepEnd::Failed)), ..stage.ports_on(bucket) };
    block_on(plan.survive(run(&ports, &stage.config, request)))
}

#[test]
fn undoing_what_was_committed_survives_every_fault_at_every_call() {
    let mut cases = 0;
    for (store, kind) in kinds() {
        let calls = {
            let counted = FaultPlan::new();
            attempt(&first(kind.clone(), StepEnd::Failed), &counted, back());
            counted.calls()
        };
        for n in 1..=calls {
            for fault in [
                Fault::AnswerLost,
                Fault::Late,
                Fault::Repeated,
                Fault::CrashBefore,
                Fault::CrashAfter,
                Fault::CrashInFlight,
            ] {
                let what = format!("{store}, call {n}, {fault:?}");
                let stage = first(kind.clone(), StepEnd::Failed);
                let plan = FaultPlan::new().with(n, fault);
                let _ = attempt(&stage, &plan, back());
                sound(&stage, &what);
                let open = stage.state("prod").open.is_some();
                for resumed in [true, false] {
                    if stage.state("prod").current.is_none() {
                        break;
                    }
                    let request = match resumed && open {
                        true => {
                            let request =
                                Request::promote(name("prod"), Wanted::Unnamed, actor("cem")).taking_over();
                            block_on(resuming(&stage.ports().view(), &stage.config, request)).unwrap()
                        }
                        false => back().taking_over(),
                    };
                    let undone = done(block_on(run(&stage.ports(), &stage.config, request)), &what);
                    assert_eq!(undone.plan.action, Action::Undo, "{what}");
                }
                block_on(plan.deliver());
                free(&stage, &what, false);
                cases += 1;
            }
        }
    }
    println!("undo after the commit: {cases} cases, 0 violations");
    assert!(cases > 200);
}

#[test]
fn a_create_that_is_repeated_after_it_was_undone_finds_that_it_is_too_late() {
    for (store, kind) in kinds() {
        let calls = {
            let counted = FaultPlan::new();
            attempt(&project(kind.clone()), &counted, to('a', &[]));
            counted.calls()
        };
        for n in 1..=calls {
            for fault in [Fault::Repeated, Fault::Late] {
                let what = format!("{store}, call {n}, {fault:?}");
                let stage = project(kind.clone());
                let plan = FaultPlan::new().with(n, fault);
                let _ = attempt(&stage, &plan, to('a', &[]));
                if stage.state("prod").undoable().is_none() {
                    continue;
                }
                done(block_on(run(&stage.ports(), &stage.config, back().taking_over())), &what);
                block_on(plan.deliver());
                if stage.state("prod").rolled_back.is_empty() {
                    // It was never committed.
                    continue;
                }
                free(&stage, &what, store == "gcs");
            }
        }
    }
}

#[test]
fn only_records_that_undo_have_the_newer_number() {
    let stage = first(MemoryKind::local_like(), StepEnd::Failed);
    done(block_on(run(&stage.ports(), &stage.config, back())), "undo");
    let told: Vec<(Kind, bool)> = records(&stage, "prod")
        .iter()
        .map(|head| (head.record.kind, head.record.schema.ends_with("@2")))
        .collect();
    let (intent, commit, outcome) = (Kind::Intent, Kind::Commit, Kind::Outcome);
    let wanted = [(intent, false), (commit, false), (outcome, false), (intent, true), (Kind::Abort, true)];
    assert_eq!(told[..5], wanted);
}
