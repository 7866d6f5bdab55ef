//! How many requests a release of several artifacts needs.

use crate::stage::{End, Stage, actor, name, run, wanted};
use futures_executor::block_on;
use promote_core::decorator::{Call, Method};
use promote_core::memory::MemoryKind;
use promote_core::request::Request;

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
    let (world, log) = stage.recorded();
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let end = block_on(run(&world, &stage.config, request));
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
        let (world, log) = stage.recorded();
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        let end = block_on(run(&world, &stage.config, request));
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
