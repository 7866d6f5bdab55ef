//! Requests that something on the way repeats: what a rollback brought back stays, on every kind of store; and the
//! wait for that, which no machine's clock can shorten or lengthen.

use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, content, name, resume, run, wanted};
use chrono::{DateTime, TimeDelta, Utc};
use futures_executor::block_on;
use promote_core::event::{Event, Events};
use promote_core::ledger::{Action, Override};
use promote_core::port::{Clock, CopyGuard};
use promote_core::ports::Ports;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::{MemoryKind, VirtualClock};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Lets what is on its way arrive while somebody waits, three seconds into the wait; and somebody sets the machine's
/// clock meanwhile.
#[derive(Debug)]
struct Meanwhile {
    inner: VirtualClock,
    plan: FaultPlan,
    set_by: TimeDelta,
    off: Mutex<TimeDelta>,
}

impl Meanwhile {
    fn new(stage: &Stage, plan: &FaultPlan, set_by: TimeDelta) -> Arc<Self> {
        let off = Mutex::new(TimeDelta::zero());
        Arc::new(Self { inner: stage.clock.clone(), plan: plan.clone(), set_by, off })
    }
}

#[async_trait::async_trait]
impl Clock for Meanwhile {
    fn now(&self) -> DateTime<Utc> {
        self.inner.now() + *self.off.lock().unwrap()
    }

    fn steady(&self) -> Duration {
        self.inner.steady()
    }

    async fn sleep(&self, span: Duration) {
        let first = Duration::from_secs(3).min(span);
        self.inner.sleep(first).await;
        drop(self.plan.deliver().await);
        *self.off.lock().unwrap() += self.set_by;
        self.inner.sleep(span - first).await;
    }
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<Event>>);

impl Events for Heard {
    fn hear(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    /// How long was waited for what, in seconds.
    fn waits(&self) -> Vec<(u64, String)> {
        let heard = self.0.lock().unwrap();
        let waits = heard.iter().filter_map(|event| match event {
            Event::Waiting { seconds, why, .. } => Some((*seconds, why.clone())),
            _ => None,
        });
        waits.collect()
    }
}

fn kinds() -> [MemoryKind; 5] {
    [
        MemoryKind::local_like(),
        MemoryKind::s3_like(),
        MemoryKind::gcs_like(),
        MemoryKind::without_conditional_copy(CopyGuard::ConditionalComplete),
        MemoryKind::without_conditional_copy(CopyGuard::ConditionalPut),
    ]
}

/// Promotes b to prod with its `n`th call repeated later.
fn promoted(stage: &Stage, n: usize) -> FaultPlan {
    let plan = FaultPlan::new().with(n, Fault::Repeated);
    let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
    let end = block_on(run(&ports, &stage.config, Request::promote(name("prod"), wanted('b'), actor("ann"))));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    plan
}

/// How many calls a promotion takes.
fn calls(kind: &MemoryKind) -> usize {
    promoted(&Stage::ready(kind.clone()), usize::MAX).calls()
}

fn back(ports: &Ports, stage: &Stage) -> End {
    block_on(run(
        ports,
        &stage.config,
        Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over(),
    ))
}

#[test]
fn a_request_that_is_repeated_after_a_rollback_does_not_undo_it() {
    for kind in kinds() {
        for n in 1..=calls(&kind) {
            // It arrives while the rollback waits, if it waits, or else when it has ended.
            let stage = Stage::ready(kind.clone());
            let plan = promoted(&stage, n);
            let heard = Arc::new(Heard::default());
            let clock = Meanwhile::new(&stage, &plan, TimeDelta::zero());
            let ports = Ports { clock, events: Arc::clone(&heard) as Arc<dyn Events>, ..stage.ports() };
            let end = back(&ports, &stage);
            assert!(matches!(end, End::Done(_)), "{kind:?} {n}: {end:?}");
            at_rest(&stage, "prod", "after the rollback");
            drop(block_on(plan.deliver()));
            assert_eq!(stage.target("prod"), Some(content('a')), "{kind:?}: call {n} came again");
        }
    }
}

#[test]
fn a_repeated_request_that_comes_when_the_rollback_has_ended_is_refused() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        for n in 1..=calls(&kind) {
            let stage = Stage::ready(kind.clone());
            let plan = promoted(&stage, n);
            assert!(matches!(back(&stage.ports(), &stage), End::Done(_)));
            drop(block_on(plan.deliver()));
            at_rest(&stage, "prod", "after the repetition");
        }
    }
}

