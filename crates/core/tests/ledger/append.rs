//! What an append says when requests and answers get lost: never that it failed when it may have landed.

use crate::samples::{all_kinds, blank};
use crate::stage::actor;
use bytes::Bytes;
use futures_executor::block_on;
use promote_core::digest::Digest;
use promote_core::ledger::{AppendError, Kind, Ledger, LedgerReader, Manifest, Record, Seq, key};
use promote_core::location::Key;
use promote_core::port::{Bucket, BucketReader, ErrorKind};
use promote_testing::decorator::{Fault, FaultPlan, Faulty, Log, Method, Recording};
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::sync::Arc;

fn root() -> Key {
    ".promote/shop".parse().unwrap()
}

/// The first record, and where it goes.
fn record() -> (Record, Key) {
    let mut record = blank(None, Kind::Hold);
    record.state = promote_core::ledger::State::default().after(&record).unwrap();
    let key = key::record(&root(), &record.lane, record.seq).unwrap();
    (record, key)
}

fn ledger(bucket: Arc<dyn Bucket>, inner: &MemoryBucket) -> Ledger {
    Ledger::new(bucket, root(), Arc::new(inner.world().clock().clone()))
}

/// Appends the record while these calls go wrong. Calls alternate between the write and, after a refusal, a read.
fn attempt(inner: &MemoryBucket, faults: &[(usize, Fault)]) -> (Result<(), AppendError>, usize) {
    let plan = faults.iter().fold(FaultPlan::new(), |plan, (call, fault)| plan.with(*call, *fault));
    let faulty = Faulty::around(Arc::new(inner.clone()), plan.clone());
    let end = block_on(ledger(Arc::new(faulty), inner).append(&record().0));
    (end.map(drop), plan.calls())
}

fn bucket() -> MemoryBucket {
    MemoryBucket::new("m", MemoryKind::s3_like())
}

const LOST: Fault = Fault::RequestLost(ErrorKind::Unknown);
const DOWN: Fault = Fault::RequestLost(ErrorKind::Unavailable);
const REFUSED: Fault = Fault::RequestLost(ErrorKind::Conflict);
const DENIED: Fault = Fault::RequestLost(ErrorKind::Denied);

#[test]
fn a_record_is_written_once_whatever_gets_lost() {
    for (faults, calls) in [
        (&[][..], 1),
        // The answer is lost; the same request is refused, and what lies there is ours.
        (&[(1, Fault::AnswerLost)], 3),
        (&[(1, LOST)], 2),
        (&[(1, DOWN)], 2),
        (&[(1, DOWN), (2, Fault::AnswerLost)], 4),
        (&[(1, Fault::AnswerLost), (2, DOWN)], 4),
        // Refused although nothing is there: somebody's write came and went, or the store was of two minds.
        (&[(1, REFUSED)], 3),
        (&[(1, Fault::AnswerLost), (3, LOST)], 5),
        (&[(1, DOWN), (2, DOWN), (3, DOWN), (4, DOWN), (5, DOWN)], 6),
        (&[(1, LOST), (2, DOWN), (3, LOST), (4, DOWN), (5, Fault::AnswerLost)], 7),
    ] {
        let inner = bucket();
        let (end, sent) = attempt(&inner, faults);
        assert!(end.is_ok(), "{faults:?}: {end:?}");
        assert_eq!(sent, calls, "{faults:?}");
        assert_eq!(inner.bytes(&record().1).unwrap(), record().0.to_bytes().unwrap(), "{faults:?}");
        assert_eq!(inner.keys().len(), 1);
    }
}

#[test]
fn who_was_second_is_told_so_and_sees_who_was_first() {
    let other = Bytes::from_static(b"somebody else's record\n");
    for faults in [&[][..], &[(1, DOWN)], &[(1, LOST)], &[(2, LOST)], &[(1, LOST), (3, DOWN)]] {
        let inner = bucket();
        inner.put(&record().1, other.clone());
        match attempt(&inner, faults).0 {
            Err(AppendError::Lost { key, found }) => assert_eq!((key, found), (record().1, other.clone())),
            end => panic!("{faults:?}: {end:?}"),
        }
        assert_eq!(inner.bytes(&record().1).unwrap(), other, "never overwritten");
    }
}

#[test]
fn what_was_definitely_refused_is_called_so() {
    for faults in [&[(1, DENIED)][..], &[(1, DOWN), (2, DENIED)]] {
        let inner = bucket();
        match attempt(&inner, faults).0 {
            Err(AppendError::Refused { source, .. }) => assert_eq!(source.kind, ErrorKind::Denied),
            end => panic!("{faults:?}: {end:?}"),
        }
        assert!(inner.keys().is_empty());
    }
    let all: Vec<_> = (1..=7).map(|call| (call, DOWN)).collect();
    let (end, calls) = attempt(&bucket(), &all);
    assert!(matches!(end, Err(AppendError::Refused { .. })), "{end:?}");
    assert_eq!(calls, 7, "it ends");
}

