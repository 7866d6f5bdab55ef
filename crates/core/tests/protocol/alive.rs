//! Signs of life: what takes longer than the hint is not taken over as long as its process lives, and is as soon as it is
//! gone; and whoever only comes too late is not told that somebody took over.

use crate::gate::{Gated, deployed, ports, step, until};
use crate::invariants::{at_rest, check};
use crate::stage::{End, Stage, actor, commit, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::{Either, join, select};
use promote_core::advance::Watch;
use promote_core::advance::advance;
use promote_core::config::OnFailure;
use promote_core::exit::ExitStatus;
use promote_core::flow::{Wait, carry_out, decide, finish, resuming};
use promote_core::ledger::{Kind, OutcomeResult, Override, State};
use promote_core::lookout::Loss;
use promote_core::plan::{Decision, Plan};
use promote_core::port::Clock as _;
use promote_core::ports::Ports;
use promote_core::report::{check_ledger, status};
use promote_core::request::{Request, TakeOver, Wanted};
use promote_testing::memory::MemoryKind;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub fn to_b() -> Request {
    Request::promote(name("prod"), wanted('b'), actor("ann"))
}

pub async fn resume(ports: &Ports, stage: &Stage) -> End {
    let request = Request {
        take_over: TakeOver::WhenStale,
        ..Request::promote(name("prod"), Wanted::Unnamed, actor("bob"))
    };
    let request = resuming(&ports.view(), &stage.config, request).await.unwrap();
    run(ports, &stage.config, request).await
}

pub fn signs(stage: &Stage) -> usize {
    stage.bucket.keys().iter().filter(|key| key.as_str().contains("/lanes/prod/alive/")).count()
}

/// A stage whose prod has a step in this phase.
pub fn with(phase: &str, kind: MemoryKind) -> Stage {
    match phase {
        "deploy" => deployed(kind),
        _ => {
            let mut stage = Stage::ready(kind);
            stage.config.environments.get_mut(&name("prod")).unwrap().prepare = vec![step("./migrate")];
            stage
        }
    }
}

pub fn under_way(state: &State) -> bool {
    let current = state.current.as_ref();
    state.open.is_some() || current.is_some_and(|one| one.follows && one.outcome.is_none())
}

#[test]
fn what_takes_longer_than_the_hint_is_not_taken_over_while_its_process_lives() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        for phase in ["prepare", "deploy"] {
            let stage = with(phase, kind.clone());
            let steps = Gated::new(&stage);
            let ports = ports(&stage, &steps);
            let others = async {
                until(&ports, "prod", under_way).await;
                for _ in 0..12 {
                    ports.clock.sleep(Duration::from_secs(25)).await;
                    let end = resume(&ports, &stage).await;
                    assert!(matches!(end, End::Refused(_)), "{phase}: {end:?}");
                    let shown = status(&ports.view(), &stage.config, &[name("prod")], &actor("bob")).await;
                    let shown = shown.unwrap().environments.remove(0);
                    let (alive, last_s) = match (&shown.open, &shown.deploying) {
                        (Some(open), _) => (open.alive, open.last_s),
                        (_, Some(deploying)) => (deploying.alive, deploying.last_s),
                        _ => panic!("{shown:?}"),
                    };
                    assert!(alive && last_s <= 40, "{phase}: {last_s}");
                }
                assert!((8..20).contains(&signs(&stage)), "{phase}: {} in five minutes", signs(&stage));
                steps.open.store(true, Ordering::SeqCst);
            };
            let (first, ()) = block_on(join(run(&ports, &stage.config, to_b()), others));
            let End::Done(first) = first else { panic!("{phase}: {first:?}") };
            assert_eq!(first.exit, ExitStatus::Ok);
            at_rest(&stage, "prod", "after the deployment");
            let lanes: Vec<_> = stage.config.lanes.iter().map(|lane| lane.name.clone()).collect();
            let found = block_on(check_ledger(ports.ledger.reader(), &lanes)).unwrap();
            assert!(found.intact(), "{found:?}");
        }
    }
}

