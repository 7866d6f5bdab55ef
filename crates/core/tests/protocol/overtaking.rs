//! Overtaking a deployment that was taken up between looking at it and recording its end: what counts is the record that
//! the end really follows.

use crate::gate::{Gated, deployed, ports, until};
use crate::invariants::check;
use crate::stage::{End, Stage, actor, commit, content, name, resume, run, wanted};
use futures_executor::block_on;
use futures_util::future::join;
use promote_core::exit::ExitStatus;
use promote_core::flow::{Wait, carry_out, decide};
use promote_core::ledger::{OutcomeResult, Override};
use promote_core::lookout::Loss;
use promote_core::plan::Decision;
use promote_core::port::StepEnd;
use promote_core::ports::Ports;
use promote_core::request::Request;
use promote_testing::memory::MemoryKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A move whose steps nobody runs yet, and steps that wait.
fn left(kind: MemoryKind) -> (Stage, Gated, Ports) {
    let stage = deployed(kind);
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    block_on(async {
        let (snapshot, decision) = decide(&ports.view(), &stage.config, &request).await.unwrap();
        let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
        carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::No).await.unwrap();
    });
    (stage, steps, ports)
}

/// Another release, past these rules.
fn past(rules: &[&str]) -> Request {
    let mut request = Request::promote(name("prod"), wanted('c'), actor("bob"));
    let reason = "an emergency".to_owned();
    request.overrides =
        rules.iter().map(|rule| Override { rule: (*rule).to_owned(), reason: reason.clone() }).collect();
    request.reason = Some(reason);
    request
}

/// Waits, in virtual time, until a step runs.
async fn running(ports: &Ports, steps: &Gated) {
    while steps.running.load(Ordering::SeqCst) == 0 {
        ports.clock.sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn what_was_resumed_after_the_look_is_waited_for_before_anything_runs() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let (stage, steps, ports) = left(kind);
        let config = &stage.config;
        let request = past(&["from", "order", "deploying"]);
        let (snapshot, decision) = block_on(decide(&ports.view(), config, &request)).unwrap();
        let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
        let overtaking = async {
            running(&ports, &steps).await;
            let going = carry_out(&ports, config, &plan, &snapshot, &request, Wait::Yes);
            let open = async {
                until(&ports, "prod", |state| {
                    state.open.is_none() && state.release().is_some_and(|there| there.commit == commit('c'))
                })
                .await;
                steps.open.store(true, Ordering::SeqCst);
            };
            join(going, open).await.0
        };
        let (resumed, second) = block_on(join(resume(&ports, config, "prod", "cem"), overtaking));
        assert_eq!(steps.most.load(Ordering::SeqCst), 1, "steps never ran side by side");
        let second = second.unwrap();
        assert_eq!((second.result, second.exit), (OutcomeResult::Succeeded, ExitStatus::Ok));
        let End::Done(resumed) = resumed else { panic!("{resumed:?}") };
        assert_eq!(resumed.lost.map(|lost| (lost.how, lost.by)), Some((Loss::Superseded, "bob".to_owned())));
        assert_eq!(steps.ends.lock().unwrap()[0], ("cem".to_owned(), StepEnd::Interrupted));
        assert_eq!(stage.target("prod"), Some(content('c')));
        check(&stage, "prod", "after it was overtaken");
    }
}

#[test]
fn what_was_free_to_be_overtaken_is_not_once_somebody_resumed_it() {
    let (stage, steps, ports) = left(MemoryKind::s3_like());
    let config = &stage.config;
    // The step's minute, and the five that are granted: nobody has to let it be overtaken.
    stage.clock.advance(Duration::from_secs(6 * 60));
    let request = past(&["from", "order"]);
    let (snapshot, decision) = block_on(decide(&ports.view(), config, &request)).unwrap();
    let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
    let late = async {
        running(&ports, &steps).await;
        let told = carry_out(&ports, config, &plan, &snapshot, &request, Wait::Yes).await;
        steps.open.store(true, Ordering::SeqCst);
        told
    };
    let (resumed, told) = block_on(join(resume(&ports, config, "prod", "cem"), late));
    let told = told.unwrap_err();
    assert_eq!(told.exit, ExitStatus::Conflict, "{told}");
    assert!(told.to_string().contains("cem"), "{told}");
    let End::Done(resumed) = resumed else { panic!("{resumed:?}") };
    assert_eq!(resumed.result, OutcomeResult::Succeeded);
    assert_eq!(stage.target("prod"), Some(content('b')));
    // As it lies now, the plan is made anew and goes through.
    assert!(matches!(block_on(run(&ports, config, request)), End::Done(_)));
}
