//! One deployment at a time: while the steps of a promotion run, the lane takes nothing else, unless somebody says that
//! it is overtaken; then its own process hears of it, stops, and tells the truth.

use crate::first::back_from;
use crate::gate::{Gated, deployed, ports, until};
use crate::invariants::{check, records};
use crate::stage::{End, Stage, actor, commit, content, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::{join, join_all};
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::flow::{Done, Wait, carry_out, decide, resuming};
use promote_core::ledger::{Kind, OutcomeResult, Override, State};
use promote_core::lookout::Loss;
use promote_core::marks::{EnvironmentMark, adopt, say};
use promote_core::plan::{Decision, Refusal};
use promote_core::port::StepEnd;
use promote_core::ports::Ports;
use promote_core::report::{EntryResult, history, status};
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn deploying(digit: char) -> impl Fn(&State) -> bool {
    move |state| {
        let current = state.current.as_ref();
        state.open.is_none()
            && current.is_some_and(|current| {
                current.outcome.is_none()
                    && current.release.as_ref().is_some_and(|release| release.commit == commit(digit))
            })
    }
}

fn to(digit: char, who: &str) -> Request {
    Request::promote(name("prod"), wanted(digit), actor(who))
}

/// The same past the rules that would refuse it for other reasons, and past these.
fn past(request: Request, rules: &[&str]) -> Request {
    let mut request = request;
    for rule in ["from", "order", "rolled-back"].iter().chain(rules) {
        let reason = "an emergency".to_owned();
        request.overrides.push(Override { rule: (*rule).to_owned(), reason });
    }
    request.reason = Some("an emergency".to_owned());
    request
}

async fn refusal(ports: &Ports, config: &Config, request: &Request) -> Refusal {
    match decide(&ports.view(), config, request).await.unwrap().1 {
        Decision::Refused(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

fn done(end: End) -> Done {
    match end {
        End::Done(done) => *done,
        other => panic!("{other:?}"),
    }
}

#[test]
fn while_one_is_deployed_the_lane_takes_nothing_else_and_says_who_what_since_when_and_which_step() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = deployed(kind);
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let config = &stage.config;
        let second = async {
            until(&ports, "prod", deploying('b')).await;
            // Known from the file at once; after a moment the deployment says it itself.
            let before = refusal(&ports, config, &past(to('c', "bob"), &[])).await;
            assert_eq!(before.exit, ExitStatus::Conflict);
            ports.clock.sleep(Duration::from_secs(4)).await;
            let refused = refusal(&ports, config, &past(to('c', "bob"), &[])).await;
            let unmet: Vec<_> = refused.plan.findings.iter().filter(|one| !one.passes()).collect();
            assert_eq!(unmet.len(), 1, "{unmet:?}");
            assert_eq!(unmet[0].rule, "deploying");
            assert!(unmet[0].detail.starts_with("ann has been deploying bbbbbbb since 2026-"), "{unmet:?}");
            assert!(unmet[0].detail.ends_with(": deploy ./install (1 of 1)"), "{unmet:?}");
            let hint = unmet[0].hint.as_deref().unwrap();
            for way in ["wait", "--override deploying --reason", "promote resume prod"] {
                assert!(hint.contains(way), "{hint}");
            }
            // The same release, a rollback, and what automation would move.
            for request in [
                to('b', "bob"),
                Request { action: promote_core::ledger::Action::Redeploy, ..to('b', "bob") },
                past(Request::rollback(name("prod"), Wanted::Previous, actor("bob")), &[]),
            ] {
                assert_eq!(refusal(&ports, config, &request).await.exit, ExitStatus::Conflict, "{request:?}");
            }
            let adopting = Request { reason: Some("as it is".to_owned()), ..to('b', "bob") };
            let adopted = adopt(&ports, config, &adopting, None).await.unwrap_err();
            assert_eq!(adopted.exit, ExitStatus::Conflict, "{adopted}");
            // What is said about it may be said.
            let said = Request { reason: Some("no more today".to_owned()), ..to('b', "bob") };
            assert!(say(&ports, config, &said, &EnvironmentMark::Hold).await.unwrap().is_some());
            let shown = status(&ports.view(), config, &[], &actor("bob")).await.unwrap();
            let prod = shown.environments.iter().find(|one| one.name == "prod").unwrap();
            let told = prod.deploying.as_ref().unwrap();
            assert_eq!((told.by.as_str(), told.left), ("ann", false));
            steps.open.store(true, Ordering::SeqCst);
        };
        let (first, ()) = block_on(join(run(&ports, config, to('b', "ann")), second));
        let first = done(first);
        assert_eq!((first.result, first.exit), (OutcomeResult::Succeeded, ExitStatus::Ok));
        assert_eq!(stage.target("prod"), Some(content('b')));
        check(&stage, "prod", "after the deployment");
        assert!(stage.state("prod").current.unwrap().verified.is_some());
        assert!(stage.state("prod").held.is_some());
        // What a deployment says of itself is nothing that people said.
        let told = block_on(history(&ports.view(), config, &[name("prod")], None, 10)).unwrap();
        assert!(told.entries.iter().all(|entry| entry.result != EntryResult::Marked), "{told:?}");
    }
}

#[test]
fn steps_that_run_again_close_the_lane_whatever_is_said_of_it_meanwhile() {
    for mark in [EnvironmentMark::Hold, EnvironmentMark::Freeze(None)] {
        let stage = deployed(MemoryKind::s3_like());
        let steps = Gated::new(&stage);
        let (ports, config) = (ports(&stage, &steps), &stage.config);
        steps.open.store(true, Ordering::SeqCst);
        steps.fails.store(true, Ordering::SeqCst);
        assert_eq!(done(block_on(run(&ports, config, to('b', "ann")))).result, OutcomeResult::Failed);
        steps.open.store(false, Ordering::SeqCst);
        steps.fails.store(false, Ordering::SeqCst);
        // Long after the commit, so that its own time is over.
        stage.clock.advance(Duration::from_secs(30 * 24 * 3600));
        let request = Request::promote(name("prod"), Wanted::Unnamed, actor("ann"));
        let second = async {
            until(&ports, "prod", |state| state.again.is_some()).await;
            ports.clock.sleep(Duration::from_secs(4)).await;
            let said = Request { reason: Some("look at it".to_owned()), ..to('b', "bob") };
            assert!(say(&ports, config, &said, &mark).await.unwrap().is_some());
            let bob = past(to('c', "bob"), &["hold", "freeze"]);
            let refused = refusal(&ports, config, &bob).await;
            let unmet: Vec<_> = refused.plan.findings.iter().filter(|one| !one.passes()).collect();
            assert!(unmet.iter().any(|one| one.rule == "deploying"), "{unmet:?}");
            assert_eq!(refused.exit, ExitStatus::Conflict);
            // The way back that is told overtakes it.
            let shown = status(&ports.view(), config, &[name("prod")], &actor("bob")).await.unwrap();
            let undo = shown.environments[0].undo.clone().unwrap();
            assert_eq!(undo, "promote rollback prod --override deploying --reason TEXT");
            steps.open.store(true, Ordering::SeqCst);
        };
        let first = async {
            let request = resuming(&ports.view(), config, request).await.unwrap();
            run(&ports, config, request).await
        };
        let (first, ()) = block_on(join(first, second));
        assert_eq!(done(first).result, OutcomeResult::Succeeded);
        assert!(stage.state("prod").again.is_none());
        check(&stage, "prod", "after the deployment");
    }
}

#[test]
fn a_rollback_in_an_emergency_goes_through_with_the_override_and_the_overtaken_ends_as_superseded() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = deployed(kind);
        // `a` was moved before there was a step, and counts as verified.
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let config = &stage.config;
        let back = Request::rollback(name("prod"), wanted('a'), actor("bob"));
        let second = async {
            until(&ports, "prod", deploying('b')).await;
            ports.clock.sleep(Duration::from_secs(10)).await;
            let rolling = run(&ports, config, past(back, &["deploying"]));
            let open = async {
                until(&ports, "prod", deploying('a')).await;
                steps.open.store(true, Ordering::SeqCst);
            };
            join(rolling, open).await.0
        };
        let (first, second) = block_on(join(run(&ports, config, to('b', "ann")), second));
        let (first, second) = (done(first), done(second));
        assert_eq!((second.result, second.exit), (OutcomeResult::Succeeded, ExitStatus::Ok));
        assert_eq!((first.result, first.exit), (OutcomeResult::Superseded, ExitStatus::DeployFailed));
        assert_eq!(back_from(&stage, &first), None, "what is there is not what it moved");
        let lost = first.lost.unwrap();
        assert_eq!((lost.how, lost.by.as_str()), (Loss::Superseded, "bob"));
        // Its step heard of it, and never ran beside the other one.
        assert_eq!(steps.most.load(Ordering::SeqCst), 1);
        assert_eq!(steps.ends.lock().unwrap()[0], ("ann".to_owned(), StepEnd::Interrupted));
        assert_eq!(stage.target("prod"), Some(content('a')));
        check(&stage, "prod", "after the rollback");
        let told = block_on(history(&ports.view(), config, &[name("prod")], None, 10)).unwrap();
        let results: Vec<EntryResult> = told.entries.iter().map(|entry| entry.result).collect();
        assert_eq!(results[..2], [EntryResult::RolledBack, EntryResult::Superseded]);
        assert!(told.entries[0].overrides.contains(&"deploying".to_owned()), "the record says so");
        assert_eq!(told.entries[1].why.as_deref(), Some("superseded by bob"));
        assert_eq!(stage.state("prod").rolled_back, [commit('b')]);
    }
}

