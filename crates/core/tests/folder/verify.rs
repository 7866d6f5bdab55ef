//! What verifying finds in a folder.

use crate::stage::{How, Stage, files, key, stages, to};
use futures_executor::block_on;
use promote_core::digest::Digest;
use promote_core::folder::{Checked, check};
use promote_core::port::{ErrorKind, Token};
use promote_testing::memory::MemoryKind;

fn found(stage: &Stage, deep: bool) -> Vec<String> {
    let recorded = stage.moved('a').source.sha256;
    told(block_on(check(&stage.to, &stage.target(), Some(recorded), deep)).unwrap())
}

fn told(checked: Checked) -> Vec<String> {
    [checked.wrong, checked.strays, checked.left_over].concat()
}

fn ready() -> Stage {
    let stage = Stage::within(MemoryKind::gcs_like());
    stage.publish('a', &files(&[("a", "1"), ("b", "2"), ("c", "3")]));
    stage.bring(&to('a')).unwrap();
    stage
}

#[test]
fn what_is_as_it_should_be_has_no_findings() {
    for (name, stage) in stages() {
        stage.publish('a', &files(&[("a", "1"), ("b", "2")]));
        stage.bring(&to('a')).unwrap();
        let none: Vec<String> = Vec::new();
        assert_eq!((found(&stage, false), found(&stage, true)), (none.clone(), none.clone()), "{name}");
        // A release's own folder, too, which has no tokens.
        let recorded = stage.moved('a').source.sha256;
        assert_eq!(
            told(block_on(check(&stage.from, &stage.release('a'), Some(recorded), true)).unwrap()),
            none,
            "{name}"
        );
    }
}

#[test]
fn changed_missing_and_stray_files_are_told() {
    let stage = ready();
    stage.by_hand("a", "9");
    stage.by_hand("b", "longer");
    stage.to.remove(&key("env/c"));
    stage.by_hand("d", "stray");
    let findings = found(&stage, false);
    assert_eq!(findings.len(), 4, "{findings:?}");
    assert_eq!(findings[0], "`c` is missing");
    assert!(findings[1].starts_with("`a` was written at 2026-01-05"), "{findings:?}");
    assert_eq!(findings[2], "`b` has 6 bytes instead of 1");
    assert_eq!(findings[3], "`d` is not the release's");
}

#[test]
fn only_reading_finds_what_the_tokens_hide() {
    // In an S3-like store the token follows from the content, so it takes a wrong manifest to hide a change.
    let stage = ready();
    stage.by_hand("a", "9");
    let mut manifest = stage.manifest().unwrap();
    manifest.files[0].token = Some(stage.to.snapshot()[&key("env/a")].0.token.clone());
    stage.to.put(&stage.target().key, manifest.to_bytes()).unwrap();
    assert_eq!(found(&stage, false), Vec::<String>::new());
    assert_eq!(found(&stage, true), ["`a` has other content"]);
}

#[test]
fn a_manifest_that_is_not_the_ledgers_is_told() {
    let stage = ready();
    let other = told(block_on(check(&stage.to, &stage.target(), Some(Digest::of(b"other")), false)).unwrap());
    assert!(other.len() == 1 && other[0].contains("the ledger says"), "{other:?}");
    let mut manifest = stage.manifest().unwrap();
    manifest.of = Some(Digest::of(b"other"));
    stage.to.put(&stage.target().key, manifest.to_bytes()).unwrap();
    let findings = found(&stage, false);
    assert!(findings.len() == 1 && findings[0].contains("but its files are those of"), "{findings:?}");
    stage.to.put(&stage.target().key, "rubbish").unwrap();
    assert!(found(&stage, false)[0].contains("in place of the manifest"));
    stage.to.remove(&stage.target().key);
    assert_eq!(found(&stage, false), ["`memory://m/env/` has no manifest"]);
    let mut object = stage.target();
    object.key = key("env/x.zip");
    assert_eq!(block_on(check(&stage.to, &object, None, false)).unwrap_err().kind, ErrorKind::Invalid);
}

#[test]
fn of_many_findings_the_first_are_told() {
    let stage = Stage::within(MemoryKind::gcs_like());
    let many: Vec<(String, String)> = (0..100).map(|n| (format!("f{n:03}"), "x".to_owned())).collect();
    stage.publish('a', &many.into_iter().collect());
    stage.bring(&to('a')).unwrap();
    let mut manifest = stage.manifest().unwrap();
    for file in &mut manifest.files {
        file.token = Some(Token("other".to_owned()));
    }
    stage.to.put(&stage.target().key, manifest.to_bytes()).unwrap();
    let findings = found(&stage, false);
    assert_eq!(findings.len(), 21);
    assert_eq!(findings[20], "80 more files were changed");
}

#[test]
fn what_an_earlier_release_had_is_left_over() {
    for (name, stage) in stages() {
        stage.publish('a', &files(&[("a", "1"), ("old", "2"), ("old-too", "3")]));
        stage.bring(&to('a')).unwrap();
        stage.publish('b', &files(&[("a", "1")]));
        stage.bring(&How { prune: false, ..to('b') }).unwrap();
        let recorded = stage.moved('b').source.sha256;
        let look = |deep| block_on(check(&stage.to, &stage.target(), Some(recorded), deep)).unwrap();
        let left = ["`old` is left over".to_owned(), "`old-too` is left over".to_owned()];
        for deep in [false, true] {
            let wanted = Checked { left_over: left.to_vec(), ..Checked::default() };
            assert_eq!(look(deep), wanted, "{name}");
        }
        // Written over by hand it is nobody's any more, and so is what nobody promoted.
        stage.by_hand("old", "9");
        stage.by_hand("hand", "9");
        let found = look(true);
        let strays = ["`hand` is not the release's".to_owned(), "`old` is not the release's".to_owned()];
        assert_eq!((&found.strays[..], &found.left_over[..]), (&strays[..], &left[1..]), "{name}");
    }
}