#[test]
fn a_rollback_puts_the_release_back_at_once_and_says_how_long_it_may_be_undone() {
    let stage = Stage::ready(MemoryKind::s3_like());
    promoted(&stage, usize::MAX);
    stage.clock.advance(Duration::from_secs(20));
    let heard = Arc::new(Heard::default());
    let ports = Ports { events: Arc::clone(&heard) as Arc<dyn Events>, ..stage.ports() };
    assert!(matches!(back(&ports, &stage), End::Done(_)));
    let waits = heard.waits();
    let [(seconds, why)] = waits.as_slice() else { panic!("{waits:?}") };
    assert!((39..=40).contains(seconds) && why.contains("could undo"), "{seconds} {why}");
    let events = heard.0.lock().unwrap();
    let place = |wanted: fn(&Event) -> bool| events.iter().position(wanted).unwrap();
    let moved = place(|event| matches!(event, Event::Moved { .. }));
    assert!(moved < place(|event| matches!(event, Event::Waiting { .. })), "written first, then waited");
}

#[test]
fn nobody_waits_where_no_token_comes_back_or_what_came_before_is_long_over() {
    let waited = |kind: MemoryKind, later: u64, digit: Option<char>| {
        let stage = Stage::ready(kind);
        promoted(&stage, usize::MAX);
        stage.clock.advance(Duration::from_secs(later));
        let heard = Arc::new(Heard::default());
        let ports = Ports { events: Arc::clone(&heard) as Arc<dyn Events>, ..stage.ports() };
        let begun = stage.clock.steady();
        let request = match digit {
            None => Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over(),
            Some(digit) => {
                assert!(matches!(stage.to("staging", digit), End::Done(_)));
                Request::promote(name("prod"), wanted(digit), actor("bob"))
            }
        };
        assert!(matches!(block_on(run(&ports, &stage.config, request)), End::Done(_)));
        assert_eq!(heard.waits(), [], "{later} {digit:?}");
        assert_eq!(stage.clock.steady(), begun);
    };
    waited(MemoryKind::local_like(), 0, None);
    waited(MemoryKind::gcs_like(), 0, None);
    waited(MemoryKind::s3_like(), 61, None);
    waited(MemoryKind::s3_like(), 0, Some('c'));
}

/// How long was waited in a move of `digit` to prod.
fn waits(stage: &Stage, digit: char, action: Action) -> Vec<u64> {
    let heard = Arc::new(Heard::default());
    let ports = Ports { events: Arc::clone(&heard) as Arc<dyn Events>, ..stage.ports() };
    let mut request = Request { action, ..Request::promote(name("prod"), wanted(digit), actor("ann")) };
    for rule in ["order", "from", "rolled-back"] {
        let reason = "back and forth".to_owned();
        request.overrides.push(Override { rule: rule.to_owned(), reason });
    }
    let end = block_on(run(&ports, &stage.config, request));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    heard.waits().into_iter().map(|(seconds, _)| seconds).collect()
}

#[test]
fn what_comes_back_waits_for_what_replaced_it_and_nothing_else_does() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let later = |seconds| stage.clock.advance(Duration::from_secs(seconds));
    let none: [u64; 0] = [];
    assert_eq!(waits(&stage, 'b', Action::Promote), none);
    assert_eq!(waits(&stage, 'b', Action::Redeploy), none, "the same again");
    later(30);
    assert_eq!(waits(&stage, 'c', Action::Promote), none, "on to another");
    later(10);
    // What replaced b is alive for 50 s more; a was replaced 40 s ago, and lives 20 s at most.
    assert_eq!(waits(&stage, 'd', Action::Promote), none);
    let replaced = waits(&stage, 'b', Action::Promote);
    assert!(matches!(replaced[..], [50..=60]), "{replaced:?}");
    later(70);
    assert_eq!(waits(&stage, 'd', Action::Promote), none, "all that is long over");
}

