//! Everything is frozen: before a promotion, and while one is under way.

use crate::alive::{resume, to_b, with};
use crate::gate::{Gated, ports, until};
use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, content, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::{join, select};
use promote_core::exit::ExitStatus;
use promote_core::ledger::Override;
use promote_core::marks::{ProjectMark, say_of_all};
use promote_core::port::Clock as _;
use promote_core::ports::Ports;
use promote_core::report::{check_ledger, history, status};
use promote_core::request::Request;
use promote_testing::memory::MemoryKind;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

const FREEZE: ProjectMark = ProjectMark::Freeze { until: None, link: None };

fn say(stage: &Stage, ports: &Ports, mark: &ProjectMark) -> Option<u32> {
    block_on(say_of_all(ports, &stage.config, &actor("bob"), mark, Some("INC-91"))).unwrap()
}

#[test]
fn every_environment_is_closed_until_it_is_lifted_or_ends() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = Stage::ready(kind);
        let ports = stage.ports();
        assert_eq!(say(&stage, &ports, &ProjectMark::Unfreeze), None);
        assert_eq!(say(&stage, &ports, &FREEZE), Some(1));
        for (environment, digit) in [("staging", 'd'), ("prod", 'b')] {
            let End::Refused(why) = stage.to(environment, digit) else { panic!("{environment} moved") };
            assert!(why.contains("everything is frozen"), "{why}");
        }
        let looked = block_on(status(&ports.view(), &stage.config, &[], &actor("ann"))).unwrap();
        assert_eq!(looked.frozen.unwrap().reason, "INC-91");
        assert_eq!(say(&stage, &ports, &ProjectMark::Unfreeze), Some(2));
        assert_eq!(say(&stage, &ports, &ProjectMark::Unfreeze), None);
        let until = Some(stage.clock.now() + Duration::from_secs(3600));
        assert_eq!(say(&stage, &ports, &ProjectMark::Freeze { until, link: None }), Some(3));
        assert!(matches!(stage.to("prod", 'b'), End::Refused(_)));
        stage.clock.advance(Duration::from_secs(3601));
        assert!(matches!(stage.to("prod", 'b'), End::Done(_)));
        let told = block_on(history(&ports.view(), &stage.config, &[], None, 20)).unwrap().freezes;
        assert_eq!(told.iter().map(|one| one.frozen).collect::<Vec<_>>(), [true, false, true]);
        let checked = block_on(check_ledger(ports.ledger.reader(), &[])).unwrap();
        assert!(checked.intact(), "{:?}", checked.ledger.faults);
    }
}

#[test]
fn who_goes_past_it_or_goes_back_is_not_held_up() {
    let stage = Stage::ready(MemoryKind::s3_like());
    assert!(matches!(stage.to("prod", 'b'), End::Done(_)));
    say(&stage, &stage.ports(), &FREEZE);
    let back = Request { reason: None, ..Request::rollback(name("prod"), wanted('a'), actor("ann")) };
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, back)), End::Done(_)));
    let mut request = Request { reason: Some("needed".to_owned()), ..to_b() };
    for rule in ["freeze", "rolled-back"] {
        request.overrides.push(Override { rule: rule.to_owned(), reason: "needed".to_owned() });
    }
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, request)), End::Done(_)));
}

/// Freezes everything as soon as `prepare` runs, and lets it end then.
async fn freezes(ports: &Ports, stage: &Stage, steps: &Gated) {
    until(ports, "prod", |state| state.open.is_some()).await;
    let said = say_of_all(ports, &stage.config, &actor("bob"), &FREEZE, Some("INC-91")).await;
    assert_eq!(said.unwrap(), Some(1));
    steps.open.store(true, Ordering::SeqCst);
}

