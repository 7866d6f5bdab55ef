//! How many requests a release of several artifacts needs.

use crate::stage::{End, PROJECT, Stage, actor, name, run, wanted};
use futures_executor::block_on;
use promote_core::ledger::Override;
use promote_core::request::Request;
use promote_testing::decorator::{Call, Log, Method};
use promote_testing::memory::MemoryKind;
use std::time::Duration;

/// An image, a pointer to a folder, and a zip.
const THREE: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"
[artifact.image]
source = "registry.test/acme/shop:{sha:8}"
target = "registry.test/acme/shop:{env}"
[artifact.rules]
source = "memory://store/rules/{sha}/"
target = "memory://store/{env}/rules.json"
[artifact.app]
source = "memory://store/app/{sha}.zip"
target = "memory://store/{env}/app.zip"
"#;

#[test]
fn a_zip_an_image_and_a_pointer_need_few_requests() {
    let stage = Stage::ready_with(THREE, MemoryKind::s3_like());
    let (ports, log) = stage.recorded();
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let end = block_on(run(&ports, &stage.config, request));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    println!("zip, image and pointer: {} requests, {} one after the other", log.total(), log.rounds());
    assert!(log.rounds() <= 7, "{}: {:#?}", log.rounds(), log.calls());
    assert!(log.total() <= 20, "{}: {:#?}", log.total(), log.calls());
}

/// From the plan to the end: what lies there and what it holds by one request, the pages, the manifest.
#[test]
fn a_folder_in_place_costs_its_pages_what_changes_and_two_requests() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = Stage::ready(kind);
        let (ports, log) = stage.recorded();
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        let end = block_on(run(&ports, &stage.config, request));
        assert!(matches!(end, End::Done(_)), "{end:?}");
        let asked = |call: &Call| Some((call.method, call.key.strip_prefix("live/prod/")?.to_owned()));
        let mut all: Vec<_> = log.calls().iter().filter_map(asked).collect();
        // Those that go side by side are noted in any order.
        all.sort();
        let manifest = ".promote-folder.json".to_owned();
        let expected = [
            (Method::Get, manifest.clone()),
            (Method::List, String::new()),
            (Method::Write, manifest),
            (Method::Copy, "deep/changes.yaml".to_owned()),
            (Method::Copy, "only-b.txt".to_owned()),
            (Method::Delete, "only-a.txt".to_owned()),
        ];
        assert_eq!(all, expected);
    }
}

/// Moves a release to prod, whatever was there before, and counts.
fn moved(stage: &Stage, digit: char) -> Log {
    let (ports, log) = stage.recorded();
    let mut request = Request::promote(name("prod"), wanted(digit), actor("ann"));
    for rule in ["order", "from", "rolled-back"] {
        let reason = "back and forth".to_owned();
        request.overrides.push(Override { rule: rule.to_owned(), reason });
    }
    let end = block_on(run(&ports, &stage.config, request));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    log
}

/// What comes back again and again in a lane that is moved every other minute is told by the lane's newest record.
#[test]
fn a_busy_lane_needs_no_more_requests_than_a_quiet_one() {
    // A tag that stays the same lies in another store than the ledger, whose times are compared with some slack.
    for (file, apart) in [(PROJECT, 100), (THREE, 400)] {
        for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
            let stage = Stage::ready_with(file, kind);
            let quiet = ['b', 'a'].map(|digit| {
                stage.clock.advance(Duration::from_secs(24 * 3600));
                moved(&stage, digit).total()
            });
            for _ in 0..10 {
                for (digit, quiet) in ['b', 'a'].into_iter().zip(quiet) {
                    stage.clock.advance(Duration::from_secs(apart));
                    let log = moved(&stage, digit);
                    assert_eq!(log.total(), quiet, "{digit}: {:#?}", log.calls());
                }
            }
        }
    }
}

/// Within a minute it is waited, and what may have been undone is looked at once more; no record is read for it.
#[test]
fn what_comes_back_at_once_reads_no_record_more() {
    let reads = |log: &Log| {
        let read = |call: &&Call| {
            matches!(call.method, Method::Get | Method::List) && call.key.contains("/lanes/prod/log")
        };
        log.calls().iter().filter(read).count()
    };
    for file in [PROJECT, THREE] {
        for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
            let stage = Stage::ready_with(file, kind);
            stage.clock.advance(Duration::from_secs(24 * 3600));
            let quiet = reads(&moved(&stage, 'b'));
            for digit in ['a', 'b', 'a', 'b'] {
                stage.clock.advance(Duration::from_secs(5));
                let log = moved(&stage, digit);
                // Each target that was waited for is looked at once more, and that nobody took over meanwhile.
                let waited = stage.config.environments[&name("prod")].artifacts.len();
                let found = reads(&log);
                assert!(found <= quiet + 2 * waited, "{found} {quiet}: {:#?}", log.calls());
            }
        }
    }
}