#[test]
fn of_two_who_overtake_at_once_one_does_and_the_other_is_told() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = deployed(kind);
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let config = &stage.config;
        let others = async {
            until(&ports, "prod", deploying('b')).await;
            let both = ['c', 'd'].map(|digit| past(to(digit, &format!("by-{digit}")), &["deploying"]));
            let open = async {
                until(&ports, "prod", |state| deploying('c')(state) || deploying('d')(state)).await;
                steps.open.store(true, Ordering::SeqCst);
            };
            join(join_all(both.map(|request| run(&ports, config, request))), open).await.0
        };
        let (first, others) = block_on(join(run(&ports, config, to('b', "ann")), others));
        assert_eq!(done(first).exit, ExitStatus::DeployFailed);
        let won = others.iter().filter(|end| matches!(end, End::Done(done) if done.exit == ExitStatus::Ok));
        assert_eq!(won.count(), 1, "{others:?}");
        let told = others.iter().any(|end| {
            matches!(end, End::Refused(_))
                || matches!(end, End::Failed(one) if one.exit == ExitStatus::Conflict)
        });
        assert!(told, "{others:?}");
        check(&stage, "prod", "after two overtook");
        assert_eq!(steps.most.load(Ordering::SeqCst), 1, "steps never ran side by side");
    }
}