#[test]
fn what_may_have_landed_is_never_called_a_failure() {
    let lost: Vec<_> = (1..=20).map(|call| (call, LOST)).collect();
    let refused: Vec<_> = (1..=20).map(|call| (call, REFUSED)).collect();
    let unread: Vec<_> = (1..=20).map(|call| (call, if call % 2 == 1 { REFUSED } else { DENIED })).collect();
    for faults in [
        &lost[..],
        &refused[..],
        &unread[..],
        // A later refusal says nothing about the first try.
        &[(1, LOST), (2, DENIED)],
        &[(1, Fault::AnswerLost), (2, DENIED)],
        &[(1, Fault::Late), (2, DENIED)],
        &[(1, LOST), (2, DOWN), (3, DOWN), (4, DOWN), (5, DOWN), (6, DOWN), (7, DOWN)],
    ] {
        let (end, calls) = attempt(&bucket(), faults);
        assert!(matches!(end, Err(AppendError::Unknown { .. })), "{faults:?}: {end:?}");
        assert!(calls <= 14, "{faults:?} ends");
    }
}

#[test]
fn a_record_that_is_none_is_never_sent() {
    let (mut record, _) = record();
    record.why.reason = Some("x".repeat(50_000));
    let inner = bucket();
    let end = block_on(ledger(Arc::new(inner.clone()), &inner).append(&record));
    assert!(matches!(end, Err(AppendError::Record(_))), "{end:?}");
    assert!(inner.keys().is_empty());
}

#[test]
fn what_was_appended_is_what_is_read() {
    let inner = bucket();
    let (record, _) = record();
    let written = block_on(ledger(Arc::new(inner.clone()), &inner).append(&record)).unwrap();
    let reader = LedgerReader::new(Arc::new(inner.clone()) as Arc<dyn BucketReader>, root());
    let read = block_on(reader.head(&record.lane)).unwrap().unwrap();
    assert_eq!(read, written);
    assert_eq!(read.id, Digest::of(&record.to_bytes().unwrap()));
    assert_eq!(block_on(reader.page(&record.lane, None, 10)).unwrap(), [written]);
}

#[test]
fn a_listing_that_tells_the_record_saves_the_get() {
    for (kind, gets) in [(MemoryKind::gcs_like(), 0), (MemoryKind::s3_like(), 2)] {
        let inner = MemoryBucket::new("m", kind);
        let written = block_on(ledger(Arc::new(inner.clone()), &inner).append(&record().0)).unwrap();
        let log = Log::new();
        let recording = Recording::around(Arc::new(inner), log.clone());
        let reader = LedgerReader::new(Arc::new(recording) as Arc<dyn BucketReader>, root());
        let lane = &written.record.lane;
        assert_eq!(block_on(reader.head(lane)).unwrap().as_ref(), Some(&written));
        assert_eq!(block_on(reader.page(lane, None, 10)).unwrap(), [written]);
        let calls = log.calls();
        assert_eq!(calls.iter().filter(|call| call.method == Method::Get).count(), gets, "{calls:?}");
    }
}

#[test]
fn a_record_in_the_wrong_place_is_not_believed() {
    for kind in [MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        misplaced(&MemoryBucket::new("m", kind));
    }
}

fn misplaced(inner: &MemoryBucket) {
    let (record, _) = record();
    let bytes = record.to_bytes().unwrap();
    let reader = LedgerReader::new(Arc::new(inner.clone()) as Arc<dyn BucketReader>, root());
    let two = key::record(&root(), &record.lane, Seq(2)).unwrap();
    let uat = key::record(&root(), &"uat".parse().unwrap(), Seq(1)).unwrap();
    inner.put(&two, bytes.clone());
    inner.put(&uat, bytes);
    assert!(block_on(reader.head(&"prod".parse().unwrap())).is_err());
    assert!(block_on(reader.head(&"uat".parse().unwrap())).is_err());
    inner.put(&".promote/shop/lanes/dev/log/000/readme.json".parse().unwrap(), "{}");
    assert!(block_on(reader.newest(&"dev".parse().unwrap())).is_err());
    assert!(block_on(reader.page(&"dev".parse().unwrap(), None, 5)).is_err());
}

#[test]
fn what_could_never_be_read_again_is_not_written() {
    let inner = bucket();
    let mut manifest = Manifest {
        schema: promote_core::ledger::manifest::SCHEMA.to_owned(),
        commit: crate::stage::commit('b'),
        subject: None,
        committed_at: None,
        version: None,
        branches: Vec::new(),
        artifacts: std::collections::BTreeMap::new(),
        built: "given".to_owned(),
        allowed: Default::default(),
        at: crate::samples::start(),
        actor: actor("ci"),
    };
    let place = key::manifest(&root(), &manifest.commit).unwrap();
    manifest.branches = (0..20_000).map(|n| format!("feature/{n}/with-a-long-name")).collect();
    let end = block_on(ledger(Arc::new(inner.clone()), &inner).put(&place, &manifest));
    assert!(matches!(end, Err(AppendError::Record(_))), "{end:?}");
    assert!(inner.keys().is_empty());
    assert_eq!(all_kinds().len(), 10);
}
