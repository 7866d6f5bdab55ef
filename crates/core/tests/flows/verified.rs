//! What `verify` says of a promotion that was cut off (that a target holds something else than is recorded, whenever it
//! does, and who did not finish), and of a ledger that somebody meddled with.

use crate::stage::{Stage, actor, commit, content, name, run, wanted};
use futures_executor::block_on;
use promote_core::ledger::Seq;
use promote_core::location::Key;
use promote_core::report::{Depth, TargetCheck, check_ledger, verify};
use promote_core::request::Request;
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

fn target(stage: &Stage) -> (bool, TargetCheck) {
    let report =
        block_on(verify(&stage.ports().view(), &stage.config, &[name("prod")], Depth::default())).unwrap();
    let [check] = report.targets.unwrap().try_into().unwrap();
    (report.matches, check)
}

#[test]
fn cut_off_between_write_and_commit_a_target_is_not_said_to_be_as_recorded() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let (mut untouched, mut between) = (0, 0);
        for n in 1..40 {
            let stage = Stage::ready(kind.clone());
            let plan = FaultPlan::new().with(n, Fault::CrashAfter);
            let faulty = Faulty::around(Arc::new(stage.bucket.clone()), plan.clone());
            let request = Request::promote(name("prod"), wanted('b'), actor("eve"));
            let _killed =
                block_on(plan.survive(run(&stage.ports_on(Arc::new(faulty)), &stage.config, request)));
            let state = stage.state("prod");
            let recorded = if state.release().unwrap().commit.as_str().starts_with('a') { 'a' } else { 'b' };
            let holds = stage.target("prod") == Some(content(recorded));
            let (matches, check) = target(&stage);
            assert_eq!((matches, check.matches), (holds, holds), "{kind:?} after call {n}: {check:?}");
            assert_eq!(check.open.is_some(), state.open.is_some(), "{kind:?} after call {n}");
            let Some(open) = check.open else { continue };
            assert_eq!((open.by.as_str(), open.sha.starts_with('b')), ("eve", true));
            match holds {
                true => untouched += 1,
                false => {
                    between += 1;
                    assert!(check.detail.unwrap().contains("which is unfinished"));
                }
            }
        }
        assert!(untouched > 0 && between > 0, "{kind:?}: {untouched} before the write, {between} after it");
    }
}

/// Where the newest record of an environment lies.
fn newest(stage: &Stage, lane: &str) -> Key {
    let prefix = format!(".promote/shop/lanes/{lane}/log/");
    stage.bucket.keys().into_iter().find(|key| key.as_str().starts_with(&prefix)).unwrap()
}

type Meddling = (&'static str, fn(&Stage));

/// What somebody may do to the newest record of a lane, and to the manifest of what runs there.
const MEDDLINGS: [Meddling; 6] = [
    ("an unreadable record", |stage| {
        stage.bucket.put(&newest(stage, "prod"), "rubbish");
    }),
    ("a renamed record", |stage| {
        let place = newest(stage, "prod");
        let bytes = stage.bucket.bytes(&place).unwrap();
        stage.bucket.remove(&place);
        let lane = "prod".parse().unwrap();
        let far =
            promote_core::ledger::key::record(&".promote/shop".parse().unwrap(), &lane, Seq(9)).unwrap();
        stage.bucket.put(&far, bytes);
    }),
    ("a record of another lane", |stage| {
        let bytes = stage.bucket.bytes(&newest(stage, "staging")).unwrap();
        stage.bucket.put(&newest(stage, "prod"), bytes);
    }),
    ("something that is no record", |stage| {
        stage.bucket.put(&".promote/shop/lanes/prod/log/!".parse().unwrap(), "x");
    }),
    ("a missing manifest", |stage| stage.bucket.remove(&manifest('a'))),
    ("a swapped manifest", |stage| {
        stage.bucket.put(&manifest('a'), stage.bucket.bytes(&manifest('c')).unwrap());
    }),
];

fn manifest(digit: char) -> Key {
    format!(".promote/shop/releases/{}/manifest.json", commit(digit)).parse().unwrap()
}

#[test]
fn a_ledger_that_was_meddled_with_is_told_whole_and_stops_no_check() {
    for (what, meddle) in MEDDLINGS {
        for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
            let stage = Stage::ready(kind);
            meddle(&stage);
            let view = stage.ports().view();
            let lanes: Vec<_> = stage.config.lanes.iter().map(|lane| lane.name.clone()).collect();
            let alone = block_on(check_ledger(&view.ledger, &lanes)).unwrap();
            assert!(!alone.intact(), "{what}");
            let depth = Depth { chains: true, bytes: false };
            let found = block_on(verify(&view, &stage.config, &[], depth)).unwrap();
            assert!(!found.matches, "{what}");
            if what == "a swapped manifest" {
                let told = format!("the manifest of {} is of another release", commit('a').short(12));
                assert_eq!(alone.ledger.faults, [told], "one thing that is wrong is one finding");
            }
            assert_eq!((found.chains, found.ledger), (Some(alone.chains), Some(alone.ledger)), "{what}");
            // The other environment is compared as ever.
            let staging = |one: &&TargetCheck| one.environment == "staging";
            assert!(found.targets.as_ref().unwrap().iter().find(staging).unwrap().matches, "{what}");
            // A check without `--ledger` does not say that everything matches either.
            let plain = block_on(verify(&view, &stage.config, &[], Depth::default())).unwrap();
            assert!(!plain.matches, "{what}: {plain:?}");
            if what.ends_with("manifest") {
                let sources = plain.sources.unwrap();
                let told = sources.iter().find(|one| one.sha == commit('a').to_string()).unwrap();
                assert_eq!((told.state, told.matches), ("unknown", false), "{what}");
                assert!(told.detail.as_ref().unwrap().contains("runs in prod"), "{what}: {told:?}");
            }
        }
    }
}