/// A deployment whose process is gone: moved, and nobody runs its steps.
fn left(kind: MemoryKind) -> Stage {
    let stage = deployed(kind);
    let ports = stage.ports();
    let request = to('b', "ann");
    let moved = block_on(async {
        let (snapshot, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
        let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
        carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::No).await
    });
    assert!(moved.is_ok());
    stage
}

#[test]
fn overtaking_survives_every_fault_at_every_call() {
    let mut cases = 0;
    let kinds =
        [("local", MemoryKind::local_like()), ("s3", MemoryKind::s3_like()), ("gcs", MemoryKind::gcs_like())];
    for (store, kind) in kinds {
        for n in 1..30 {
            for fault in
                [Fault::AnswerLost, Fault::Late, Fault::CrashBefore, Fault::CrashAfter, Fault::CrashInFlight]
            {
                let what = format!("{store}, overtaking, call {n}, {fault:?}");
                let stage = left(kind.clone());
                let plan = FaultPlan::new().with(n, fault);
                let ports =
                    stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
                let request = past(to('c', "bob"), &["deploying"]);
                let _ = block_on(plan.survive(run(&ports, &stage.config, request)));
                check(&stage, "prod", &what);
                stage.clock.advance(Duration::from_secs(120));
                // Whatever is left is open, being deployed, or at its end: all of it is gone on with.
                let end = block_on(crate::stage::resume(&stage.ports(), &stage.config, "prod", "cem"));
                assert!(matches!(end, End::Done(_) | End::Nothing), "{what}: {end:?}");
                block_on(plan.deliver());
                if stage.state("prod").open.is_some() {
                    stage.clock.advance(Duration::from_secs(120));
                    let _ = block_on(crate::stage::resume(&stage.ports(), &stage.config, "prod", "dan"));
                }
                crate::invariants::at_rest(&stage, "prod", &what);
                // No commit with steps is followed by another promotion without its end.
                let mut committed = None;
                for head in records(&stage, "prod") {
                    match head.record.kind {
                        Kind::Commit if head.state().current.as_ref().unwrap().follows => {
                            committed = Some(head.id);
                        }
                        Kind::Outcome => committed = None,
                        Kind::Intent => assert_eq!(committed, None, "{what}"),
                        _ => {}
                    }
                }
                cases += 1;
            }
        }
    }
    println!("overtaking matrix: {cases} cases, 0 violations");
}

