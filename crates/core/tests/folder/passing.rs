//! Large files between two kinds of stores: read in parts, checked on their way, written under the same conditions.

use crate::meddling::Meddled;
use crate::stage::{Files, Stage, key, kinds, to};
use promote_core::decorator::{RetryPolicy, Retrying};
use promote_core::port::ErrorKind;
use promote_testing::decorator::{Fault, FaultPlan, Faulty, Log, Method, Recording};
use promote_testing::memory::{MemoryKind, SeededEntropy};
use std::sync::Arc;

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

#[test]
fn a_large_file_that_is_replaced_on_its_way_is_refused() {
    for (name, stage) in crossings() {
        stage.publish('a', &large("0123456789abcdef"));
        let from = Meddled::around(&stage.from, "rel/a/a", 1, |bucket| {
            bucket.put(&key("rel/a/a"), "by hand").unwrap();
        });
        let end = stage.bring_on(&from, &stage.to, &to('a'));
        // A version that is kept can be read on.
        assert!(end.is_ok() || untouched(&stage), "{name}: {end:?}");
    }
    let mut unversioned = MemoryKind::s3_like();
    unversioned.truth.versioned = false;
    let stage = Stage::between(unversioned, MemoryKind::gcs_like());
    stage.publish('a', &large("0123456789abcdef"));
    let from = Meddled::around(&stage.from, "rel/a/a", 1, |bucket| {
        bucket.put(&key("rel/a/a"), "by hand").unwrap();
    });
    stage.bring_on(&from, &stage.to, &to('a')).unwrap_err();
    assert!(untouched(&stage));
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
