//! Large files between two kinds of stores: read in parts, checked on their way, written under the same conditions.

use crate::meddling::Meddled;
use crate::stage::{Files, How, Stage, key, kinds, to};
use async_trait::async_trait;
use promote_core::decorator::{RetryPolicy, Retrying};
use promote_core::folder::Standing;
use promote_core::location::StoreId;
use promote_core::port::{ErrorKind, ProviderError};
use promote_testing::decorator::{Fault, FaultPlan, Faulty, Log, Method, Recording};
use promote_testing::memory::{MemoryKind, SeededEntropy};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What passes in two parts.
fn large(text: &str) -> Files {
    [("a".to_owned(), text.repeat((12 << 20) / text.len())), ("b".to_owned(), "small".to_owned())].into()
}

/// Stages between every two kinds of stores.
fn crossings() -> Vec<(String, Stage)> {
    let pairs = kinds().into_iter().flat_map(|from| kinds().map(|to| (from.clone(), to)));
    pairs.map(|((one, from), (two, to))| (format!("{one} to {two}"), Stage::between(from, to))).collect()
}

/// Whether the file was never there.
fn untouched(stage: &Stage) -> bool {
    !stage.there().contains_key("a")
}

#[test]
fn a_large_file_passes_in_parts_and_arrives_whole() {
    for (name, stage) in crossings() {
        let files = large("0123456789abcdef");
        stage.publish('a', &files);
        let log = Log::new();
        let from = Recording::around(Arc::new(stage.from.clone()), log.clone());
        stage.bring_on(&from, &stage.to, &to('a')).unwrap();
        stage.holds('a', &files, &name);
        let of = |method| {
            let calls = log.calls().into_iter().filter(|call| call.method == method);
            calls.filter(|call| call.key == "rel/a/a").count()
        };
        assert_eq!((of(Method::Get), of(Method::ReadRange)), (0, 2), "{name}");
    }
}

/// A folder's files are copied wherever a single file is: one rule says which stores do.
#[test]
fn between_two_stores_of_one_kind_the_target_copies() {
    let store = |name: &str| (StoreId::Memory(name.to_owned()), MemoryKind::gcs_like());
    let stage = Stage::named(store("rel"), store("env"));
    let files = large("0123456789abcdef");
    stage.publish('a', &files);
    let log = Log::new();
    let to = Recording::around(Arc::new(stage.to.clone()), log.clone());
    stage.bring_on(&stage.from, &to, &self::to('a')).unwrap();
    stage.holds('a', &files, "one kind");
    let copied = log.calls().into_iter().filter(|call| call.method == Method::Copy).count();
    assert_eq!(copied, files.len());
}

#[test]
fn a_large_file_with_other_bytes_is_refused_before_it_takes_effect() {
    for (name, stage) in crossings() {
        stage.publish('a', &large("0123456789abcdef"));
        let mut other = large("0123456789abcdef")["a"].clone().into_bytes();
        *other.last_mut().unwrap() = b'!';
        stage.from.put(&key("rel/a/a"), other).unwrap();
        let error = stage.bring(&to('a')).unwrap_err();
        assert!(untouched(&stage), "{name}");
        let told = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        assert!(told.contains("digest"), "{name}: {told}");
    }
}

/// Right before its first part is read, and between that and the next one.
#[test]
fn a_large_file_that_is_replaced_on_its_way_is_read_on_or_refused() {
    for read in [1, 2] {
        let replaced = |stage: &Stage| {
            let reads = AtomicUsize::new(0);
            Meddled::around(&stage.from, "rel/a/a", read, move |bucket| {
                if reads.fetch_add(1, Ordering::Relaxed) + 1 == read {
                    // Of the same length: nothing but what is read tells.
                    bucket.put(&key("rel/a/a"), large("0123456789abcdeF")["a"].clone()).unwrap();
                }
            })
        };
        let files = large("0123456789abcdef");
        for (name, stage) in crossings() {
            stage.publish('a', &files);
            stage.bring_on(&replaced(&stage), &stage.to, &to('a')).unwrap();
            // A version that is kept can be read on, and is what arrives.
            stage.holds('a', &files, &format!("{name}, {read}"));
        }
        let mut unversioned = MemoryKind::s3_like();
        unversioned.truth.versioned = false;
        let stage = Stage::between(unversioned, MemoryKind::gcs_like());
        stage.publish('a', &files);
        stage.bring_on(&replaced(&stage), &stage.to, &to('a')).unwrap_err();
        assert!(untouched(&stage), "{read}");
    }
}

/// Says so often that the promotion stands, and then no more.
#[derive(Debug)]
struct Stands(AtomicUsize);

#[async_trait]
impl Standing for Stands {
    async fn stands(&self) -> Result<bool, ProviderError> {
        let left = |left: usize| left.checked_sub(1);
        Ok(self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok())
    }
}

/// Whoever takes over counts on nothing being sent any more: before the end of what takes long it is asked once more.
#[test]
fn a_large_file_takes_no_effect_when_somebody_took_over_while_it_passed() {
    for (name, stage) in crossings() {
        stage.publish('a', &large("0123456789abcdef"));
        let from = Meddled::around(&stage.from, "rel/a/a", 2, |bucket| {
            bucket.world().clock().advance(Duration::from_secs(20));
        });
        // It stands after the listing, and when the file is begun.
        let stands = Stands(AtomicUsize::new(1));
        stage.bring_on(&from, &stage.to, &How { standing: Some(&stands), ..to('a') }).unwrap_err();
        assert!(untouched(&stage), "{name}");
        let always = Stands(AtomicUsize::new(usize::MAX));
        stage.bring_on(&from, &stage.to, &How { standing: Some(&always), ..to('a') }).unwrap();
        assert!(!untouched(&stage), "{name}");
    }
}

#[test]
fn a_part_that_got_no_answer_is_read_again_and_nothing_else() {
    for (name, stage) in crossings() {
        let files = large("0123456789abcdef");
        stage.publish('a', &files);
        let calls = FaultPlan::new();
        let faulty = |plan: &FaultPlan| Arc::new(Faulty::around(Arc::new(stage.from.clone()), plan.clone()));
        stage.bring_on(&*faulty(&calls), &stage.to, &to('a')).unwrap();
        for n in 0..calls.calls() {
            stage.to.remove(&key("env/a"));
            let log = Log::new();
            let lost = FaultPlan::new().with(n, Fault::RequestLost(ErrorKind::Unavailable));
            let recorded = Arc::new(Recording::around(faulty(&lost), log.clone()));
            let clock = Arc::new(stage.from.world().clock().clone());
            let entropy = Arc::new(SeededEntropy::new(1));
            let from = Retrying::around(recorded, clock, entropy, RetryPolicy::default());
            stage.bring_on(&from, &stage.to, &to('a')).unwrap();
            stage.holds('a', &files, &name);
            let parts = log.calls().into_iter().filter(|call| call.method == Method::ReadRange).count();
            assert!(parts <= 3, "{name}: {parts}");
        }
        stage.to.remove(&key("env/a"));
        let never = (0..64)
            .fold(FaultPlan::new(), |plan, n| plan.with(n, Fault::RequestLost(ErrorKind::Unavailable)));
        let error = stage.bring_on(&*faulty(&never), &stage.to, &to('a')).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable, "{name}: {error}");
        assert!(untouched(&stage), "{name}");
    }
}