#[test]
fn as_soon_as_the_process_is_gone_for_a_minute_it_is_taken_over_and_the_signs_go_on() {
    for phase in ["prepare", "deploy"] {
        let stage = with(phase, MemoryKind::s3_like());
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        block_on(async {
            let first = pin!(run(&ports, &stage.config, to_b()));
            let killed = pin!(ports.clock.sleep(Duration::from_secs(130)));
            match select(first, killed).await {
                Either::Left((end, _)) => panic!("{phase}: {end:?}"),
                // What was running is dropped here, and says nothing more.
                Either::Right(_) => {}
            }
        });
        // What was killed has left its step's place.
        steps.running.store(0, Ordering::SeqCst);
        let before = signs(&stage);
        assert!(before >= 4, "{phase}: {before}");
        stage.clock.advance(Duration::from_secs(30));
        let end = block_on(resume(&ports, &stage));
        assert!(matches!(end, End::Refused(_)), "{phase}: {end:?}");
        stage.clock.advance(Duration::from_secs(35));
        let open = async {
            ports.clock.sleep(Duration::from_secs(100)).await;
            steps.open.store(true, Ordering::SeqCst);
        };
        let (second, ()) = block_on(join(resume(&ports, &stage), open));
        let End::Done(second) = second else { panic!("{phase}: {second:?}") };
        assert_eq!(second.exit, ExitStatus::Ok);
        assert!(signs(&stage) > before, "{phase}: who took over lives as well");
        at_rest(&stage, "prod", "after the take-over");
    }
}

#[test]
fn what_is_done_soon_gives_no_sign() {
    let stage = deployed(MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let open = async {
        until(&ports, "prod", under_way).await;
        ports.clock.sleep(Duration::from_secs(15)).await;
        steps.open.store(true, Ordering::SeqCst);
    };
    let (first, ()) = block_on(join(run(&ports, &stage.config, to_b()), open));
    assert!(matches!(first, End::Done(_)), "{first:?}");
    assert_eq!(signs(&stage), 0);
}

/// Nobody watches.
struct Nobody;

impl Watch for Nobody {
    fn begins(&self, _plan: &Plan) {}
    fn ends(&self) {}
}

#[test]
fn automation_is_told_to_wait_for_who_is_at_work_and_to_go_on_with_what_was_left() {
    for phase in ["prepare", "deploy"] {
        let mut stage = with(phase, MemoryKind::s3_like());
        stage.config.environments.get_mut(&name("prod")).unwrap().auto = true;
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let ask = || async {
            let told =
                advance(&ports, &stage.config, &[name("prod")], &actor("ci"), false, &Nobody).await.unwrap();
            assert_eq!(told[0].result, "busy", "{told:?}");
            told[0].why.join(" ")
        };
        block_on(async {
            let first = pin!(run(&ports, &stage.config, to_b()));
            let others = async {
                until(&ports, "prod", under_way).await;
                ports.clock.sleep(Duration::from_secs(150)).await;
                let why = ask().await;
                assert!(why.contains("wait for its end") && !why.contains("resume"), "{why}");
            };
            match select(first, pin!(others)).await {
                Either::Left((end, _)) => panic!("{phase}: {end:?}"),
                Either::Right(_) => {}
            }
        });
        stage.clock.advance(Duration::from_secs(100));
        let why = block_on(ask());
        assert!(why.contains("`promote resume prod`") && !why.contains("wait"), "{why}");
    }
}

/// What somebody comes to who resumes past the rule `deploying`, having looked just before the first one was done.
fn too_late(stage: &Stage, open: bool) -> (End, End) {
    let steps = Gated::new(stage);
    let ports = ports(stage, &steps);
    let request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
    let late = async {
        until(&ports, "prod", |state| state.open.is_none() && under_way(state)).await;
        ports.clock.sleep(Duration::from_secs(3)).await;
        let mut request = resuming(&ports.view(), &stage.config, request).await.unwrap();
        let reason = "its machine is gone".to_owned();
        request.overrides.push(Override { rule: "deploying".to_owned(), reason });
        let (snapshot, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
        let Decision::NothingToDo(nothing) = decision else { panic!("{decision:?}") };
        assert!(nothing.pending);
        steps.open.store(open, Ordering::SeqCst);
        until(&ports, "prod", |state| state.current.as_ref().is_some_and(|one| one.outcome.is_some())).await;
        finish(&ports, &stage.config, &nothing, &snapshot, &request).await
    };
    let (first, late) = block_on(join(run(&ports, &stage.config, to_b()), late));
    let late = late.map_or_else(End::Failed, |done| End::Done(Box::new(done)));
    (first, late)
}

#[test]
fn whoever_resumes_when_the_first_one_is_just_done_is_told_how_it_ended() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = deployed(kind);
        let (first, late) = too_late(&stage, true);
        let (End::Done(first), End::Done(late)) = (&first, &late) else { panic!("{first:?} {late:?}") };
        assert_eq!((first.exit, late.exit), (ExitStatus::Ok, ExitStatus::Ok));
        assert_eq!(late.lost.as_ref().unwrap().how, Loss::Ended(OutcomeResult::Succeeded));
        assert!(late.steps.is_empty(), "nothing ran twice");
        at_rest(&stage, "prod", "after both");
    }
}

