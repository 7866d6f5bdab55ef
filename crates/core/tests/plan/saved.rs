//! The plan as a document: its digest says what would be written, on what, and on what terms.

use crate::facts::{Case, hours, open};
use crate::stage::name;
use promote_core::digest::Digest;
use promote_core::folder::{FolderManifest, change};
use promote_core::ledger::{Action, Seq};
use promote_core::plan::{Decision, Plan, plan};
use promote_core::port::{Object, Token};

fn planned(case: &Case) -> Plan {
    match plan(&case.config, &case.environment, &case.snapshot, &case.request) {
        Decision::Allowed(plan) => *plan,
        Decision::NothingToDo(nothing) => nothing.plan,
        Decision::Refused(refusal) => refusal.plan,
    }
}

#[test]
fn a_saved_plan_is_the_same_plan() {
    let mut case = Case::new();
    case.overriding("soak");
    case.request.notes.insert("ticket".to_owned(), "OPS-7 \u{1b} ä".to_owned());
    case.request.reason = Some("because".to_owned());
    let plan = planned(&case);
    let json = serde_json::to_string_pretty(&plan).unwrap();
    let read: Plan = serde_json::from_str(&json).unwrap();
    assert_eq!(read, plan);
    assert_eq!(read.digest(), plan.digest());
    assert_ne!(plan.digest(), Digest::of(b""), "it serialises");
}

/// Files that lie in the target's folder and would be removed.
fn strangers(case: &mut Case, paths: &[&str]) {
    let object = case.snapshot.targets["main"].object.as_ref().unwrap();
    let listed: Vec<_> =
        paths.iter().map(|path| Object { key: path.parse().unwrap(), ..object.clone() }).collect();
    let source = FolderManifest::new(Vec::new()).unwrap();
    case.snapshot.changes.insert("main".to_owned(), change(&source, None, Some(&listed)));
}

/// Changes one thing.
type Change = fn(&mut Case);

#[test]
fn the_digest_changes_with_everything_that_is_written_and_with_its_terms() {
    let changes: [(&str, Change); 17] = [
        ("nothing", |_| {}),
        ("the number of the head", |case| case.snapshot.head.as_mut().unwrap().record.seq = Seq(10)),
        ("the head", |case| case.snapshot.head.as_mut().unwrap().id = Digest::of(b"other")),
        ("the token of the target", |case| {
            let object = case.snapshot.targets.get_mut("main").unwrap().object.as_mut().unwrap();
            object.token = Token("other".to_owned());
        }),
        ("the target being gone", |case| case.snapshot.targets.get_mut("main").unwrap().object = None),
        ("the token of the source", |case| {
            let source = case.snapshot.candidate.sources.get_mut("main").unwrap().as_mut().unwrap();
            source.token = Token("other".to_owned());
        }),
        ("the release", |case| {
            case.snapshot.candidate.manifest.commit = crate::stage::commit('c');
        }),
        ("its bytes", |case| {
            let built = case.snapshot.candidate.manifest.artifacts.get_mut("main").unwrap();
            built.sha256 = Digest::of(b"other");
            case.snapshot.candidate.sources.get_mut("main").unwrap().as_mut().unwrap().sha256 = None;
        }),
        ("the action", |case| case.request.action = Action::Rollback),
        ("what is taken over", |case| case.state().open = Some(open('b', Action::Promote))),
        ("an override", |case| {
            case.overriding("soak");
        }),
        ("the reason", |case| case.request.reason = Some("because".to_owned())),
        ("a note", |case| {
            case.request.notes.insert("ticket".to_owned(), "OPS-7".to_owned());
        }),
        ("who moves along", |case| case.request.include = vec![name("demo")]),
        ("what is removed that no release has", |case| strangers(case, &["b"])),
        ("another of these files", |case| strangers(case, &["b", "c"])),
        ("the ledger", |case| case.snapshot.genesis.0.ledger = "f".repeat(32)),
    ];
    let mut seen: Vec<(&str, Digest)> = Vec::new();
    for (what, change) in changes {
        let mut case = Case::new();
        change(&mut case);
        let digest = planned(&case).digest();
        for (other, before) in &seen {
            assert_ne!(digest, *before, "{what} and {other}");
        }
        seen.push((what, digest));
    }
}

#[test]
fn waiting_does_not_change_the_digest_and_neither_does_the_person() {
    let digest = planned(&Case::new()).digest();
    let mut case = Case::new();
    case.snapshot.taken_at += hours(9);
    case.snapshot.local_at += hours(9);
    case.request.actor = crate::stage::actor("bob");
    case.environment.soak = std::time::Duration::from_secs(3600);
    let later = planned(&case);
    assert_eq!(later.digest(), digest);
    assert_ne!(later.findings, planned(&Case::new()).findings);
}
