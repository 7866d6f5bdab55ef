//! A check of a whole ledger: whatever lies below its root is held against what names it.

use crate::stage::{End, Stage, actor, commit, name};
use bytes::Bytes;
use futures_executor::block_on;
use promote_core::config::Config;
use promote_core::ledger::LedgerReader;
use promote_core::location::Key;
use promote_core::marks::block;
use promote_core::report::{CheckedLedger, check_ledger, check_ledger_in_parts};
use promote_core::request::{Request, Wanted};
use promote_core::retention::{pin, unpin};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

const ROOT: &str = ".promote/shop";

/// Five releases: `a` and `b` moved without a word, `c` is blocked, `d` was blocked, freed and pinned before it moved, and
/// of `e` nothing is said.
fn stage(kind: MemoryKind) -> Stage {
    let stage = Stage::ready(kind);
    let mut request = Request::promote(name("prod"), Wanted::Unnamed, actor("bob"));
    request.reason = Some("because".to_owned());
    let ports = stage.ports();
    for on in [true, false, true, false] {
        assert!(block_on(block(&ports, &stage.config, &commit('d'), on, &request)).unwrap());
    }
    block_on(pin(&ports, &stage.config, &commit('d'), Some("audit"), &actor("bob"))).unwrap();
    block_on(unpin(&ports, &stage.config, &commit('d'), Some("over"), &actor("bob"))).unwrap();
    block_on(pin(&ports, &stage.config, &commit('d'), Some("audit"), &actor("bob"))).unwrap();
    assert!(block_on(block(&ports, &stage.config, &commit('c'), true, &request)).unwrap());
    assert!(matches!(stage.to("staging", 'd'), End::Done(_)));
    stage
}

fn reader(stage: &Stage) -> LedgerReader {
    LedgerReader::new(Arc::new(stage.bucket.clone()), ROOT.parse().unwrap())
}

fn lanes(config: &Config) -> Vec<promote_core::names::LaneName> {
    config.lanes.iter().map(|lane| lane.name.clone()).collect()
}

fn check(stage: &Stage) -> CheckedLedger {
    block_on(check_ledger(&reader(stage), &lanes(&stage.config))).unwrap()
}

/// All faults in words.
fn faults(stage: &Stage) -> Vec<String> {
    let found = check(stage);
    let faults: Vec<String> =
        found.chains.iter().flat_map(|chain| &chain.faults).chain(&found.ledger.faults).cloned().collect();
    assert_eq!(found.intact(), faults.is_empty());
    // However few names fit at once, the same is found.
    for most in [1, 3] {
        let again = block_on(check_ledger_in_parts(&reader(stage), &lanes(&stage.config), most)).unwrap();
        let (mut one, mut other) = (found.ledger.faults.clone(), again.ledger.faults.clone());
        one.sort();
        other.sort();
        assert_eq!((one, &again.chains), (other, &found.chains), "{most} at once");
        assert_eq!(again.ledger.objects, found.ledger.objects);
        assert_eq!(again.ledger.unnamed_words, found.ledger.unnamed_words);
    }
    faults
}

fn key(rest: &str) -> Key {
    format!("{ROOT}/{rest}").parse().unwrap()
}

fn about(digit: char, rest: &str) -> String {
    format!("releases/{}/{rest}", commit(digit))
}

fn bytes(stage: &Stage, rest: &str) -> Bytes {
    stage.bucket.bytes(&key(rest)).unwrap_or_else(|| panic!("{rest} is not there"))
}

