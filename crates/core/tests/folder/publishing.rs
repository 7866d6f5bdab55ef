//! Publishing a folder: once and for ever.

use crate::stage::{Stage, commit, entries, files, key, kinds, put};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::folder::Entry;
use promote_core::port::{Body, ErrorKind};
use promote_testing::decorator::{Fault, FaultPlan, Faulty, Log, Method, Recording};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

fn body(text: &str) -> Body {
    Body::Bytes(text.to_owned().into())
}

#[test]
fn a_repeat_writes_nothing_and_other_bytes_are_refused() {
    for (name, kind) in kinds() {
        let stage = Stage::within(kind);
        let one = files(&[("a.json", "{}"), ("b/run.sh", "#!")]);
        stage.publish('a', &one);
        let before = stage.from.snapshot();
        let log = Log::new();
        let recorded = Recording::around(Arc::new(stage.from.clone()), log.clone());
        block_on(put(&recorded, &stage.release('a'), &commit('a'), entries(&one))).unwrap();
        assert!(log.calls().iter().all(|call| call.method != Method::Write), "{name}: {:?}", log.calls());
        for other in [files(&[("a.json", "[]"), ("b/run.sh", "#!")]), files(&[("a.json", "{}")]), files(&[])]
        {
            let failure =
                block_on(put(&stage.from, &stage.release('a'), &commit('a'), entries(&other))).unwrap_err();
            assert_eq!(failure.exit, ExitStatus::Conflict, "{name}");
            assert_eq!(failure.message, "release aaaaaaaaaaaa was published with other bytes", "{name}");
        }
        assert_eq!(stage.from.snapshot(), before, "{name}");
    }
}

#[test]
fn the_right_to_run_is_part_of_the_release() {
    let stage = Stage::within(MemoryKind::gcs_like());
    let entry = |executable| vec![Entry::new("run", executable, body("#!")).unwrap()];
    block_on(put(&stage.from, &stage.release('a'), &commit('a'), entry(true))).unwrap();
    let failure = block_on(put(&stage.from, &stage.release('a'), &commit('a'), entry(false))).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Conflict);
}

#[test]
fn files_of_an_earlier_try_are_kept_when_they_are_right_and_refused_when_not() {
    for (name, kind) in kinds() {
        let stage = Stage::within(kind);
        stage.from.put(&key("rel/a/a"), "1").unwrap();
        let token = stage.from.snapshot()[&key("rel/a/a")].0.token.clone();
        stage.publish('a', &files(&[("a", "1"), ("b", "2")]));
        assert_eq!(stage.from.snapshot()[&key("rel/a/a")].0.token, token, "{name}");
        stage.from.put(&key("rel/b/a"), "other").unwrap();
        let failure =
            block_on(put(&stage.from, &stage.release('b'), &commit('b'), entries(&files(&[("a", "1")]))))
                .unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Conflict, "{name}");
        assert!(failure.state[0].contains("`rel/b/a` contains sha256:"), "{name}: {:?}", failure.state);
        assert!(!stage.from.keys().contains(&stage.release('b').key), "{name}");
    }
}

#[test]
fn what_must_not_be_published_is_refused_by_name() {
    let stage = Stage::within(MemoryKind::gcs_like());
    for bad in [
        "gha-creds-0123456789abcdef.json",
        "sub/gha-creds-x.json",
        ".git/config",
        "sub/.git/HEAD",
        ".git",
        "../x",
        "a//b",
        "/etc/passwd",
        "a\nb",
        "",
    ] {
        let failure = Entry::new(bad, false, body("x")).unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Usage, "{bad}");
        let cause = failure.source.as_ref().map(ToString::to_string).unwrap_or_default();
        let shown = bad.replace('\n', "");
        let said = format!("{failure} {cause}").replace("\\n", "");
        assert!(said.contains(&shown), "{bad}: {said}");
        // Also when the entry was made by hand.
        if let Ok(path) = bad.parse() {
            let entry = Entry { path, executable: false, body: body("x") };
            assert!(
                block_on(put(&stage.from, &stage.release('a'), &commit('a'), vec![entry])).is_err(),
                "{bad}"
            );
        }
    }
    for own in [".promote-folder.json", "x/.promote-folder.json", ".promote/x", "a", "a/b"] {
        let entries =
            vec![Entry::new("a", false, body("x")).unwrap(), Entry::new(own, false, body("x")).unwrap()];
        let bad = if own == "a/b" { "a/b" } else { own };
        let failure = block_on(put(&stage.from, &stage.release('a'), &commit('a'), entries)).unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Usage, "{own}");
        assert!(failure.source.unwrap().to_string().contains(bad), "{own}");
    }
    assert!(stage.from.keys().is_empty());
    for fine in [".github/workflows/x.yaml", ".gitignore", "gha-creds.txt", ".env"] {
        Entry::new(fine, false, body("x")).unwrap();
    }
}

#[test]
fn a_key_that_no_store_takes_is_refused_before_anything_is_written() {
    let stage = Stage::within(MemoryKind::gcs_like());
    let long = "a".repeat(1020);
    let failure = block_on(put(
        &stage.from,
        &stage.release('a'),
        &commit('a'),
        vec![Entry::new("0", false, body("x")).unwrap(), Entry::new(&long, false, body("x")).unwrap()],
    ))
    .unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Usage);
    assert!(stage.from.keys().is_empty());
}

#[test]
fn an_empty_folder_is_one_too() {
    let stage = Stage::within(MemoryKind::local_like());
    stage.publish('a', &files(&[]));
    stage.by_hand("x", "y");
    stage.bring(&crate::stage::to('a')).unwrap();
    stage.holds('a', &files(&[]), "empty");
}

#[test]
fn a_store_that_is_busy_for_some_time_ends_no_publication() {
    for (name, kind) in kinds() {
        let one = files(&[("a.json", "{}")]);
        let publish = |faults: FaultPlan| {
            let (stage, log) = (Stage::within(kind.clone()), Log::new());
            let faulty = Faulty::around(Arc::new(stage.from.clone()), faults);
            let recorded = Recording::around(Arc::new(faulty), log.clone());
            let end = block_on(put(&recorded, &stage.release('a'), &commit('a'), entries(&one)));
            (end.map(|_| ()), log)
        };
        let (end, log) = publish(FaultPlan::new());
        end.unwrap();
        let writes = || (1..).zip(log.calls()).filter(|(_, call)| call.method == Method::Write);
        let (file, _) = writes().next().unwrap();
        let busy = |count: usize| {
            let busy = Fault::RequestLost(ErrorKind::Unavailable);
            (file..file + count).fold(FaultPlan::new(), |plan, call| plan.with(call, busy))
        };
        publish(busy(6)).0.unwrap();
        assert_eq!(publish(busy(7)).0.unwrap_err().exit, ExitStatus::Failed, "{name}");
    }
}
