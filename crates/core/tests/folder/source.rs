//! Whether a release's own folder still holds what was published: told by tokens, and by bytes where these tell nothing.

use crate::stage::{Files, Stage, commit, entries, files, key, kinds};
use futures_executor::block_on;
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;
use promote_core::folder::source::{Part, Reads, judge, known, objects, read};
use promote_core::folder::{FolderManifest, NOTED, Publishing, Put, SCHEMA, SourceFindings};
use promote_testing::decorator::{Log, Method, Recording};
use promote_testing::memory::MemoryKind;
use std::collections::BTreeMap;
use std::sync::Arc;

fn three() -> Files {
    files(&[("a", "one"), ("b/c", "two"), ("d", "six")])
}

/// Stores that tell no digest of a file: an S3-like one without checksums, and Google's.
fn silent() -> [(&'static str, MemoryKind); 2] {
    let s3 = MemoryKind { vouches: false, ..MemoryKind::s3_like() };
    [("s3", s3), ("gcs", MemoryKind::gcs_like())]
}

/// Publishes for the first time, as far as the ledger knows.
fn first(stage: &Stage, files: &Files) -> Result<Put, promote_core::failure::Failure> {
    let (bucket, location, commit) = (&stage.from, &stage.release('a'), &commit('a'));
    let clock = &promote_testing::memory::VirtualClock::default();
    block_on(Publishing { bucket, location, commit, clock }.put(entries(files)))
}

/// Looks at all of the folder, and reads what must be read. Tells also how many files that were.
fn looked(stage: &Stage, manifest: &FolderManifest, part: &Part) -> (SourceFindings, usize, Log) {
    let log = Log::new();
    let recorded = Recording::around(Arc::new(stage.from.clone()), log.clone());
    let at = stage.release('a');
    let seen = block_on(objects(&recorded, &at, manifest, part)).unwrap();
    let mut looked = judge(manifest, part, &seen, &Reads::new());
    let unread = looked.unread.len();
    if unread > 0 {
        let reads = block_on(read(&recorded, &at, looked.unread, &|_| {})).unwrap();
        looked = judge(manifest, part, &seen, &reads);
    }
    (looked, unread, log)
}

#[test]
fn what_is_published_notes_a_token_for_each_file_and_keeps_its_identity() {
    let mut identities = Vec::new();
    for (name, kind) in kinds() {
        let stage = Stage::within(kind);
        let Put { manifest, object, vouched } = first(&stage, &three()).unwrap();
        assert!(vouched, "{name}");
        assert_eq!(manifest.schema, NOTED, "{name}");
        assert_eq!(object.size, manifest.to_bytes().len() as u64, "{name}");
        let there = stage.from.snapshot();
        for file in &manifest.files {
            let (object, _) = &there[&key(&format!("rel/a/{}", file.path))];
            assert_eq!(file.token.as_ref(), Some(&object.token), "{name}: {}", file.path);
        }
        let (_, stored) = block_on(FolderManifest::read(&stage.from, &stage.release('a'))).unwrap().unwrap();
        assert_eq!(stored, manifest, "{name}");
        assert_eq!(manifest.source().schema, SCHEMA, "{name}");
        identities.push(manifest.identity());
    }
    // The same files are the same release on every store.
    identities.dedup();
    assert_eq!(identities.len(), 1);
}

#[test]
fn one_listing_tells_that_nothing_changed() {
    for (name, kind) in kinds().into_iter().chain(silent()) {
        let stage = Stage::within(kind);
        let manifest = first(&stage, &three()).unwrap().manifest;
        let (looked, unread, log) = looked(&stage, &manifest, &Part::Whole);
        assert!(looked.faults.is_empty() && unread == 0, "{name}: {looked:?}");
        assert_eq!(log.calls().iter().map(|call| call.method).collect::<Vec<_>>(), [Method::List], "{name}");
    }
}

#[test]
fn only_the_files_that_were_written_again_are_read() {
    for (name, kind) in silent() {
        let stage = Stage::within(kind);
        let manifest = first(&stage, &three()).unwrap().manifest;
        stage.from.put(&key("rel/a/a"), "eno").unwrap();
        let (looked, unread, log) = looked(&stage, &manifest, &Part::Whole);
        assert_eq!(unread, 1, "{name}");
        assert_eq!(log.total(), 2, "{name}: {:?}", log.calls());
        let [changed] = looked.faults.changed.as_slice() else { panic!("{name}: {looked:?}") };
        assert_eq!((changed.file.path.as_str(), changed.sha256), ("a", Some(Digest::of(b"eno"))), "{name}");
        let told = looked.faults.told(&stage.release('a'));
        let wanted = format!(
            "`memory://m/rel/a/a` contains {}, and was published as {}",
            Digest::of(b"eno"),
            Digest::of(b"one")
        );
        assert_eq!(told, [wanted], "{name}");
    }
}

#[test]
fn the_same_bytes_that_were_put_there_again_are_right() {
    let stage = Stage::within(MemoryKind::gcs_like());
    let manifest = first(&stage, &three()).unwrap().manifest;
    stage.from.put(&key("rel/a/a"), "one").unwrap();
    let (found, unread, _) = looked(&stage, &manifest, &Part::Whole);
    assert!(found.faults.is_empty() && found.unread.is_empty() && unread == 1, "{found:?}");
    // What was found out is known from then on.
    let token = stage.from.snapshot()[&key("rel/a/a")].0.token.clone();
    let later = BTreeMap::from([(key("a"), token)]);
    let (found, unread, _) = looked(&stage, &known(&manifest, true, &later), &Part::Whole);
    assert!(found.faults.is_empty() && unread == 0, "{found:?}");
}

#[test]
fn missing_longer_and_foreign_files_are_told_without_reading() {
    for (name, kind) in silent() {
        let stage = Stage::within(kind);
        let manifest = first(&stage, &three()).unwrap().manifest;
        stage.from.remove(&key("rel/a/b/c"));
        stage.from.put(&key("rel/a/d"), "longer").unwrap();
        stage.from.put(&key("rel/a/x.py"), "foreign").unwrap();
        stage.from.put(&key("rel/a/.promote/x"), "promote's own").unwrap();
        let (found, unread, _) = looked(&stage, &manifest, &Part::Whole);
        assert_eq!(unread, 0, "{name}");
        assert_eq!(
            found.faults.told(&stage.release('a')),
            [
                "`memory://m/rel/a/b/c` is missing",
                "`memory://m/rel/a/d` has 6 bytes, and was published with 3",
                "`memory://m/rel/a/x.py` was not published, and whoever reads the folder would take it for a part of it",
            ],
            "{name}"
        );
        // Of files that are copied, only those matter.
        let (found, _, log) = looked(&stage, &manifest, &Part::Files(vec![key("a")]));
        assert!(found.faults.is_empty(), "{name}: {found:?}");
        assert_eq!(found.pins.keys().map(|path| path.as_str()).collect::<Vec<_>>(), ["a"], "{name}");
        assert_eq!(log.calls().iter().map(|call| call.method).collect::<Vec<_>>(), [Method::Head], "{name}");
    }
}

#[test]
fn of_many_faults_the_first_are_named_and_the_others_counted() {
    let stage = Stage::within(MemoryKind::gcs_like());
    let many: Files = (0..20).map(|n| (format!("f{n:02}"), "x".to_owned())).collect();
    let manifest = first(&stage, &many).unwrap().manifest;
    for n in 0..20 {
        stage.from.remove(&key(&format!("rel/a/f{n:02}")));
    }
    let (found, ..) = looked(&stage, &manifest, &Part::Whole);
    let told = found.faults.told(&stage.release('a'));
    assert_eq!(told.len(), 6);
    assert_eq!(
        (told[0].as_str(), told[5].as_str()),
        ("`memory://m/rel/a/f00` is missing", "15 more files are missing")
    );
}

#[test]
fn tokens_that_nobody_vouches_for_are_not_believed() {
    for (name, kind) in silent() {
        let stage = Stage::within(kind);
        let manifest = first(&stage, &three()).unwrap().manifest;
        let bare = known(&manifest, false, &BTreeMap::new());
        assert_eq!((bare.schema.as_str(), bare.identity()), (SCHEMA, manifest.identity()), "{name}");
        let (found, unread, _) = looked(&stage, &bare, &Part::Whole);
        assert!(found.faults.is_empty() && unread == 3, "{name}: {found:?}");
    }
}

#[test]
fn a_publication_that_finds_a_folder_which_the_ledger_does_not_know_looks_at_every_file() {
    for (name, kind) in silent() {
        let stage = Stage::within(kind);
        let before = first(&stage, &three()).unwrap();
        // Cut off before the ledger heard of it: the same again, and just as good.
        let again = first(&stage, &three()).unwrap();
        assert_eq!((again.vouched, &again.manifest), (true, &before.manifest), "{name}");
        // A file that was lost meanwhile is put there again, and the manifest's tokens are not all true any more where
        // every write has another one.
        stage.from.remove(&key("rel/a/d"));
        let again = first(&stage, &three()).unwrap();
        assert_eq!(stage.from.snapshot()[&key("rel/a/d")].1, "six", "{name}");
        assert_eq!(again.vouched, name == "s3", "{name}");
        // Somebody else's bytes are none of the release's, whatever the manifest says.
        stage.from.put(&key("rel/a/d"), "xis").unwrap();
        let failure = first(&stage, &three()).unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Conflict, "{name}");
        let wanted =
            format!("`rel/a/d` contains {}; this build is {}.", Digest::of(b"xis"), Digest::of(b"six"));
        assert_eq!(failure.state[0], wanted, "{name}");
    }
}
