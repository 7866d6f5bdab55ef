//! Ledgers that are not what they should be: blocks on later pages, records of another ledger, another project.

use crate::stage::{End, Stage, actor, commit, name, run, wanted};
use futures_executor::block_on;
use promote_core::config::{Diagnostic, ReadContext, read};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::decide;
use promote_core::ledger::Block;
use promote_core::ledger::{Ledger, LedgerError, Override, Word, key};
use promote_core::location::Key;
use promote_core::marks::{EnvironmentMark, adopt, block, say as say_of};
use promote_core::plan::Decision;
use promote_core::port::{ErrorKind, ProviderError};
use promote_core::request::{Request, Wanted};
use promote_core::retention::pin;
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

fn root() -> Key {
    ".promote/shop".parse().unwrap()
}

fn to_prod() -> Request {
    Request::promote(name("prod"), wanted('b'), actor("ann"))
}

fn is_blocked(stage: &Stage) -> bool {
    let (snapshot, decision) = block_on(decide(&stage.ports().view(), &stage.config, &to_prod())).unwrap();
    let refused = matches!(decision, Decision::Refused(_));
    assert_eq!(snapshot.candidate.blocked.is_some(), refused);
    refused
}

fn say(stage: &Stage, blocked: bool) -> bool {
    let request = Request { reason: Some("bad".to_owned()), ..to_prod() };
    block_on(block(&stage.ports(), &stage.config, &commit('b'), blocked, &request)).unwrap()
}

#[test]
fn a_release_is_blocked_and_unblocked_in_turn() {
    let stage = Stage::ready(MemoryKind::s3_like());
    assert!(!is_blocked(&stage));
    assert!(!say(&stage, false), "it is not blocked");
    for _ in 0..3 {
        assert!(say(&stage, true));
        assert!(!say(&stage, true), "it is blocked already");
        assert!(is_blocked(&stage));
        assert!(say(&stage, false));
        assert!(!is_blocked(&stage));
    }
}

#[test]
fn a_block_is_seen_however_often_it_was_lifted_before() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let said = serde_json::to_vec(&Block {
        reason: "bad".to_owned(),
        by: "bob".to_owned(),
        at: "2026-01-05T09:00:00Z".parse().unwrap(),
    })
    .unwrap();
    for number in 1..=2_501 {
        stage.bucket.put(&Word::Block.key(&root(), &commit('b'), number).unwrap(), said.clone());
        if [99, 101, 999, 1_001, 2_001, 2_501].contains(&number) {
            assert!(is_blocked(&stage), "entry {number}");
        }
    }
    assert!(say(&stage, false), "and it can be lifted");
    assert!(!is_blocked(&stage));
}

#[test]
fn an_entry_that_can_not_be_read_still_blocks() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let entry = format!(".promote/shop/releases/{}/block/by-hand.json", commit('b'));
    stage.bucket.put(&entry.parse().unwrap(), "");
    assert!(is_blocked(&stage));
}

#[test]
fn records_of_another_ledger_are_not_believed() {
    let stage = Stage::ready(MemoryKind::local_like());
    let head = block_on(stage.ports().ledger.reader().head(&"prod".parse().unwrap())).unwrap().unwrap();
    let mut record = head.record.clone();
    record.ledger = "f".repeat(32);
    record.seq = record.seq.next();
    record.prev = head.id;
    let place = key::record(&root(), &record.lane, record.seq).unwrap();
    stage.bucket.put(&place, record.to_bytes().unwrap());
    let End::Failed(failure) = block_on(run(&stage.ports(), &stage.config, to_prod())) else {
        panic!("it must fail")
    };
    assert_eq!(failure.message, "the ledger can't be trusted");
}

/// Everything of the library that writes for a person, with the request as given.
fn everything_that_writes(stage: &Stage, request: &Request) -> Vec<(&'static str, Option<Failure>)> {
    let (ports, config, bob) = (stage.ports(), &stage.config, actor("bob"));
    let reason = request.reason.as_deref();
    vec![
        ("freeze", block_on(say_of(&ports, config, request, &EnvironmentMark::Freeze(None))).err()),
        ("hold", block_on(say_of(&ports, config, request, &EnvironmentMark::Hold)).err()),
        ("block", block_on(block(&ports, config, &commit('b'), true, request)).err()),
        ("pin", block_on(pin(&ports, config, &commit('b'), reason, &bob)).err()),
        ("adopt", block_on(adopt(&ports, config, request, None)).err()),
    ]
}

