//! What each decorator promises, tried around a bucket in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use futures_executor::block_on;
use futures_util::future::join_all;
use promote_port::location::{Key, Location};
use promote_port::port::{
    Body, Bucket, BucketReader, Condition, ErrorKind, Fence, Headers, Metadata, Object, PinnedSource,
    Precondition, ProviderError,
};
use promote_testing::decorator::*;
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn bucket() -> MemoryBucket {
    MemoryBucket::new("test", MemoryKind::local_like())
}

async fn create(bucket: &dyn Bucket, name: &str) -> Result<Object, ProviderError> {
    let body = Body::Bytes(name.to_owned().into());
    bucket.write(&key(name), body, &Headers::default(), &Metadata::new(), &Condition::absent()).await
}

fn pin(bucket: &MemoryBucket, object: &Object) -> PinnedSource {
    PinnedSource {
        location: Location { store: bucket.store().clone(), key: object.key.clone() },
        token: object.token.clone(),
        version: object.version.clone(),
        sha256: promote_port::digest::Digest::of(&bucket.bytes(&object.key).unwrap()),
        size: object.size,
        headers: object.headers.clone(),
    }
}

#[test]
fn faults_strike_at_their_call_and_only_there() {
    let inner = bucket();
    let plan =
        FaultPlan::new().with(2, Fault::RequestLost(ErrorKind::Unavailable)).with(3, Fault::AnswerLost);
    let faulty = Faulty::around(Arc::new(inner.clone()), plan.clone());
    block_on(async {
        create(&faulty, "a").await.unwrap();
        assert_eq!(create(&faulty, "b").await.unwrap_err().kind, ErrorKind::Unavailable);
        assert_eq!(create(&faulty, "c").await.unwrap_err().kind, ErrorKind::Unknown);
        create(&faulty, "d").await.unwrap();
    });
    assert_eq!(inner.keys(), [key("a"), key("c"), key("d")]);
    assert_eq!(plan.calls(), 4);
}

/// What a port does by itself, a layer must not do behind the plan's back.
#[test]
fn what_is_asked_in_one_answer_goes_wrong_as_every_other_call() {
    let plan =
        FaultPlan::new().with(2, Fault::AnswerLost).with(3, Fault::RequestLost(ErrorKind::Unavailable));
    let faulty = Faulty::around(Arc::new(bucket()), plan.clone());
    block_on(async {
        create(&faulty, "a").await.unwrap();
        let lost = faulty.get_with_metadata(&key("a"), 100).await.unwrap_err();
        assert_eq!(lost.kind, ErrorKind::Unknown);
        assert_eq!(faulty.versions(&key("a"), 10).await.unwrap_err().kind, ErrorKind::Unavailable);
        assert!(faulty.get_with_metadata(&key("a"), 100).await.unwrap().is_some());
    });
    assert_eq!(plan.calls(), 4);
}

#[test]
fn nothing_reaches_a_store_after_a_crash() {
    for (fault, left) in [
        (Fault::CrashBefore, vec!["a"]),
        (Fault::CrashAfter, vec!["a", "b"]),
        (Fault::CrashInFlight, vec!["a"]),
    ] {
        let (one, two) = (bucket(), bucket());
        let plan = FaultPlan::new().with(2, fault);
        let first = Faulty::around(Arc::new(one.clone()), plan.clone());
        let second = Faulty::around(Arc::new(two.clone()), plan.clone());
        let process = async {
            create(&first, "a").await.unwrap();
            let error = create(&first, "b").await.unwrap_err();
            assert!(error.source().is_some_and(|cause| cause.is::<Crashed>()));
            assert!(create(&second, "c").await.is_err());
        };
        assert_eq!(block_on(plan.survive(process)), None, "{fault:?}");
        assert_eq!(one.keys(), left.iter().map(|name| key(name)).collect::<Vec<_>>(), "{fault:?}");
        assert!(two.keys().is_empty(), "{fault:?}");
        assert_eq!(plan.calls(), 2, "{fault:?}");
        assert_eq!(plan.late(), usize::from(fault == Fault::CrashInFlight));
    }
}