#[test]
fn what_nobody_waits_for_closes_the_lane_until_it_is_resumed() {
    let stage = left(MemoryKind::s3_like());
    let ports = stage.ports();
    let refused = block_on(refusal(&ports, &stage.config, &past(to('c', "bob"), &[])));
    let unmet = refused.plan.findings.iter().find(|one| !one.passes()).unwrap();
    assert!(unmet.detail.contains("have not run yet"), "{unmet:?}");
    // Nobody runs its steps, so nobody is taken over from: no age is waited for.
    let request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
    let request = block_on(resuming(&ports.view(), &stage.config, request)).unwrap();
    let end = block_on(run(&ports, &stage.config, request));
    assert_eq!(done(end).exit, ExitStatus::Ok);
    assert!(matches!(block_on(run(&ports, &stage.config, past(to('c', "bob"), &[]))), End::Done(_)));
}

#[test]
fn a_deployment_whose_time_is_over_is_overtaken_and_ends_as_superseded() {
    let stage = left(MemoryKind::s3_like());
    // The step's minute, and the five that are granted.
    stage.clock.advance(Duration::from_secs(6 * 60));
    let end = block_on(run(&stage.ports(), &stage.config, past(to('c', "bob"), &[])));
    assert_eq!(done(end).exit, ExitStatus::Ok);
    let told = block_on(history(&stage.ports().view(), &stage.config, &[name("prod")], None, 10)).unwrap();
    let results: Vec<EntryResult> = told.entries.iter().map(|entry| entry.result).collect();
    assert_eq!(results[..2], [EntryResult::Promoted, EntryResult::Superseded]);
}

#[test]
fn where_pipelines_supersede_by_themselves_a_newer_promotion_may_overtake() {
    let mut stage = left(MemoryKind::s3_like());
    let prod = stage.config.environments.get_mut(&name("prod")).unwrap();
    prod.while_deploying = promote_core::config::WhileDeploying::Supersede;
    let end = block_on(run(&stage.ports(), &stage.config, past(to('c', "bob"), &[])));
    let second = done(end);
    assert_eq!(second.exit, ExitStatus::Ok);
    let found = second.plan.findings.iter().find(|one| one.rule == "deploying").unwrap();
    assert!(found.passes() && found.detail.contains("`while-deploying`"), "{found:?}");
    let outcomes: Vec<OutcomeResult> = records(&stage, "prod")
        .iter()
        .filter_map(|head| head.record.outcome.as_ref().map(|outcome| outcome.result))
        .collect();
    assert_eq!(outcomes, [OutcomeResult::Superseded, OutcomeResult::Succeeded]);
}

#[test]
fn what_was_decided_before_the_deployment_ended_is_told_so() {
    let stage = left(MemoryKind::s3_like());
    let (ports, request) = (stage.ports(), past(to('c', "bob"), &["deploying"]));
    let (snapshot, decision) = block_on(decide(&ports.view(), &stage.config, &request)).unwrap();
    let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
    let end = block_on(crate::stage::resume(&ports, &stage.config, "prod", "ann"));
    assert_eq!(done(end).exit, ExitStatus::Ok);
    let told = block_on(carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::Yes)).unwrap_err();
    assert_eq!(told.exit, ExitStatus::Conflict, "{told}");
    assert_eq!(stage.target("prod"), Some(content('b')));
}
