//! `evidence`: which results count, for what, and for how long.

use crate::facts::{Case, hours, now, release};
use crate::stage::actor;
use insta::assert_snapshot;
use promote_core::config::{EvidenceDemand, StrengthLevel};
use promote_core::digest::Digest;
use promote_core::ledger::evidence::SCHEMA;
use promote_core::ledger::{Actor, Evidence, EvidenceResult, Proof, StoredEvidence, Strength};
use std::time::Duration;

pub fn demand(name: &str) -> EvidenceDemand {
    EvidenceDemand { name: name.parse().unwrap(), max_age: None, strength: StrengthLevel::Verified }
}

/// A result of b, an hour old, by a job whose token proved who runs it.
fn passed(name: &str) -> Evidence {
    let strength = Strength::verified(&Proof::of_checked_signature());
    Evidence {
        schema: SCHEMA.to_owned(),
        ledger: "0".repeat(32),
        nonce: "1".repeat(32),
        name: name.parse().unwrap(),
        result: EvidenceResult::Passed,
        release: release('b'),
        environment: None,
        promotion: None,
        url: Some("https://ci.example/7".to_owned()),
        at: now(),
        actor: Actor { strength, ..Actor::claimed("tests", "github-actions") },
        reason: None,
    }
}

fn stored(evidence: Evidence) -> StoredEvidence {
    StoredEvidence {
        file: format!("{}.json", evidence.nonce),
        stored_at: now() - hours(1),
        digest: Some(Digest::of(b"evidence")),
        content: Ok(evidence),
    }
}

fn with(found: impl IntoIterator<Item = StoredEvidence>) -> Case {
    let mut case = Case::new();
    case.environment.evidence = vec![demand("load")];
    let found: Vec<_> = found.into_iter().collect();
    if !found.is_empty() {
        case.snapshot.candidate.evidence.insert("load".parse().unwrap(), found);
    }
    case
}

fn first_line(case: &Case) -> String {
    case.check("evidence").lines().next().unwrap().to_owned()
}

#[test]
fn nothing_is_asked_where_the_file_asks_for_nothing() {
    assert_eq!(Case::new().check("evidence"), "nothing to say");
    assert!(with([]).back_to('c').check("evidence").starts_with("skipped"));
}

#[test]
fn what_is_missing_is_told_with_the_command_that_gives_it() {
    assert_snapshot!(with([]).check("evidence"), @r#"
    unmet: load: no result is recorded
    hint: `promote record load bbbbbbb --result passed` once that is so, in the job that found it
    {"have":[],"need":["load"]}
    "#);
}

#[test]
fn what_passed_opens_the_gate_until_it_is_too_old() {
    let mut case = with([stored(passed("load"))]);
    assert_snapshot!(case.check("evidence"), @r#"
    met: load: passed 1h ago by tests (verified)
    {"have":[{"at":"2026-01-07T11:00:00Z","by":"tests","name":"load","result":"passed","strength":"verified","url":"https://ci.example/7"}],"need":["load"]}
    "#);
    case.environment.evidence[0].max_age = Some(Duration::from_secs(2 * 3600));
    assert!(case.check("evidence").contains("closes Wed 2026-01-07T13:00Z"), "{}", case.check("evidence"));
    case.environment.evidence[0].max_age = Some(Duration::from_secs(3600));
    assert_eq!(first_line(&case), "unmet: load: passed 1h ago by tests, and counts for 1h only");
}

#[test]
fn each_of_several_is_judged_and_told() {
    let mut case = with([stored(passed("load"))]);
    case.environment.evidence.push(demand("scan"));
    case.environment.evidence.push(demand("smoke"));
    assert_snapshot!(case.check("evidence"), @r#"
    unmet: load: passed 1h ago by tests (verified); scan: no result is recorded; smoke: no result is recorded
    hint: `promote record scan bbbbbbb --result passed` and `promote record smoke bbbbbbb --result passed` once that is so, in the job that found it
    {"have":[{"at":"2026-01-07T11:00:00Z","by":"tests","name":"load","result":"passed","strength":"verified","url":"https://ci.example/7"}],"need":["load","scan","smoke"]}
    "#);
}

#[test]
fn what_does_not_count_says_why() {
    let changed = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = passed("load");
        change(&mut evidence);
        first_line(&with([stored(evidence)]))
    };
    let found = [
        changed(&|it| it.result = EvidenceResult::Failed),
        changed(&|it| it.release.artifacts = [("main".to_owned(), Digest::of(b"other"))].into()),
        changed(&|it| it.release.artifacts.extend([("more".to_owned(), Digest::of(b"other"))])),
        changed(&|it| it.release = release('c')),
        changed(&|it| it.ledger = "f".repeat(32)),
        changed(&|it| it.actor = actor("ann")),
    ];
    assert_snapshot!(found.join("\n"), @r#"
    unmet: load: failed 1h ago by tests
    unmet: load: the newest result is of other bytes
    unmet: load: the newest result is of other bytes
    unmet: load: the newest result is of other bytes
    unmet: load: the newest result is of another ledger
    unmet: load: passed 1h ago by ann, whose name is claimed, and the file asks for verified
    "#);
    let unread = StoredEvidence { content: Err("it is gone".to_owned()), ..stored(passed("load")) };
    assert_snapshot!(with([unread]).check("evidence"), @r#"
    unmet: load: the newest result can't be read: it is gone
    hint: `promote show bbbbbbb` names it; a new result counts in its place
    {"have":[{"at":"2026-01-07T11:00:00Z","name":"load","why":"the newest result can't be read: it is gone"}],"need":["load"]}
    "#);
}

#[test]
fn a_claimed_name_counts_only_where_the_file_says_so() {
    let mut case = with([stored(Evidence { actor: actor("ann"), ..passed("load") })]);
    assert_snapshot!(case.check("evidence"), @r#"
    unmet: load: passed 1h ago by ann, whose name is claimed, and the file asks for verified
    hint: `promote record load bbbbbbb --result passed` in a job whose token proves who runs it
    {"have":[{"at":"2026-01-07T11:00:00Z","by":"ann","name":"load","result":"passed","strength":"claimed","url":"https://ci.example/7","why":"passed 1h ago by ann, whose name is claimed, and the file asks for verified"}],"need":["load"]}
    "#);
    case.environment.evidence[0].strength = StrengthLevel::Claimed;
    assert_eq!(first_line(&case), "met: load: passed 1h ago by ann (claimed)");
}

#[test]
fn of_results_of_one_moment_the_failed_one_counts() {
    let failed = Evidence { result: EvidenceResult::Failed, ..passed("load") };
    let (yes, no) = (stored(passed("load")), stored(failed));
    for found in [[yes.clone(), no.clone()], [no, yes]] {
        assert!(first_line(&with(found)).starts_with("unmet: load: failed"));
    }
}
