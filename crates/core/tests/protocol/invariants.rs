//! What must hold of a lane at any time, and once it is at rest.

use crate::stage::{Stage, content};
use futures_executor::block_on;
use promote_core::ledger::{Head, Kind, Seq, check_chain};

/// The records of a lane, oldest first.
pub fn records(stage: &Stage, lane: &str) -> Vec<Head> {
    let reader = stage.ports().ledger.reader().clone();
    let mut found = block_on(reader.page(&lane.parse().unwrap(), None, 1000)).unwrap();
    found.reverse();
    found
}

/// I1 and I2: the log is contiguous and valid, and what a target is stamped with is an intent of the log.
pub fn check(stage: &Stage, lane: &str, what: &str) {
    let heads = records(stage, lane);
    let (genesis, id) = block_on(stage.ports().ledger.reader().genesis()).unwrap().unwrap();
    let report = check_chain(&genesis.ledger, id, &heads);
    assert!(report.faults.is_empty(), "{what}: {:?}", report.faults);
    let key = format!("{lane}.zip").parse().unwrap();
    if let Some((object, bytes)) = stage.bucket.snapshot().get(&key) {
        let stamp: u64 = object.metadata.get("promote-seq").unwrap().parse().unwrap();
        let intent = heads.iter().find(|head| head.record.seq == Seq(stamp)).unwrap();
        let intent =
            intent.record.intent.as_ref().unwrap_or_else(|| panic!("{what}: the stamp is of no intent"));
        let digit = intent.release.commit.as_str().chars().next().unwrap();
        assert_eq!(*bytes, content(digit), "{what}: a target stamped {stamp} holds its release");
    }
}

/// I4: while nothing is open, the target is what the ledger says.
pub fn at_rest(stage: &Stage, lane: &str, what: &str) {
    check(stage, lane, what);
    let state = stage.state(lane);
    assert!(state.open.is_none(), "{what}: something is open");
    let release = state.release().unwrap_or_else(|| panic!("{what}: nothing is there"));
    let digit = release.commit.as_str().chars().next().unwrap();
    assert_eq!(stage.target(lane), Some(content(digit)), "{what}: the target holds the current release");
}

/// Whether a commit of this promotion is in the log.
pub fn committed(stage: &Stage, lane: &str, promotion: &str) -> bool {
    let heads = records(stage, lane);
    let intent = heads
        .iter()
        .find(|head| head.record.intent.as_ref().is_some_and(|intent| intent.promotion.0 == promotion));
    intent.is_some_and(|intent| {
        heads.iter().any(|head| {
            head.record.kind == Kind::Commit
                && head.record.commit.as_ref().is_some_and(|one| one.of == intent.id)
        })
    })
}
