//! A release that is blocked, and an environment that is to be stopped, while a promotion is under way.

use crate::alive::{to_b, with};
use crate::gate::{Gated, ports, until};
use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, commit, content, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::join;
use promote_core::exit::ExitStatus;
use promote_core::ledger::Override;
use promote_core::marks::{EnvironmentMark, adopt, block, say};
use promote_core::ports::Ports;
use promote_core::request::Request;
use promote_testing::memory::MemoryKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn because(reason: &str) -> Request {
    Request { reason: Some(reason.to_owned()), ..Request::promote(name("prod"), wanted('b'), actor("bob")) }
}

/// Blocks b as soon as `prepare` runs, and lets it end then.
async fn blocks(ports: &Ports, stage: &Stage, steps: &Gated) {
    until(ports, "prod", |state| state.open.is_some()).await;
    assert!(block(ports, &stage.config, &commit('b'), true, &because("loses invoices")).await.unwrap());
    steps.open.store(true, Ordering::SeqCst);
}

#[test]
fn what_is_blocked_while_prepare_runs_is_not_written() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = with("prepare", kind);
        let steps = Gated::new(&stage);
        let ports = ports(&stage, &steps);
        let (end, ()) = block_on(join(run(&ports, &stage.config, to_b()), blocks(&ports, &stage, &steps)));
        let End::Failed(failure) = end else { panic!("{end:?}") };
        assert_eq!(failure.exit, ExitStatus::Blocked, "{failure}");
        assert!(failure.state.iter().any(|line| line.contains("No target was written")), "{failure:?}");
        assert_eq!(stage.target("prod"), Some(content('a')));
        assert!(stage.state("prod").open.is_none(), "it was withdrawn");
        at_rest(&stage, "prod", "after it was blocked");
    }
}

#[test]
fn who_goes_past_a_block_is_not_stopped_by_it_later() {
    let stage = with("prepare", MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    steps.open.store(true, Ordering::SeqCst);
    block_on(block(&ports, &stage.config, &commit('b'), true, &because("loses invoices"))).unwrap();
    let mut request = Request { reason: Some("needed".to_owned()), ..to_b() };
    request.overrides.push(Override { rule: "blocked".to_owned(), reason: "needed".to_owned() });
    assert!(matches!(block_on(run(&ports, &stage.config, request)), End::Done(_)));
    assert_eq!(stage.target("prod"), Some(content('b')));
}

#[test]
fn what_is_said_while_a_promotion_lives_is_told_to_wait_for_its_end() {
    let stage = with("prepare", MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let config = &stage.config;
    let others = async {
        until(&ports, "prod", |state| state.open.is_some()).await;
        ports.clock.sleep(Duration::from_secs(10)).await;
        let request = because("no more today");
        let mut told = Vec::new();
        for saying in [EnvironmentMark::Freeze(None), EnvironmentMark::Hold] {
            told.push(say(&ports, config, &request, &saying).await.unwrap_err());
        }
        told.push(adopt(&ports, config, &request, None).await.unwrap_err());
        for failure in told {
            assert_eq!(failure.exit, ExitStatus::Conflict, "{failure}");
            assert!(failure.state.iter().any(|line| line.contains("at work")), "{failure:?}");
            let hint = failure.hints.first().unwrap();
            assert!(hint.starts_with("wait for its end (`promote status prod`)"), "{hint}");
        }
        steps.open.store(true, Ordering::SeqCst);
    };
    let (end, ()) = block_on(join(run(&ports, config, to_b()), others));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    assert!(
        block_on(say(&ports, config, &because("no more today"), &EnvironmentMark::Hold)).unwrap().is_some()
    );
}

/// An entry about a release that is none.
const UNREADABLE: [&str; 4] =
    ["", "zz", "{}", r#"{"reason":"a","reason":"b","by":"eve","at":"2026-01-05T09:00:00Z"}"#];

#[test]
fn an_entry_that_can_not_be_read_lifts_no_block_and_can_be_lifted_itself() {
    for (entries, text) in (1..=3).flat_map(|entries| UNREADABLE.map(|text| (entries, text))) {
        let stage = Stage::ready(MemoryKind::s3_like());
        let ports = stage.ports();
        for number in 1..entries {
            assert!(
                block_on(block(&ports, &stage.config, &commit('b'), number % 2 == 1, &because("x"))).unwrap()
            );
        }
        let entry = format!(".promote/shop/releases/{}/block/{entries:06}.json", commit('b'));
        stage.bucket.put(&entry.parse().unwrap(), text).unwrap();
        let End::Refused(why) = stage.to("prod", 'b') else { panic!("{entry} {text:?}: it moved") };
        assert!(why.contains("blocked"), "{entry} {text:?}: {why}");
        assert_eq!(stage.target("prod"), Some(content('a')));
        // Who says so anew is told that it was written; who lifts it gets what was asked for.
        assert_eq!(
            block_on(block(&ports, &stage.config, &commit('b'), true, &because("x"))).unwrap(),
            entries % 2 == 0
        );
        assert!(block_on(block(&ports, &stage.config, &commit('b'), false, &because("x"))).unwrap());
        assert!(matches!(stage.to("prod", 'b'), End::Done(_)), "{entry} {text:?}");
    }
}

#[test]
fn what_lifts_a_block_and_can_not_be_read_by_the_time_of_the_write_stops_it() {
    let stage = with("prepare", MemoryKind::s3_like());
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    for on in [true, false] {
        assert!(block_on(block(&ports, &stage.config, &commit('b'), on, &because("x"))).unwrap());
    }
    let spoils = async {
        until(&ports, "prod", |state| state.open.is_some()).await;
        let entry = format!(".promote/shop/releases/{}/block/000002.json", commit('b'));
        stage.bucket.put(&entry.parse().unwrap(), "zz").unwrap();
        steps.open.store(true, Ordering::SeqCst);
    };
    let (end, ()) = block_on(join(run(&ports, &stage.config, to_b()), spoils));
    let End::Failed(failure) = end else { panic!("{end:?}") };
    assert_eq!(failure.exit, ExitStatus::Blocked, "{failure}");
    assert_eq!(stage.target("prod"), Some(content('a')));
}
