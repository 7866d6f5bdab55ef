//! How many requests a folder of ten thousand files costs.

use crate::stage::{Files, How, Stage, to};
use promote_testing::decorator::{Log, Method, Recording};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

/// Ten thousand files in thirty folders, and the manifest: eleven pages.
const FILES: usize = 10_000;
const PAGES: usize = 11;

fn many(version: impl Fn(usize) -> usize) -> Files {
    (0..FILES)
        .map(|n| (format!("team{:02}/service-{n:05}.yaml", n % 30), format!("version {}", version(n))))
        .collect()
}

/// Brings the stage to a release and returns what was sent: to the source, to the target.
fn sent(stage: &Stage, how: &How<'_>) -> (Log, Log) {
    let (from, target) = (Log::new(), Log::new());
    let source = Recording::around(Arc::new(stage.from.clone()), from.clone());
    let recorded = Recording::around(Arc::new(stage.to.clone()), target.clone());
    stage.bring_on(&source, &recorded, how).unwrap();
    (from, target)
}

fn count(log: &Log, method: Method) -> usize {
    log.calls().iter().filter(|call| call.method == method).count()
}

#[test]
fn a_folder_that_is_right_costs_its_pages_and_two() {
    // Whoever has not planned it reads the manifest first.
    for (kind, known, more, rounds) in [
        (MemoryKind::s3_like(), true, 1, 2),
        (MemoryKind::gcs_like(), true, 1, 2),
        (MemoryKind::s3_like(), false, 2, 3),
        (MemoryKind::gcs_like(), false, 2, 3),
    ] {
        let stage = Stage::within(kind);
        stage.publish('a', &many(|_| 1));
        stage.bring(&to('a')).unwrap();
        // Another commit with the same folder.
        stage.publish('b', &many(|_| 1));
        let (from, target) = sent(&stage, &How { known, ..to('b') });
        println!(
            "no-op of {FILES} files: {} requests, {} one after the other",
            target.total(),
            target.rounds()
        );
        assert_eq!(from.total(), 0, "{:?}", from.calls());
        assert_eq!(target.total(), PAGES + more);
        assert_eq!(count(&target, Method::List), PAGES);
        assert_eq!(target.rounds(), rounds);
    }
}

#[test]
fn after_a_fresh_render_only_what_changed_is_sent() {
    let stage = Stage::between(MemoryKind::local_like(), MemoryKind::gcs_like());
    stage.publish('a', &many(|_| 1));
    stage.bring(&to('a')).unwrap();
    stage.publish('b', &many(|n| 1 + usize::from(n % 100 == 0)));
    let (from, target) = sent(&stage, &to('b'));
    println!("1 % of {FILES} files changed, between stores: {} requests to the target", target.total());
    assert_eq!(count(&target, Method::Write), 100 + 1);
    assert_eq!(target.total(), PAGES + 100 + 1);
    // The content of what changed.
    assert_eq!((count(&from, Method::Get), from.total()), (100, 100));
}

#[test]
fn inside_a_store_nothing_is_read_and_few_are_looked_up() {
    let stage = Stage::within(MemoryKind::gcs_like());
    stage.publish('a', &many(|_| 1));
    stage.bring(&to('a')).unwrap();
    for (digit, every, looks) in [('b', 2000, (5, 0)), ('c', 100, (0, PAGES))] {
        stage.publish(digit, &many(|n| if n % every == 0 { digit as usize } else { 1 }));
        let (from, target) = sent(&stage, &to(digit));
        println!(
            "one in {every} of {FILES} changed, inside a store: {} + {} requests",
            from.total(),
            target.total()
        );
        assert_eq!(count(&target, Method::Copy), FILES / every, "{digit}");
        assert_eq!((count(&from, Method::Head), count(&from, Method::List)), looks, "{digit}");
        assert_eq!(count(&from, Method::Get), 0, "{digit}");
        assert_eq!(target.total(), PAGES + FILES / every + 1, "{digit}");
        stage.bring(&to('a')).unwrap();
    }
}
