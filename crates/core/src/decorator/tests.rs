//! What each decorator promises, tried around a bucket in memory.

use super::*;
use crate::location::{Key, Location};
use crate::memory::{MemoryBucket, MemoryKind, SeededEntropy, VirtualClock};
use crate::port::{
    Body, Bucket, BucketReader, Clock, Condition, ErrorKind, Fence, Headers, Metadata, Object, PinnedSource,
    Precondition, ProviderError,
};
use futures_executor::block_on;
use futures_util::future::join_all;
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
        sha256: crate::digest::Digest::of(&bucket.bytes(&object.key).unwrap()),
        size: object.size,
        headers: object.headers.clone(),
    }
}

#[test]
fn faults_strike_at_their_call_and_only_there() {
    let inner = bucket();
    let plan =
        FaultPlan::new().with(2, Fault::RequestLost(ErrorKind::Unavailable)).with(3, Fault::AnswerLost);
    let faulty = Faulty::new(Arc::new(inner.clone()), plan.clone());
    block_on(async {
        create(&faulty, "a").await.unwrap();
        assert_eq!(create(&faulty, "b").await.unwrap_err().kind, ErrorKind::Unavailable);
        assert_eq!(create(&faulty, "c").await.unwrap_err().kind, ErrorKind::Unknown);
        create(&faulty, "d").await.unwrap();
    });
    assert_eq!(inner.keys(), [key("a"), key("c"), key("d")]);
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
        let first = Faulty::new(Arc::new(one.clone()), plan.clone());
        let second = Faulty::new(Arc::new(two.clone()), plan.clone());
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
    let faulty = Faulty::new(Arc::new(inner.clone()), plan.clone());
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
        (MemoryKind::without_conditional_copy(crate::port::CopyGuard::None), Duration::from_secs(3600), true),
    ];
    for (kind, pause, lands) in cases {
        let inner = MemoryBucket::new("test", kind.clone());
        let plan = FaultPlan::new().with(1, Fault::CrashInFlight);
        let faulty = Faulty::new(Arc::new(inner.clone()), plan.clone());
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
    let one = Recording::new(Arc::new(bucket()), log.clone());
    let two = Recording::new(Arc::new(bucket()), log.clone());
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

#[test]
fn reads_are_sent_again_until_the_deadline_and_writes_never() {
    let clock = VirtualClock::default();
    let policy = RetryPolicy { attempts: 100, ..RetryPolicy::default() };
    let around = |plan: &FaultPlan| {
        let faulty = Faulty::new(Arc::new(bucket()), plan.clone());
        let entropy = Arc::new(SeededEntropy::new(1));
        Retrying::new(Arc::new(faulty), Arc::new(clock.clone()), entropy, policy)
    };
    let lost = Fault::RequestLost(ErrorKind::Unavailable);
    block_on(async {
        let plan = FaultPlan::new().with(1, lost).with(2, Fault::AnswerLost);
        assert!(around(&plan).head(&key("a")).await.unwrap().is_none());
        assert_eq!(plan.calls(), 3);

        let plan = FaultPlan::new().with(1, Fault::RequestLost(ErrorKind::Denied));
        assert_eq!(around(&plan).head(&key("a")).await.unwrap_err().kind, ErrorKind::Denied);
        assert_eq!(plan.calls(), 1);

        let plan = FaultPlan::new().with(1, lost);
        assert!(create(&around(&plan), "a").await.is_err());
        assert_eq!(plan.calls(), 1);

        let plan = (1..=100).fold(FaultPlan::new(), |plan, n| plan.with(n, lost));
        let begun = clock.now();
        assert!(around(&plan).head(&key("a")).await.is_err());
        let took = (clock.now() - begun).to_std().unwrap();
        assert!(took < policy.deadline && took > policy.deadline / 2, "{took:?}");
        assert!((8..=20).contains(&plan.calls()), "{}", plan.calls());
    });
}

#[test]
fn what_may_have_happened_once_is_in_doubt_however_it_is_answered_later() {
    let (clock, entropy) = (VirtualClock::default(), SeededEntropy::new(1));
    let policy = RetryPolicy { attempts: 4, ..RetryPolicy::default() };
    for (answers, end) in [
        ([ErrorKind::Unknown, ErrorKind::Unavailable], ErrorKind::Unknown),
        ([ErrorKind::Unavailable, ErrorKind::Unavailable], ErrorKind::Unavailable),
        ([ErrorKind::Unavailable, ErrorKind::Unknown], ErrorKind::Unknown),
        ([ErrorKind::Unknown, ErrorKind::Denied], ErrorKind::Denied),
    ] {
        let sent = std::sync::atomic::AtomicUsize::new(0);
        let call = || async {
            let turn = sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Err::<(), _>(ProviderError::new(answers[turn.min(1)], "store", "key", "no answer"))
        };
        let error = block_on(policy.again(&clock, &entropy, call)).unwrap_err();
        assert_eq!(error.kind, end, "{answers:?}");
    }
}

#[test]
fn a_limit_bounds_what_is_under_way_in_all_buckets_together() {
    let log = Log::new();
    let (clock, entropy) = (Arc::new(VirtualClock::default()), Arc::new(SeededEntropy::new(1)));
    let limit = Arc::new(Limit::new(clock, entropy));
    let limited: Vec<_> = (0..2)
        .map(|_| Recording::new(Arc::new(bucket()), log.clone()))
        .map(|recording| Limited::new(Arc::new(recording), Arc::clone(&limit)))
        .collect();
    let names: Vec<_> = (0..20).map(|n| format!("k{n}")).collect();
    block_on(async {
        let calls = names.iter().enumerate().map(|(n, name)| create(&limited[n % 2], name));
        assert!(join_all(calls).await.iter().all(Result::is_ok));
    });
    let calls = log.calls();
    for round in 1..=log.rounds() {
        assert!(calls.iter().filter(|call| call.round == round).count() <= 4);
    }
    assert_eq!((calls.len(), log.rounds()), (20, 5));
}

#[test]
fn after_throttling_all_wait_together_and_success_forgets_it() {
    let clock = VirtualClock::default();
    let limit = Limit::new(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(1)));
    let begun = clock.now();
    let asked = ProviderError::new(ErrorKind::Unavailable, "s", "k", "slow down");
    limit.learn::<()>(&Err(asked.throttled(Duration::from_millis(6500))));
    let other = ProviderError::new(ErrorKind::Unavailable, "s", "k", "no answer");
    limit.learn::<()>(&Err(other));
    block_on(join_all((0..4).map(|_| limit.enter())));
    assert_eq!((clock.now() - begun).num_seconds(), 7);
    limit.learn(&Ok(()));
    block_on(limit.enter());
    assert_eq!((clock.now() - begun).num_seconds(), 7);
}