#[test]
fn a_dying_process_drops_what_it_was_doing() {
    let inner = bucket();
    let plan = FaultPlan::new().with(2, Fault::CrashBefore);
    let faulty = Faulty::around(Arc::new(inner.clone()), plan.clone());
    let process = async {
        let (one, two) = futures_util::future::join(create(&faulty, "a"), create(&faulty, "b")).await;
        assert!(one.is_err() && two.is_err());
    };
    assert_eq!(block_on(plan.survive(process)), None);
    assert!(
        inner.keys().is_empty(),
        "the first request had not arrived when the second one killed the process"
    );
}

/// A request that is on its way while the lane is taken over, against each fence.
#[test]
fn late_requests_meet_the_fence_of_their_store() {
    let cases = [
        (MemoryKind::local_like(), Duration::ZERO, false),
        (MemoryKind::s3_like(), Duration::ZERO, true),
        (MemoryKind::s3_like(), Duration::from_secs(31), false),
        (
            MemoryKind::without_conditional_copy(promote_port::port::CopyGuard::None),
            Duration::from_secs(3600),
            true,
        ),
    ];
    for (kind, pause, lands) in cases {
        let inner = MemoryBucket::new("test", kind.clone());
        let plan = FaultPlan::new().with(1, Fault::CrashInFlight);
        let faulty = Faulty::around(Arc::new(inner.clone()), plan.clone());
        let source = inner.put(&key("source"), "new").unwrap();
        let target = inner.put(&key("target"), "old").unwrap();
        let mut condition = Condition::on(Precondition::Matches(target.token));
        condition.fence = Some(Fence { slot: key("log/2") });
        let pinned = pin(&inner, &source);
        block_on(async {
            let none = Metadata::new();
            let effect = faulty.copy(&pinned, &target.key, &none, &condition);
            assert!(plan.survive(effect).await.is_none());
            create(&inner, "log/2").await.unwrap();
            inner.world().clock().advance(pause);
            assert_eq!(plan.deliver().await.iter().filter(|end| end.is_ok()).count(), usize::from(lands));
        });
        let held = inner.bytes(&key("target")).unwrap();
        assert_eq!(held, if lands { "new" } else { "old" }, "{kind:?} after {pause:?}");
    }
}

#[test]
fn content_tokens_come_back_and_unique_tokens_do_not() {
    for (kind, same) in [(MemoryKind::s3_like(), true), (MemoryKind::gcs_like(), false)] {
        let bucket = MemoryBucket::new("test", kind);
        let tokens: Vec<_> =
            ["A", "B", "A"].map(|text| bucket.put(&key("k"), text).unwrap().token).into_iter().collect();
        assert_eq!(tokens[0] == tokens[2], same);
        assert_ne!(tokens[0], tokens[1]);
    }
}

#[test]
fn calls_that_are_under_way_together_share_a_round() {
    let log = Log::new();
    let one = Recording::around(Arc::new(bucket()), log.clone());
    let two = Recording::around(Arc::new(bucket()), log.clone());
    block_on(async {
        one.now().await.unwrap();
        one.now().await.unwrap();
        join_all(["a", "b", "c"].map(|name| create(&one, name))).await;
        let chain = async {
            create(&one, "d").await.unwrap();
            create(&one, "e").await.unwrap();
        };
        futures_util::future::join(chain, create(&two, "f")).await.1.unwrap();
    });
    let rounds: Vec<_> = log.calls().iter().map(|call| (call.key.clone(), call.round)).collect();
    let expected = [("", 1), ("a", 2), ("b", 2), ("c", 2), ("d", 3), ("f", 3), ("e", 4)];
    assert_eq!(rounds, expected.map(|(name, round)| (name.to_owned(), round)));
    assert_eq!((log.total(), log.rounds()), (7, 4));
    assert!(log.calls().iter().all(|call| call.ended.is_some()));
}
