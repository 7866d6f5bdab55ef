//! Evidence along a whole promotion: recorded, counted, named by the intent, left by steps, failed meanwhile.

use crate::alive::with;
use crate::gate::{Gated, ports, step, until};
use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, commit, content, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::join;
use promote_core::config::{EvidenceDemand, Step, StrengthLevel};
use promote_core::evidence::{SeenResult, prepare, record};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, Evidence, EvidenceResult, Proof, Strength};
use promote_core::location::Key;
use promote_core::ports::Ports;
use promote_core::report::check_ledger;
use promote_core::request::Request;
use promote_testing::memory::MemoryKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A job whose token proves who runs it.
fn job() -> Actor {
    let strength = Strength::verified(&Proof::of_checked_signature());
    Actor { strength, ..Actor::claimed("tests", "github-actions") }
}

fn demand(stage: &mut Stage, max_age: Option<Duration>) {
    let name_of = "load".parse().unwrap();
    let demand = EvidenceDemand { name: name_of, max_age, strength: StrengthLevel::Verified };
    stage.config.environments.get_mut(&name("prod")).unwrap().evidence = vec![demand];
}

fn asking() -> Stage {
    let mut stage = Stage::ready(MemoryKind::s3_like());
    demand(&mut stage, None);
    stage
}

async fn says(
    ports: &Ports,
    stage: &Stage,
    digit: char,
    result: EvidenceResult,
) -> Result<Evidence, Failure> {
    let name = "load".parse().unwrap();
    let seen = SeenResult { name, result, environment: None, url: None, reason: None };
    let found = prepare(ports, &stage.config, &commit(digit), &seen, &job()).await?;
    record(ports, &found).await?;
    Ok(found)
}

fn saw(stage: &Stage, digit: char, result: EvidenceResult) -> Evidence {
    stage.clock.advance(Duration::from_secs(60));
    block_on(says(&stage.ports(), stage, digit, result)).unwrap()
}

fn to(stage: &Stage, digit: char) -> End {
    stage.clock.advance(Duration::from_secs(60));
    stage.to("prod", digit)
}

#[track_caller]
fn refused(end: End) -> String {
    let End::Refused(why) = end else { panic!("{end:?}") };
    why
}

fn place(evidence: &Evidence) -> Key {
    let (sha, nonce) = (&evidence.release.commit, &evidence.nonce);
    format!(".promote/shop/releases/{sha}/evidence/load/{nonce}.json").parse().unwrap()
}

#[test]
fn the_newest_result_opens_and_closes_the_gate_and_the_intent_names_it() {
    let stage = asking();
    assert_eq!(refused(to(&stage, 'b')), "evidence: load: no result is recorded");
    saw(&stage, 'b', EvidenceResult::Passed);
    saw(&stage, 'b', EvidenceResult::Failed);
    assert!(refused(to(&stage, 'b')).starts_with("evidence: load: failed 1m ago by tests"));
    let last = saw(&stage, 'b', EvidenceResult::Passed);
    assert!(matches!(to(&stage, 'b'), End::Done(_)));
    let reader = stage.ports().ledger.reader().clone();
    let records = block_on(reader.page(&"prod".parse().unwrap(), None, 10)).unwrap();
    let intent = records.iter().find_map(|head| head.record.intent.as_ref()).unwrap();
    let digest = intent.read.get(&format!("evidence/load/{}.json", last.nonce)).unwrap();
    assert_eq!(*digest, promote_core::digest::Digest::of(&stage.bucket.bytes(&place(&last)).unwrap()));
    at_rest(&stage, "prod", "with evidence");
    let checked = block_on(check_ledger(&reader, &[])).unwrap();
    assert!(checked.intact(), "{:?}", checked.ledger.faults);
}

#[test]
fn a_result_of_one_release_opens_nothing_for_another_and_grows_old() {
    let mut stage = asking();
    demand(&mut stage, Some(Duration::from_secs(3600)));
    saw(&stage, 'c', EvidenceResult::Passed);
    assert_eq!(refused(to(&stage, 'b')), "evidence: load: no result is recorded");
    saw(&stage, 'b', EvidenceResult::Passed);
    stage.clock.advance(Duration::from_secs(3600));
    let why = refused(to(&stage, 'b'));
    assert!(why.contains("and counts for 1h only"), "{why}");
}

