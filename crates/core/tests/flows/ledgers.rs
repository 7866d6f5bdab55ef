//! Ledgers that are not what they should be: blocks on later pages, records of another ledger, another project.

use crate::stage::{End, Stage, actor, commit, name, run, wanted};
use futures_executor::block_on;
use promote_core::admin::block;
use promote_core::exit::ExitStatus;
use promote_core::flow::decide;
use promote_core::ledger::{Ledger, Word, key};
use promote_core::location::Key;
use promote_core::memory::MemoryKind;
use promote_core::plan::Decision;
use promote_core::request::{Request, Wanted};
use promote_core::snapshot::Block;
use std::sync::Arc;

fn root() -> Key {
    ".promote/shop".parse().unwrap()
}

fn to_prod() -> Request {
    Request::promote(name("prod"), wanted('b'), actor("ann"))
}

fn is_blocked(stage: &Stage) -> bool {
    let (snapshot, decision) = block_on(decide(&stage.world().view(), &stage.config, &to_prod())).unwrap();
    let refused = matches!(decision, Decision::Refused(_));
    assert_eq!(snapshot.candidate.blocked.is_some(), refused);
    refused
}

fn say(stage: &Stage, blocked: bool) -> bool {
    let request = Request { reason: Some("bad".to_owned()), ..to_prod() };
    block_on(block(&stage.world(), &commit('b'), blocked, &request)).unwrap()
}

#[test]
fn a_release_is_blocked_and_unblocked_in_turn() {
    let stage = Stage::ready(MemoryKind::s3_like());
    assert!(!is_blocked(&stage));
    assert!(!say(&stage, false), "it is not blocked");
    for _ in 0..3 {
        assert!(say(&stage, true));
        assert!(!say(&stage, true), "it is blocked already");
        assert!(is_blocked(&stage));
        assert!(say(&stage, false));
        assert!(!is_blocked(&stage));
    }
}

#[test]
fn a_block_is_seen_however_often_it_was_lifted_before() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let said = serde_json::to_vec(&Block {
        reason: "bad".to_owned(),
        by: "bob".to_owned(),
        at: "2026-01-05T09:00:00Z".parse().unwrap(),
    })
    .unwrap();
    for number in 1..=2_501 {
        stage.bucket.put(&Word::Block.key(&root(), &commit('b'), number).unwrap(), said.clone());
        if [99, 101, 999, 1_001, 2_001, 2_501].contains(&number) {
            assert!(is_blocked(&stage), "entry {number}");
        }
    }
    assert!(say(&stage, false), "and it can be lifted");
    assert!(!is_blocked(&stage));
}

#[test]
fn an_entry_that_can_not_be_read_still_blocks() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let entry = format!(".promote/shop/releases/{}/block/by-hand.json", commit('b'));
    stage.bucket.put(&entry.parse().unwrap(), "");
    assert!(is_blocked(&stage));
}

#[test]
fn records_of_another_ledger_are_not_believed() {
    let stage = Stage::ready(MemoryKind::local_like());
    let head = block_on(stage.world().ledger.reader().head(&"prod".parse().unwrap())).unwrap().unwrap();
    let mut record = head.record.clone();
    record.ledger = "f".repeat(32);
    record.seq = record.seq.next();
    record.prev = head.id;
    let place = key::record(&root(), &record.lane, record.seq).unwrap();
    stage.bucket.put(&place, record.to_bytes().unwrap());
    let End::Failed(failure) = block_on(run(&stage.world(), &stage.config, to_prod())) else {
        panic!("it must fail")
    };
    assert_eq!(failure.message, "the ledger can't be trusted");
}

#[test]
fn a_ledger_belongs_to_one_project() {
    let mut stage = Stage::ready(MemoryKind::local_like());
    stage.config.project = "other".parse().unwrap();
    let End::Failed(failure) = block_on(run(&stage.world(), &stage.config, to_prod())) else {
        panic!("it must fail")
    };
    assert_eq!(failure.exit, ExitStatus::Usage);
    assert_eq!(failure.message, "the ledger belongs to the project `shop`, not to `other`");
    let elsewhere = Ledger::new(
        Arc::new(stage.bucket.clone()),
        ".promote/elsewhere".parse().unwrap(),
        Arc::new(stage.clock.clone()),
    );
    assert!(block_on(elsewhere.reader().genesis()).unwrap().is_none());
    assert_eq!(to_prod().wanted, wanted('b'));
    assert_ne!(to_prod().wanted, Wanted::Unnamed);
}
