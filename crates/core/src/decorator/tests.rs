//! What each decorator promises, tried around a bucket in memory.

use super::*;
use crate::location::Key;
use crate::port::{
    Body, Bucket, BucketReader, Clock, Condition, ErrorKind, Headers, Metadata, Object, ProviderError,
};
use futures_executor::block_on;
use futures_util::future::join_all;
use promote_testing::decorator::{Fault, FaultPlan, Faulty, Log, Recording};
use promote_testing::memory::{MemoryBucket, MemoryKind, SeededEntropy, VirtualClock};
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

#[test]
fn reads_are_sent_again_until_the_deadline_and_writes_never() {
    let clock = VirtualClock::default();
    let policy = RetryPolicy { attempts: 100, ..RetryPolicy::default() };
    let around = |plan: &FaultPlan| {
        let faulty = Faulty::around(Arc::new(bucket()), plan.clone());
        let entropy = Arc::new(SeededEntropy::new(1));
        Retrying::around(Arc::new(faulty), Arc::new(clock.clone()), entropy, policy)
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
        .map(|_| Recording::around(Arc::new(bucket()), log.clone()))
        .map(|recording| Limited::around(Arc::new(recording), Arc::clone(&limit)))
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