#[test]
fn a_mark_without_a_reason_that_says_something_is_refused_by_the_library_too() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let before = stage.bucket.snapshot();
    for reason in [None, Some(""), Some(" \n"), Some("\u{200b}")] {
        let request = Request { reason: reason.map(str::to_owned), ..to_prod() };
        for (what, failure) in everything_that_writes(&stage, &request) {
            assert_eq!(failure.map(|it| it.exit), Some(ExitStatus::Usage), "{what} with {reason:?}");
        }
    }
    let overriding = Override { rule: "soak".to_owned(), reason: " ".to_owned() };
    let request = Request { overrides: vec![overriding], ..to_prod() };
    let End::Failed(failure) = block_on(run(&stage.ports(), &stage.config, request)) else {
        panic!("it must fail")
    };
    assert_eq!(
        (failure.exit, failure.message.as_str()),
        (ExitStatus::Usage, "a reason has to say something, in letters or numbers")
    );
    assert_eq!(stage.bucket.snapshot(), before);
}

#[test]
fn a_note_that_no_line_can_carry_is_refused_by_the_library_too() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let before = stage.bucket.snapshot();
    for (name, text) in [("ticket", "a\nb"), ("ticket", "\u{1b}[31mred"), ("a\nb", "x"), (" ", "x")] {
        let request = Request { notes: [(name.to_owned(), text.to_owned())].into(), ..to_prod() };
        let End::Failed(failure) = block_on(run(&stage.ports(), &stage.config, request)) else {
            panic!("it must fail")
        };
        assert_eq!(failure.exit, ExitStatus::Usage, "{name:?} {text:?}: {}", failure.message);
        assert!(failure.message.contains("note"), "{}", failure.message);
    }
    let long = Request { notes: [("ticket".to_owned(), "é".repeat(1001))].into(), ..to_prod() };
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, long)), End::Failed(_)));
    assert_eq!(stage.bucket.snapshot(), before);
}

#[test]
fn what_the_file_asks_for_and_is_not_done_is_refused_by_the_library_too() {
    let mut stage = Stage::ready(MemoryKind::s3_like());
    stage.config.unacted = unacted();
    let before = stage.bucket.snapshot();
    let request = Request { reason: Some("because".to_owned()), ..to_prod() };
    for (what, failure) in everything_that_writes(&stage, &request) {
        let failure = failure.unwrap();
        assert_eq!(failure.exit, ExitStatus::Usage, "{what}");
        assert!(failure.state.iter().any(|line| line.starts_with("line 7, column 1: `plan`")), "{what}");
    }
    for request in [to_prod(), Request::rollback(name("prod"), Wanted::Unnamed, actor("ann"))] {
        let end = block_on(run(&stage.ports(), &stage.config, request.clone()));
        assert!(matches!(end, End::Refused(_) | End::Failed(_)), "{end:?}");
    }
    let (_, decision) = block_on(decide(&stage.ports().view(), &stage.config, &to_prod())).unwrap();
    let Decision::Refused(refusal) = decision else { panic!("{decision:?}") };
    assert_eq!(refusal.exit, ExitStatus::Usage);
    assert!(refusal.obstacles.iter().any(|why| why.contains("`plan` is read")), "{:?}", refusal.obstacles);
    assert_eq!(stage.bucket.snapshot(), before);
}

/// A file with `plan` in line 7.
fn unacted() -> Vec<Diagnostic> {
    let variables = |_: &str| None;
    let context = ReadContext {
        default_project: None,
        variables: &variables,
        version: semver::Version::new(0, 1, 0),
        schemes: &[],
    };
    let text = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"s3://acme/{sha}.zip\"\ntarget = \"s3://acme/{env}.zip\"\n\n\nplan = \"s\"\n";
    read(text, &context).unwrap().0.unacted
}

#[test]
fn a_ledger_belongs_to_one_project() {
    let mut stage = Stage::ready(MemoryKind::local_like());
    stage.config.project = "other".parse().unwrap();
    let End::Failed(failure) = block_on(run(&stage.ports(), &stage.config, to_prod())) else {
        panic!("it must fail")
    };
    assert_eq!(failure.exit, ExitStatus::Usage);
    assert!(failure.message.ends_with("below `.promote/shop` belongs to the project `shop`, not to `other`"));
    let elsewhere = Ledger::new(
        Arc::new(stage.bucket.clone()),
        ".promote/elsewhere".parse().unwrap(),
        Arc::new(stage.clock.clone()),
    );
    assert!(block_on(elsewhere.reader().genesis()).unwrap().is_none());
    assert_eq!(to_prod().wanted, wanted('b'));
    assert_ne!(to_prod().wanted, Wanted::Unnamed);
}

#[test]
fn a_store_that_refuses_says_nothing_about_the_ledger() {
    let invalid = || ProviderError::new(ErrorKind::Invalid, "S3", "acme", "it is in another region");
    let refused = LedgerError::Store(invalid().hint("set the region").refusal());
    assert!(!refused.is_finding());
    let failure = refused.read_failure();
    assert_eq!((failure.message.as_str(), failure.exit), ("reading the ledger failed", ExitStatus::Usage));
    assert_eq!(failure.hints, ["set the region"]);
    assert!(!failure.is_finding());
    // What is no object at all lies in place of a record.
    assert_eq!(LedgerError::Store(invalid()).read_failure().message, "the ledger can't be trusted");
}