/// What is found when one object is changed so that it can still be read.
fn changed(stage: &Stage, rest: &str, from: &str, to: &str) -> Vec<String> {
    let before = bytes(stage, rest);
    let text = String::from_utf8(before.to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    stage.bucket.put(&key(rest), text.replace(from, to)).unwrap();
    let found = faults(stage);
    stage.bucket.put(&key(rest), before).unwrap();
    found
}

fn missing(stage: &Stage, rest: &str) -> Vec<String> {
    let before = bytes(stage, rest);
    stage.bucket.remove(&key(rest));
    let found = faults(stage);
    stage.bucket.put(&key(rest), before).unwrap();
    found
}

#[track_caller]
fn tells(found: &[String], words: &[&str]) {
    assert!(found.iter().any(|fault| words.iter().all(|word| fault.contains(word))), "{words:?}: {found:?}");
}

#[test]
fn a_sound_ledger_has_no_fault_and_says_what_nothing_proves() {
    for kind in [MemoryKind::local_like(), MemoryKind::gcs_like(), MemoryKind::by_folder()] {
        let stage = stage(kind);
        assert_eq!(faults(&stage), [""; 0]);
        let found = check(&stage);
        assert_eq!(
            found.ledger.objects as usize,
            stage.bucket.keys().iter().filter(|key| key.as_str().starts_with(ROOT)).count()
        );
        assert_eq!((found.ledger.releases, found.ledger.words), (5, 8));
        // `c` is named by its block; `e` by nothing.
        assert_eq!((found.ledger.unnamed_manifests, found.ledger.named_by_artifacts), (1, 0));
        assert_eq!(found.ledger.unnamed_words, 1, "the block of `c`");
        assert!(!found.ledger.not_found.is_empty());
        assert_eq!(found.project, "shop");
        let names: Vec<&str> = found.chains.iter().map(|chain| chain.lane.as_str()).collect();
        assert_eq!(names, ["staging", "prod"], "in the order of the file");
        assert!(found.chains.iter().all(|chain| chain.newest.is_some() && chain.records > 0));
    }
}

#[test]
fn changed_missing_and_foreign_manifests_are_found() {
    let stage = stage(MemoryKind::s3_like());
    for digit in ['a', 'b', 'd'] {
        let rest = about(digit, "manifest.json");
        tells(
            &changed(&stage, &rest, "work on", "play on"),
            &["manifest", commit(digit).short(12), "changed"],
        );
        tells(&missing(&stage, &rest), &["manifest", commit(digit).short(12), "missing"]);
    }
    // A block names the manifest of what never moved.
    tells(
        &changed(&stage, &about('c', "manifest.json"), "work on", "play on"),
        &["manifest", "cccc", "changed"],
    );
    tells(&missing(&stage, &about('c', "manifest.json")), &["manifest", "cccc", "missing"]);
    let other = bytes(&stage, &about('b', "manifest.json"));
    stage.bucket.put(&key(&about('f', "manifest.json")), other).unwrap();
    tells(&faults(&stage), &["manifest", "ffff", "another release"]);
    stage.bucket.put(&key(&about('f', "manifest.json")), "{}").unwrap();
    tells(&faults(&stage), &["manifest", "ffff", "can't be read"]);
}

#[test]
fn changed_missing_and_foreign_blocks_lifted_blocks_and_pins_are_found() {
    let stage = stage(MemoryKind::gcs_like());
    for (word, last) in [("block", 4), ("pin", 3)] {
        for number in 1..=last {
            let rest = about('d', &format!("{word}/{number:06}.json"));
            let found = changed(&stage, &rest, "\"bob\"", "\"eve\"");
            assert!(!found.is_empty(), "{rest}");
            tells(&missing(&stage, &rest), &[&format!("{word}/{number:06}.json"), "missing"]);
            // Two readers could read it differently.
            tells(&changed(&stage, &rest, "\"by\":", "\"by\": \"y\", \"by\":"), &["named twice"]);
        }
    }
    // Not what it must be, and not where it must be.
    for (rest, what) in [
        (about('a', "block/1.json"), "nothing that belongs in a ledger"),
        (about('a', "notes.txt"), "nothing that belongs in a ledger"),
        ("lanes/prod/log/note.json".to_owned(), "nothing that belongs in a ledger"),
        ("lanes/PROD/log/999/999/999/998.json".to_owned(), "nothing that belongs in a ledger"),
        ("approvals/x.json".to_owned(), "nothing that belongs in a ledger"),
        ("probes/0123456789abcdef.json".to_owned(), "not what a probe found"),
        (about('b', "gone.json"), "never begun"),
        (about('b', "erase/000001.json"), "no doom"),
        (about('b', "pin/000003.json"), "pin/000002.json"),
        (about('f', "block/000001.json"), "manifest"),
    ] {
        let said = r#"{"reason":"x","by":"eve","at":"2026-01-05T09:00:00Z"}"#;
        stage.bucket.put(&key(&rest), said).unwrap();
        tells(&faults(&stage), &[what]);
        stage.bucket.remove(&key(&rest));
    }
    assert_eq!(faults(&stage), [""; 0]);
}

#[test]
fn swapped_renamed_missing_and_unreadable_records_are_found() {
    let stage = stage(MemoryKind::by_folder());
    let record = |number: u64| format!("lanes/staging/log/999/999/999/{}.json", 999 - number);
    let (one, two) = (bytes(&stage, &record(2)), bytes(&stage, &record(3)));
    stage.bucket.put(&key(&record(2)), two.clone()).unwrap();
    stage.bucket.put(&key(&record(3)), one.clone()).unwrap();
    let swapped = faults(&stage);
    tells(&swapped, &["record 2 can't be read", "another lane or number"]);
    tells(&swapped, &["record 3 can't be read", "another lane or number"]);
    stage.bucket.put(&key(&record(2)), one.clone()).unwrap();
    stage.bucket.put(&key(&record(3)), two).unwrap();
    assert_eq!(faults(&stage), [""; 0]);
    // Under another number, in another lane, under the highest number that there is.
    stage.bucket.remove(&key(&record(2)));
    assert_eq!(faults(&stage), ["record 2 is missing"]);
    for place in [
        record(9),
        "lanes/prod/log/999/999/999/900.json".to_owned(),
        "lanes/staging/log/000/000/000/000.json".to_owned(),
    ] {
        stage.bucket.put(&key(&place), one.clone()).unwrap();
        let found = faults(&stage);
        tells(&found, &["can't be read", "another lane or number"]);
        tells(&found, &["missing"]);
        stage.bucket.remove(&key(&place));
    }
    stage.bucket.put(&key(&record(2)), "{}").unwrap();
    tells(&faults(&stage), &["record 2 can't be read"]);
}

#[test]
fn a_ledger_of_an_earlier_version_is_sound_and_its_manifests_are_named_by_their_artifacts() {
    let stage = stage(MemoryKind::s3_like());
    // What was said of it there had no digest of what came before.
    let rest = about('e', "manifest.json");
    assert_eq!(changed(&stage, &rest, "work on", "play on"), [""; 0], "nothing names it");
    let said = r#"{"reason":"x","by":"eve","at":"2026-01-05T09:00:00Z"}"#;
    for number in 1..=3 {
        stage.bucket.put(&key(&about('e', &format!("block/{number:06}.json"))), said).unwrap();
    }
    assert_eq!(faults(&stage), [""; 0]);
    assert_eq!(check(&stage).ledger.unnamed_manifests, 1, "words without digests name nothing");
}