#[test]
fn whoever_resumes_when_the_first_one_has_just_failed_leaves_going_back_to_it() {
    let mut stage = deployed(MemoryKind::s3_like());
    let prod = stage.config.environments.get_mut(&name("prod")).unwrap();
    prod.on_failure = OnFailure::Rollback;
    // The gate stays shut, and the step's time is over.
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let end = block_on(async {
        let first = pin!(run(&ports, &stage.config, to_b()));
        let late = pin!(until(&ports, "prod", |state| state.open.is_none() && under_way(state)));
        let Either::Right(_) = select(first, late).await else { panic!("it ended") };
        let request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
        let request = resuming(&ports.view(), &stage.config, request.taking_over()).await.unwrap();
        let (snapshot, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
        let Decision::NothingToDo(nothing) = decision else { panic!("{decision:?}") };
        let head = snapshot.head.clone().unwrap();
        let settings = &stage.config.environments[&name("prod")];
        let genesis = snapshot.genesis.clone();
        let ann = to_b();
        let writer = promote_core::apply::Writer::new(&ports, &genesis, settings, &ann);
        promote_core::flow::outcome(&writer, head, OutcomeResult::Failed, &[]).await.unwrap();
        finish(&ports, &stage.config, &nothing, &snapshot, &request).await
    });
    let done = end.unwrap();
    assert_eq!((done.result, done.exit), (OutcomeResult::Failed, ExitStatus::DeployFailed));
    assert!(done.undone.is_none(), "{done:?}");
    assert_eq!(stage.state("prod").release().unwrap().commit, commit('b'));
    check(&stage, "prod", "after both");
}

#[test]
fn of_two_who_take_over_at_once_one_runs_the_steps_and_the_other_is_told_who() {
    let stage = deployed(MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    block_on(async {
        let first = pin!(run(&ports, &stage.config, to_b()));
        let late = pin!(until(&ports, "prod", |state| state.open.is_none() && under_way(state)));
        let Either::Right(_) = select(first, late).await else { panic!("it ended") };
    });
    steps.running.store(0, Ordering::SeqCst);
    steps.open.store(true, Ordering::SeqCst);
    let taker = |who: &'static str| {
        let (ports, stage) = (&ports, &stage);
        async move {
            let request = Request::promote(name("prod"), Wanted::Unnamed, actor(who)).taking_over();
            let request = resuming(&ports.view(), &stage.config, request).await.unwrap();
            run(ports, &stage.config, request).await
        }
    };
    let (bob, cem) = block_on(join(taker("bob"), taker("cem")));
    let (done, lost) = if matches!(bob, End::Done(_)) { (bob, cem) } else { (cem, bob) };
    assert!(matches!(&done, End::Done(done) if done.exit == ExitStatus::Ok), "{done:?}");
    let End::Failed(told) = lost else { panic!("{lost:?}") };
    assert_eq!(told.exit, ExitStatus::Conflict);
    assert!(told.to_string().starts_with("the deployment of prod was taken over by "), "{told}");
    at_rest(&stage, "prod", "after both");
}

#[test]
fn a_wait_for_late_requests_shows_life_too() {
    let stage = Stage::ready(MemoryKind::s3_like());
    // `a` comes back right after `b` came: what the first move sent may live, which is waited for.
    let request = to_b();
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, request)), End::Done(_)));
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("ann"));
    let (snapshot, decision) = block_on(decide(&ports.view(), &stage.config, &back)).unwrap();
    let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
    let begun = stage.clock.now();
    block_on(carry_out(&ports, &stage.config, &plan, &snapshot, &back, Wait::Yes)).unwrap();
    let waited = (stage.clock.now() - begun).num_seconds();
    assert!(waited >= 50, "{waited}");
    assert!(signs(&stage) >= 2, "{} in {waited} s", signs(&stage));
    let kinds: Vec<Kind> =
        crate::invariants::records(&stage, "prod").iter().map(|head| head.record.kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], [Kind::Intent, Kind::Commit], "beside the records, not among them");
}