#[test]
fn what_is_frozen_while_prepare_runs_is_not_written() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = with("prepare", kind);
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let (end, ()) = block_on(join(run(&ports, &stage.config, to_b()), freezes(&ports, &stage, &steps)));
        let End::Failed(failure) = end else { panic!("{end:?}") };
        assert_eq!(failure.exit, ExitStatus::Blocked, "{failure}");
        assert!(failure.state.iter().any(|line| line.contains("No target was written")), "{failure:?}");
        assert_eq!(stage.target("prod"), Some(content('a')));
        assert!(stage.state("prod").open.is_none(), "it was withdrawn");
        at_rest(&stage, "prod", "after everything was frozen");
    }
}

#[test]
fn who_went_past_it_before_prepare_is_not_stopped_by_it_later() {
    let stage = with("prepare", MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    steps.open.store(true, Ordering::SeqCst);
    say(&stage, &ports, &FREEZE);
    let mut request = Request { reason: Some("needed".to_owned()), ..to_b() };
    request.overrides.push(Override { rule: "freeze".to_owned(), reason: "needed".to_owned() });
    assert!(matches!(block_on(run(&ports, &stage.config, request)), End::Done(_)));
}

#[test]
fn an_entry_that_can_not_be_read_closes_everything_and_can_be_lifted() {
    for text in ["", "zz", "{}", r#"{"frozen":false,"frozen":false}"#] {
        let stage = Stage::ready(MemoryKind::s3_like());
        let ports = stage.ports();
        say(&stage, &ports, &FREEZE);
        stage.bucket.put(&".promote/shop/freeze/999997.json".parse().unwrap(), text).unwrap();
        let End::Refused(why) = stage.to("prod", 'b') else { panic!("{text:?}: it moved") };
        assert!(why.contains("can't be read"), "{text:?}: {why}");
        let checked = block_on(check_ledger(ports.ledger.reader(), &[])).unwrap();
        assert!(!checked.intact(), "{text:?}");
        assert_eq!(say(&stage, &ports, &ProjectMark::Unfreeze), Some(3));
        assert!(matches!(stage.to("prod", 'b'), End::Done(_)), "{text:?}");
    }
}

#[test]
fn what_does_not_belong_among_them_closes_everything_and_is_named() {
    let stage = Stage::ready(MemoryKind::s3_like());
    stage.bucket.put(&".promote/shop/freeze/000.txt".parse().unwrap(), "x").unwrap();
    assert!(matches!(stage.to("prod", 'b'), End::Refused(_)));
    let said =
        block_on(say_of_all(&stage.ports(), &stage.config, &actor("bob"), &ProjectMark::Unfreeze, None));
    let failure = said.unwrap_err();
    assert!(failure.to_string().contains("freeze/000.txt"), "{failure}");
}

#[test]
fn an_entry_that_was_changed_or_taken_away_is_found() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let ports = stage.ports();
    for mark in [FREEZE, ProjectMark::Unfreeze, FREEZE] {
        assert!(say(&stage, &ports, &mark).is_some());
    }
    let faults = || block_on(check_ledger(ports.ledger.reader(), &[])).unwrap().ledger.faults;
    assert_eq!(faults(), [""; 0]);
    let first = ".promote/shop/freeze/999998.json".parse().unwrap();
    let text = String::from_utf8(stage.bucket.bytes(&first).unwrap().to_vec()).unwrap();
    stage.bucket.put(&first, text.replace("INC-91", "INC-92")).unwrap();
    assert!(faults().iter().any(|fault| fault.contains("not the one that 2 follows")), "{:?}", faults());
}

/// What is half done is finished, whatever was said since.
#[test]
fn what_was_begun_before_is_gone_on_with() {
    let stage = with("prepare", MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    block_on(async {
        let running = pin!(run(&ports, &stage.config, to_b()));
        let opened = pin!(until(&ports, "prod", |state| state.open.is_some()));
        drop(select(running, opened).await);
    });
    say(&stage, &ports, &FREEZE);
    steps.open.store(true, Ordering::SeqCst);
    stage.clock.advance(Duration::from_secs(3600));
    let end = block_on(resume(&ports, &stage));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    assert_eq!(stage.target("prod"), Some(content('b')));
}
