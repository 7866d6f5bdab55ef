//! What verifying says of the folders that releases were published as.

use crate::published::{IN_PLACE, POINTER, done, file, foreign, kinds, older, read, silent_kinds, to};
use crate::stage::{Stage, files, name};
use futures_executor::block_on;
use promote_core::decorator::Method;
use promote_core::report::{Depth, VerifyReport, verify};

fn report(stage: &Stage, bytes: bool) -> (VerifyReport, Vec<String>) {
    let (world, log) = stage.recorded();
    let depth = Depth { bytes, ..Depth::default() };
    let report = block_on(verify(&world.view(), &stage.config, &[], depth)).unwrap();
    (report, read(&log))
}

/// What is told of the source of a release: its state, and what differs inside.
fn told(report: &VerifyReport, digit: char) -> (bool, &'static str, Vec<String>) {
    let sources = report.sources.as_ref().unwrap();
    let found = sources.iter().find(|source| source.sha.starts_with(digit)).unwrap();
    (found.matches, found.state, found.inside.clone())
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn verifying_reads_nothing_where_every_token_is_the_one_that_was_noted() {
    for shape in [IN_PLACE, POINTER] {
        for (what, kind) in kinds() {
            let stage = Stage::ready_with(shape, kind);
            let (report, read) = report(&stage, false);
            assert!(report.matches, "{what}: {report:?}");
            assert_eq!(
                (told(&report, 'a'), told(&report, 'b')),
                ((true, "same", none()), (true, "same", none()))
            );
            assert_eq!(read, none(), "{what}");
        }
    }
}

#[test]
fn verifying_says_which_files_of_a_source_differ() {
    for (what, kind) in kinds() {
        let stage = Stage::ready_with(POINTER, kind);
        stage.store.remove(&file('b', "always.txt", "rules"));
        stage.store.put(&file('b', "only-b.txt", "rules"), "longer").unwrap();
        stage.store.put(&file('b', "x.py", "rules"), "foreign").unwrap();
        let (report, read) = report(&stage, false);
        assert!(!report.matches, "{what}");
        let (matches, state, inside) = told(&report, 'b');
        assert_eq!((matches, state, inside.len()), (false, "other", 3), "{what}: {inside:?}");
        assert!(inside[0].ends_with("/always.txt` is missing"), "{what}: {inside:?}");
        assert!(inside[1].contains("/only-b.txt` has 6 bytes"), "{what}: {inside:?}");
        assert!(inside[2].contains("/x.py` was not published"), "{what}: {inside:?}");
        assert_eq!(told(&report, 'a'), (true, "same", none()), "{what}");
        assert_eq!(read, none(), "{what}");
    }
}

#[test]
fn verifying_bytes_reads_every_file_of_a_source() {
    for (what, kind) in kinds() {
        let stage = Stage::ready_with(POINTER, kind);
        done(&stage, to("prod", 'b'), what);
        let (report_of_all, read) = report(&stage, true);
        assert!(report_of_all.matches, "{what}: {report_of_all:?}");
        assert_eq!(read, ["always.txt", "deep/changes.yaml", "only-b.txt"], "{what}");
        stage.store.put(&file('b', "always.txt", "rules"), foreign('b', "always.txt")).unwrap();
        let (report, _) = report(&stage, true);
        let (matches, state, inside) = told(&report, 'b');
        assert_eq!(
            (report.matches, matches, state, inside.len()),
            (false, false, "other", 1),
            "{what}: {inside:?}"
        );
        assert!(inside[0].contains("/always.txt` holds sha256:"), "{what}: {inside:?}");
    }
}

#[test]
fn verifying_bytes_reads_every_file_of_a_folder_in_place() {
    for (what, kind) in kinds() {
        let stage = Stage::ready_with(IN_PLACE, kind);
        let (world, log) = stage.recorded();
        let depth = Depth { bytes: true, ..Depth::default() };
        let report = block_on(verify(&world.view(), &stage.config, &[name("prod")], depth)).unwrap();
        assert!(report.matches, "{what}: {report:?}");
        for path in files('a').keys() {
            let place = format!("live/prod/{path}");
            let reads =
                log.calls().iter().filter(|call| call.key == place && call.method == Method::Read).count();
            assert_eq!(reads, 1, "{what}: {path}");
        }
    }
}

#[test]
fn a_file_that_was_written_again_is_named_until_its_bytes_are_known() {
    let stage = Stage::ready_with(POINTER, promote_core::memory::MemoryKind::gcs_like());
    stage.store.put(&file('b', "always.txt", "rules"), files('b')["always.txt"].clone()).unwrap();
    let (before, _) = report(&stage, false);
    let (matches, state, inside) = told(&before, 'b');
    assert_eq!((matches, state), (false, "rewritten"));
    assert!(inside[0].contains("/always.txt` was written again"), "{inside:?}");
    assert_eq!(told(&report(&stage, true).0, 'b'), (true, "same", none()));
    // The next promotion finds it out, and remembers it.
    done(&stage, to("prod", 'b'), "to prod");
    assert_eq!(told(&report(&stage, false).0, 'b'), (true, "same", none()));
}

#[test]
fn a_folder_published_by_an_older_version_is_said_to_be_unread() {
    for (what, kind) in silent_kinds() {
        let stage = Stage::ready_with(POINTER, kind);
        older(&stage, 'b', "rules");
        let (report, read) = report(&stage, false);
        let (matches, state, inside) = told(&report, 'b');
        assert_eq!(
            (report.matches, matches, state, inside.len()),
            (true, true, "unread", 1),
            "{what}: {inside:?}"
        );
        assert!(inside[0].contains("`promote verify --bytes` reads them"), "{what}: {inside:?}");
        assert_eq!(read, none(), "{what}");
    }
}
