//! Cleaning up races with a promotion of the release, and with its pin, in every interleaving of their calls: the
//! promotion has all its artifacts, or it has no effect; a pin that does not say that it came late keeps.

use crate::old::{clean, strict};
use crate::stage::{End, Stage, actor, commit, name, run, wanted};
use futures_executor::block_on;
use futures_util::task::noop_waker_ref;
use promote_core::request::Request;
use promote_core::retention::pin;
use promote_testing::memory::MemoryKind;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Goes on for this many calls; the end, when it comes to one.
fn go<F: Future + ?Sized>(mut future: Pin<&mut F>, calls: usize) -> Option<F::Output> {
    for _ in 0..calls {
        if let Poll::Ready(end) = future.as_mut().poll(&mut Context::from_waker(noop_waker_ref())) {
            return Some(end);
        }
    }
    None
}

/// How many polls a future takes.
fn polls<F: Future>(future: F) -> usize {
    let mut future = Box::pin(future);
    (1..).find(|_| go(future.as_mut(), 1).is_some()).unwrap()
}

fn to_staging() -> Request {
    Request::promote(name("staging"), wanted('c'), actor("ann"))
}

/// I10: every release that a lane names has its artifact.
fn whole(stage: &Stage, what: &str) {
    for lane in ["staging", "prod"] {
        let state = stage.state(lane);
        let here = state.release().map(|release| release.commit.clone());
        let open = state.open.map(|open| open.release.commit);
        let past = state.trail.into_iter().map(|past| past.release.commit);
        for named in here.into_iter().chain(open).chain(past) {
            let key = format!("rel/{named}.zip").parse().unwrap();
            assert!(stage.bucket.bytes(&key).is_some(), "{what}: {lane} names {named}, which is deleted");
        }
    }
}

fn later(stage: &Stage, minutes: u64) {
    stage.clock.advance(Duration::from_secs(60 * minutes));
}

#[test]
fn a_promotion_keeps_what_it_moves_or_has_no_effect() {
    let (mut cases, mut moved, mut deleted, mut late) = (0, 0, 0, 0);
    for (kind, step) in [(MemoryKind::s3_like(), 1), (MemoryKind::gcs_like(), 7)] {
        let fresh = || {
            let stage = Stage::ready(kind.clone());
            later(&stage, 24 * 60);
            stage
        };
        let stage = fresh();
        let ports = stage.ports();
        let promotion = polls(run(&ports, &stage.config, to_staging()));
        let stage = fresh();
        let ports = stage.ports();
        block_on(clean(&ports, &stage.config, &strict())).unwrap();
        later(&stage, 61);
        let deletion = polls(clean(&ports, &stage.config, &strict()));
        // The doom comes after `first` calls of the promotion, the grace passes after `second` more, and the rest of
        // the promotion happens in the middle of the run that deletes.
        for first in 0..=promotion {
            for second in 0..=promotion - first {
                for third in (0..=deletion).step_by(step) {
                    let what = format!("{first}, {second}, {third}");
                    let stage = fresh();
                    let (ports, other) = (stage.ports(), stage.ports());
                    let mut moving = Box::pin(run(&ports, &stage.config, to_staging()));
                    let mut end = go(moving.as_mut(), first);
                    block_on(clean(&other, &stage.config, &strict())).unwrap();
                    if end.is_none() {
                        end = go(moving.as_mut(), second);
                    }
                    later(&stage, 61);
                    let policy = strict();
                    let mut deleting = Box::pin(clean(&other, &stage.config, &policy));
                    let cleaned = go(deleting.as_mut(), third);
                    let end = end.unwrap_or_else(|| block_on(moving.as_mut()));
                    if cleaned.is_none() {
                        block_on(deleting).unwrap();
                    }
                    whole(&stage, &what);
                    match end {
                        End::Done(_) => moved += 1,
                        End::Failed(_) => late += 1,
                        _ => {}
                    }
                    for _ in 0..2 {
                        block_on(clean(&other, &stage.config, &strict())).unwrap();
                        whole(&stage, &what);
                        later(&stage, 61);
                    }
                    let gone = block_on(ports.ledger.reader().release(&commit('c'))).unwrap().gone.is_some();
                    deleted += usize::from(gone);
                    cases += 1;
                }
            }
        }
    }
    println!(
        "races with a promotion: {cases}; it moved in {moved}, was too late in {late}; deleted in {deleted}"
    );
    assert!(cases > 1200 && moved > 400 && late > 200 && deleted > 600);
}

#[test]
fn a_pin_keeps_or_says_that_it_came_late() {
    let (mut cases, mut kept, mut late, mut lost) = (0, 0, 0, 0);
    let fresh = || {
        let stage = Stage::ready(MemoryKind::s3_like());
        later(&stage, 24 * 60);
        block_on(clean(&stage.ports(), &stage.config, &strict())).unwrap();
        later(&stage, 61);
        stage
    };
    let ann = actor("ann");
    let stage = fresh();
    let ports = stage.ports();
    let pinning = polls(pin(&ports, &stage.config, &commit('c'), Some("x"), &ann));
    let stage = fresh();
    let ports = stage.ports();
    let deletion = polls(clean(&ports, &stage.config, &strict()));
    for first in 0..=deletion {
        for second in 0..=pinning {
            for third in (0..=deletion - first).step_by(2) {
                let stage = fresh();
                let (ports, other) = (stage.ports(), stage.ports());
                let policy = strict();
                let mut deleting = Box::pin(clean(&other, &stage.config, &policy));
                let c = commit('c');
                let mut pinning = Box::pin(pin(&ports, &stage.config, &c, Some("x"), &ann));
                let mut cleaned = go(deleting.as_mut(), first).is_some();
                let mut end = go(pinning.as_mut(), second);
                if !cleaned {
                    cleaned = go(deleting.as_mut(), third).is_some();
                }
                if end.is_none() {
                    end = Some(block_on(pinning));
                }
                if !cleaned {
                    block_on(deleting).unwrap();
                }
                let there =
                    stage.bucket.bytes(&format!("rel/{}.zip", commit('c')).parse().unwrap()).is_some();
                match end.unwrap() {
                    Ok(pinned) if !pinned.late => {
                        assert!(there, "{first}, {second}, {third}: pinned and deleted");
                        kept += 1;
                    }
                    Ok(_) => late += 1,
                    Err(_) => lost += 1,
                }
                cases += 1;
            }
        }
    }
    println!("races with a pin: {cases}; kept {kept}, came late {late}, too late {lost}");
    assert!(cases > 1000 && kept > 200 && late > 200 && lost > 200);
}