#[test]
fn what_was_taken_back_without_a_commit_waits_when_it_comes_again() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let dead = FaultPlan::new().with(copy(&MemoryKind::s3_like()), Fault::CrashAfter);
    let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), dead.clone())));
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    assert!(block_on(dead.survive(run(&ports, &stage.config, request))).is_none());
    assert!(matches!(back(&stage.ports(), &stage), End::Done(_)));
    // The copy that put a back in place of b may come once more.
    let other = waits(&stage, 'c', Action::Promote);
    assert!(other.is_empty(), "{other:?}");
    let again = waits(&stage, 'b', Action::Promote);
    assert!(matches!(again[..], [1..=60]), "{again:?}");
}

#[test]
fn a_rollback_that_is_killed_while_it_waits_is_finished_by_another() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let plan = promoted(&stage, copy(&MemoryKind::s3_like()));
    // Killed at the first look after the wait, in which the copy comes once more.
    let calls = {
        let other = Stage::ready(MemoryKind::s3_like());
        promoted(&other, usize::MAX);
        let counted = FaultPlan::new();
        let ports = other.ports_on(Arc::new(Faulty::around(Arc::new(other.bucket.clone()), counted.clone())));
        assert!(matches!(back(&ports, &other), End::Done(_)));
        counted.calls()
    };
    let dead = FaultPlan::new().with(calls - 1, Fault::CrashBefore);
    let clock = Meanwhile::new(&stage, &plan, TimeDelta::zero());
    let faulty = Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), dead.clone()));
    let ports = Ports { clock, ..stage.ports_on(faulty) };
    let request = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
    assert!(block_on(dead.survive(run(&ports, &stage.config, request))).is_none());
    assert_eq!(stage.state("prod").open.map(|open| open.by), Some("bob".to_owned()));
    assert!(matches!(block_on(resume(&stage.ports(), &stage.config, "prod", "cas")), End::Done(_)));
    assert_eq!(stage.target("prod"), Some(content('a')));
    at_rest(&stage, "prod", "after the other one");
}

/// The number of the copy among the calls.
fn copy(kind: &MemoryKind) -> usize {
    (1..calls(kind))
        .find(|n| {
            let stage = Stage::ready(kind.clone());
            let plan = FaultPlan::new().with(*n, Fault::CrashAfter);
            let ports =
                stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
            let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
            let _ = block_on(plan.survive(run(&ports, &stage.config, request)));
            stage.target("prod") == Some(content('b'))
        })
        .unwrap()
}

#[test]
fn setting_the_machines_clock_while_it_waits_changes_nothing() {
    let took = |set_by: TimeDelta| {
        let stage = Stage::ready(MemoryKind::s3_like());
        let dead = FaultPlan::new().with(copy(&MemoryKind::s3_like()), Fault::CrashInFlight);
        let ports = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), dead.clone())));
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        assert!(block_on(dead.survive(run(&ports, &stage.config, request))).is_none());
        let begun = stage.clock.steady();
        let clock = Meanwhile::new(&stage, &FaultPlan::new(), set_by);
        let end = back(&Ports { clock, ..stage.ports() }, &stage);
        assert!(matches!(end, End::Done(_)), "{set_by}: {end:?}");
        assert!(block_on(dead.deliver()).iter().all(Result::is_err));
        stage.clock.steady() - begun
    };
    let right = took(TimeDelta::zero());
    assert_eq!(right, Duration::from_secs(60));
    for set_by in [TimeDelta::seconds(-30), TimeDelta::days(-2), TimeDelta::days(2)] {
        assert_eq!(took(set_by), right, "{set_by}");
    }
}