#[test]
fn what_lies_there_and_can_not_be_read_closes_the_gate_and_is_told_by_the_verifier() {
    let stage = asking();
    let good = saw(&stage, 'b', EvidenceResult::Passed);
    stage.clock.advance(Duration::from_secs(60));
    let odd: Key = place(&good).as_str().replace(&good.nonce, "note").parse().unwrap();
    stage.bucket.put(&odd, "{}");
    assert!(refused(to(&stage, 'b')).contains("can't be read"));
    stage.bucket.remove(&odd);
    assert!(matches!(to(&stage, 'b'), End::Done(_)));
    let faults = || {
        let reader = stage.ports().ledger.reader().clone();
        block_on(check_ledger(&reader, &[])).unwrap().ledger.faults.join("\n")
    };
    assert_eq!(faults(), "");
    let bytes = stage.bucket.bytes(&place(&good)).unwrap();
    let failed = String::from_utf8(bytes.to_vec()).unwrap().replace("passed", "failed");
    stage.bucket.put(&place(&good), failed);
    assert!(faults().contains("was changed: a record names another one"), "{}", faults());
    stage.bucket.remove(&place(&good));
    assert!(faults().contains("is missing, which records name"), "{}", faults());
}

#[test]
fn what_fails_while_prepare_runs_is_not_written() {
    let mut stage = with("prepare", MemoryKind::s3_like());
    demand(&mut stage, None);
    saw(&stage, 'b', EvidenceResult::Passed);
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let fails = async {
        until(&ports, "prod", |state| state.open.is_some()).await;
        stage.clock.advance(Duration::from_secs(1));
        says(&ports, &stage, 'b', EvidenceResult::Failed).await.unwrap();
        steps.open.store(true, Ordering::SeqCst);
    };
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let (end, ()) = block_on(join(run(&ports, &stage.config, request), fails));
    let End::Failed(failure) = end else { panic!("{end:?}") };
    assert_eq!(failure.exit, ExitStatus::Blocked, "{failure}");
    assert!(failure.to_string().contains("`load` of bbbbbbb failed after it was checked"), "{failure}");
    assert_eq!(stage.target("prod"), Some(content('a')));
    at_rest(&stage, "prod", "after a result failed");
}

#[test]
fn a_verify_step_with_a_name_leaves_its_result() {
    let mut stage = with("deploy", MemoryKind::s3_like());
    let named = Step { evidence: Some("load".parse().unwrap()), ..step("./smoke") };
    stage.config.environments.get_mut(&name("prod")).unwrap().verify = vec![step("./ready"), named];
    let steps = Gated::new(&stage);
    steps.open.store(true, Ordering::SeqCst);
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let end = block_on(run(&ports(&stage, &steps), &stage.config, request));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    let reader = stage.ports().ledger.reader().clone();
    let entry = block_on(reader.listed_release(&commit('b'))).unwrap();
    let found = block_on(reader.newest_evidence(&commit('b'), &"load".parse().unwrap(), &entry)).unwrap();
    let said = found.first().unwrap().content.as_ref().unwrap();
    assert_eq!((said.result, said.environment.clone()), (EvidenceResult::Passed, Some(name("prod"))));
    assert!(said.promotion.is_some() && said.release.artifacts.len() == 1);
}

#[test]
fn a_release_that_was_never_published_has_no_results() {
    let stage = asking();
    let failure = block_on(says(&stage.ports(), &stage, 'f', EvidenceResult::Passed)).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Missing, "{failure}");
}

#[test]
fn what_is_asked_for_costs_one_request_each() {
    let count = |stage: &Stage| {
        let (ports, log) = stage.recorded();
        let end =
            block_on(run(&ports, &stage.config, Request::promote(name("prod"), wanted('b'), actor("ann"))));
        assert!(matches!(end, End::Done(_)), "{end:?}");
        (log.total(), log.rounds())
    };
    // Another gate that is new since the last promotion: what was in force is read for both.
    let mut plain = Stage::ready(MemoryKind::s3_like());
    plain.config.environments.get_mut(&name("prod")).unwrap().soak = Duration::from_secs(60);
    saw(&plain, 'b', EvidenceResult::Passed);
    let stage = asking();
    saw(&stage, 'b', EvidenceResult::Passed);
    let (plain, asked) = (count(&plain), count(&stage));
    assert!(asked.0 == plain.0 + 1 && asked.1 <= plain.1 + 1, "{asked:?} {plain:?}");
}
