//! Approvals along a whole promotion: given, counted, used up, overtaken by what is moved or said meanwhile.

use crate::alive::with;
use crate::gate::{Gated, ports, until};
use crate::invariants::at_rest;
use crate::stage::{End, Stage, commit, content, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::join;
use promote_core::approve::{Answered, answer, ask};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, Answer, Proof, Strength};
use promote_core::marks::{EnvironmentMark, say};
use promote_core::ports::Ports;
use promote_core::report::check_ledger;
use promote_core::request::Request;
use promote_testing::decorator::{Fault, FaultPlan, Faulty};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Somebody whose name a token of the pipeline proves.
fn proven(name: &str) -> Actor {
    let strength = Strength::verified(&Proof::of_checked_signature());
    Actor { strength, ..Actor::claimed(name, "github-actions") }
}

fn of(who: &Actor, digit: char) -> Request {
    Request::promote(name("prod"), wanted(digit), who.clone())
}

/// A stage on which prod asks for so many approvals, also of those who wrote it.
fn asking(count: u32) -> Stage {
    let mut stage = Stage::ready(MemoryKind::s3_like());
    demand(&mut stage, count);
    stage
}

fn demand(stage: &mut Stage, count: u32) {
    let approvals = &mut stage.config.environments.get_mut(&name("prod")).unwrap().approvals;
    (approvals.count, approvals.own) = (count, true);
}

async fn says(
    ports: &Ports,
    stage: &Stage,
    who: &Actor,
    (said, digit, reason): (Answer, char, Option<&str>),
) -> Result<Answered, Failure> {
    let request = Request { reason: reason.map(str::to_owned), ..of(who, digit) };
    let asked = ask(ports, &stage.config, &request, said, None).await?;
    answer(ports, &stage.config, &request, said, &asked).await
}

fn approves(stage: &Stage, who: &str, digit: char) -> Result<Answered, Failure> {
    stage.clock.advance(Duration::from_secs(60));
    block_on(says(&stage.ports(), stage, &proven(who), (Answer::Approved, digit, None)))
}

fn to(stage: &Stage, digit: char) -> End {
    stage.clock.advance(Duration::from_secs(60));
    block_on(run(&stage.ports(), &stage.config, of(&proven("ann"), digit)))
}

#[track_caller]
fn refused(end: End) -> String {
    let End::Refused(why) = end else { panic!("{end:?}") };
    why
}

#[test]
fn a_promotion_waits_for_two_people_and_names_them_in_its_intent() {
    let stage = asking(2);
    assert_eq!(refused(to(&stage, 'b')), "approvals: 0 of 2");
    assert!(approves(&stage, "bob", 'b').unwrap().approval.is_some());
    assert!(approves(&stage, "bob", 'b').unwrap().approval.is_none(), "it was said already");
    assert_eq!(refused(to(&stage, 'b')), "approvals: 1 of 2: bob (verified)");
    let done = approves(&stage, "carol", 'b').unwrap();
    assert!(done.finding.unwrap().passes());
    let End::Done(done) = to(&stage, 'b') else { panic!() };
    let lane = "prod".parse().unwrap();
    let reader = stage.ports().ledger.reader().clone();
    let intents = block_on(reader.page(&lane, None, 10)).unwrap();
    let intent = intents.iter().find_map(|head| head.record.intent.as_ref()).unwrap();
    assert_eq!(intent.approvals.len(), 2);
    let stored = block_on(reader.answers(&lane, &commit('b'))).unwrap();
    assert!(stored.iter().all(|one| intent.approvals.get(&one.name) == one.digest.as_ref()));
    let _ = done;
    at_rest(&stage, "prod", "after it was approved");
}

#[test]
fn an_approval_is_used_up_by_the_promotion_that_it_was_given_for() {
    let stage = asking(1);
    approves(&stage, "bob", 'b').unwrap();
    assert!(matches!(to(&stage, 'b'), End::Done(_)));
    stage.clock.advance(Duration::from_secs(60));
    let back = Request::rollback(name("prod"), wanted('a'), proven("ann"));
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, back)), End::Done(_)));
    let mut again = of(&proven("ann"), 'b');
    for rule in ["rolled-back", "hold", "order"] {
        let reason = "it was not the cause".to_owned();
        again.overrides.push(promote_core::ledger::Override { rule: rule.to_owned(), reason });
    }
    stage.clock.advance(Duration::from_secs(60));
    let end = block_on(run(&stage.ports(), &stage.config, again.clone()));
    let why = "that of bob does not count: what it was given to replace (aaaaaaa) was moved again since";
    assert_eq!(refused(end), format!("approvals: 0 of 1; {why}"));
    approves(&stage, "bob", 'b').unwrap();
    assert!(matches!(block_on(run(&stage.ports(), &stage.config, again)), End::Done(_)));
}

#[test]
fn marks_and_failed_attempts_use_nothing_up() {
    let stage = asking(1);
    approves(&stage, "bob", 'b').unwrap();
    let request = Request { reason: Some("release week".to_owned()), ..of(&proven("ann"), 'b') };
    let ports = stage.ports();
    block_on(say(&ports, &stage.config, &request, &EnvironmentMark::Freeze(None))).unwrap();
    assert!(refused(to(&stage, 'b')).starts_with("freeze: frozen"));
    block_on(say(&ports, &stage.config, &request, &EnvironmentMark::Unfreeze)).unwrap();
    assert!(matches!(to(&stage, 'b'), End::Done(_)));
}

#[test]
fn an_approval_of_one_release_opens_nothing_for_another() {
    let stage = asking(1);
    approves(&stage, "bob", 'b').unwrap();
    for digit in ['c', 'd'] {
        assert!(matches!(stage.to("staging", digit), End::Done(_)));
        assert_eq!(refused(to(&stage, digit)), "approvals: 0 of 1");
    }
}

#[test]
fn what_would_not_count_is_not_written() {
    let mut stage = asking(1);
    let claimed = Actor::claimed("bob", "local-user");
    let ports = stage.ports();
    let said = (Answer::Approved, 'b', None);
    let failure = block_on(says(&ports, &stage, &claimed, said)).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Blocked);
    let stored = || block_on(ports.ledger.reader().answers(&"prod".parse().unwrap(), &commit('b'))).unwrap();
    assert_eq!(stored(), []);
    stage.config.environments.get_mut(&name("prod")).unwrap().approvals.from = vec!["carol".to_owned()];
    let failure = approves(&stage, "bob", 'b').unwrap_err();
    assert!(failure.to_string().contains("only approvals of carol count"), "{failure}");
    demand(&mut stage, 0);
    let failure = approves(&stage, "bob", 'b').unwrap_err();
    assert_eq!(
        (failure.exit, failure.to_string().as_str()),
        (ExitStatus::Usage, "prod asks for no approvals")
    );
    assert_eq!(stored(), []);
}

#[test]
fn a_strength_that_was_only_written_down_proves_nothing_when_it_is_written_again() {
    let stage = asking(1);
    // As somebody would forge it who may write the record of an actor, and has no token.
    let read: Actor = serde_json::from_value(serde_json::to_value(proven("bob")).unwrap()).unwrap();
    let failure = block_on(says(&stage.ports(), &stage, &read, (Answer::Approved, 'b', None))).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Blocked, "{failure}");
}

#[test]
fn a_rejection_asks_for_new_approvals_with_a_reason() {
    let stage = asking(1);
    approves(&stage, "bob", 'b').unwrap();
    let ports = stage.ports();
    let no = |reason| block_on(says(&ports, &stage, &proven("carol"), (Answer::Rejected, 'b', reason)));
    assert_eq!(no(None).unwrap_err().exit, ExitStatus::Usage);
    stage.clock.advance(Duration::from_secs(60));
    no(Some("the migration is not ready")).unwrap();
    assert!(refused(to(&stage, 'b')).contains("rejected by carol (verified): the migration is not ready"));
    assert_eq!(approves(&stage, "bob", 'b').unwrap_err().exit, ExitStatus::Usage);
    stage.clock.advance(Duration::from_secs(60));
    let yes = (Answer::Approved, 'b', Some("it is ready now"));
    block_on(says(&ports, &stage, &proven("bob"), yes)).unwrap();
    assert!(matches!(to(&stage, 'b'), End::Done(_)));
}

#[test]
fn what_is_rejected_while_prepare_runs_is_not_written() {
    let mut stage = with("prepare", MemoryKind::s3_like());
    demand(&mut stage, 1);
    approves(&stage, "bob", 'b').unwrap();
    let steps = Gated::new(&stage);
    let ports = ports(&stage, &steps);
    let rejects = async {
        until(&ports, "prod", |state| state.open.is_some()).await;
        let no = (Answer::Rejected, 'b', Some("stop"));
        says(&ports, &stage, &proven("carol"), no).await.unwrap();
        steps.open.store(true, Ordering::SeqCst);
    };
    let moves = run(&ports, &stage.config, of(&proven("ann"), 'b'));
    let (end, ()) = block_on(join(moves, rejects));
    let End::Failed(failure) = end else { panic!("{end:?}") };
    assert_eq!(failure.exit, ExitStatus::Blocked, "{failure}");
    assert!(failure.to_string().contains("bbbbbbb was rejected by carol after it was checked"), "{failure}");
    assert_eq!(stage.target("prod"), Some(content('a')));
    at_rest(&stage, "prod", "after it was rejected");
}

#[test]
fn the_content_that_was_shown_is_the_content_that_is_approved() {
    let stage = asking(1);
    let (ports, who) = (stage.ports(), proven("bob"));
    let shown = block_on(ask(&ports, &stage.config, &of(&who, 'b'), Answer::Approved, None)).unwrap();
    let digest = shown.bound.digest();
    // What is there is moved in between.
    demand_none_and_move(&stage);
    let failure =
        block_on(ask(&ports, &stage.config, &of(&who, 'b'), Answer::Approved, Some(digest))).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Conflict, "{failure}");
}

/// Moves what is there once more, on somebody's word.
fn demand_none_and_move(stage: &Stage) {
    let mut again = of(&proven("ann"), 'a');
    again.action = promote_core::ledger::Action::Redeploy;
    for rule in ["approvals", "order", "from"] {
        let reason = "a broken disk".to_owned();
        again.overrides.push(promote_core::ledger::Override { rule: rule.to_owned(), reason });
    }
    let end = block_on(run(&stage.ports(), &stage.config, again));
    assert!(matches!(end, End::Done(_)), "{end:?}");
}

#[test]
fn an_object_that_is_no_approval_closes_the_gate() {
    let stage = asking(1);
    approves(&stage, "bob", 'b').unwrap();
    let key = format!(".promote/shop/lanes/prod/approvals/{}/note.json", commit('b'));
    stage.bucket.put(&key.parse().unwrap(), "{}");
    let why = refused(to(&stage, 'b'));
    assert!(why.contains("approvals: 1 of 1") && why.contains("can't be read as an approval"), "{why}");
}

#[test]
fn who_rejected_it_may_reject_it_again_after_it_was_approved() {
    let stage = asking(1);
    let ports = stage.ports();
    let says = |who, said| {
        stage.clock.advance(Duration::from_secs(60));
        block_on(says(&ports, &stage, &proven(who), said)).unwrap().approval.is_some()
    };
    assert!(says("carol", (Answer::Rejected, 'b', Some("not ready"))));
    assert!(!says("carol", (Answer::Rejected, 'b', Some("not ready"))), "it is rejected already");
    assert!(says("bob", (Answer::Approved, 'b', Some("ready now"))));
    assert!(says("carol", (Answer::Rejected, 'b', Some("not at all"))));
    assert!(refused(to(&stage, 'b')).contains("rejected by carol (verified): not at all"));
}

#[test]
fn what_expired_may_be_said_again() {
    let mut stage = asking(1);
    let expires = Some(Duration::from_secs(3600));
    stage.config.environments.get_mut(&name("prod")).unwrap().approvals.expires = expires;
    approves(&stage, "bob", 'b').unwrap();
    stage.clock.advance(Duration::from_secs(3600));
    assert!(refused(to(&stage, 'b')).contains("it expired"));
    assert!(approves(&stage, "bob", 'b').unwrap().approval.is_some());
    assert!(matches!(to(&stage, 'b'), End::Done(_)));
}

#[test]
fn what_was_rejected_after_it_was_begun_is_not_gone_on_with() {
    let stage = asking(1);
    approves(&stage, "bob", 'b').unwrap();
    let ports = stage.ports();
    // Killed at the first request after the intent that is open then.
    let open = (1..40).any(|call| {
        let plan = FaultPlan::new().with(call, Fault::CrashBefore);
        let cut = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
        let _ = block_on(plan.survive(run(&cut, &stage.config, of(&proven("ann"), 'b'))));
        stage.state("prod").open.is_some()
    });
    assert!(open && stage.target("prod") == Some(content('a')));
    stage.clock.advance(Duration::from_secs(120));
    block_on(says(&ports, &stage, &proven("carol"), (Answer::Rejected, 'b', Some("stop")))).unwrap();
    let end = block_on(crate::stage::resume(&ports, &stage.config, "prod", "ann"));
    assert!(refused(end).contains("rejected by carol"));
}

#[test]
fn what_could_not_be_read_when_it_was_begun_does_not_stop_it_later() {
    let stage = asking(1);
    let key = format!(".promote/shop/lanes/prod/approvals/{}/note.json", commit('b'));
    stage.bucket.put(&key.parse().unwrap(), "{}");
    let mut past = of(&proven("ann"), 'b');
    let (rule, reason) = ("approvals".to_owned(), "a note of somebody's".to_owned());
    past.overrides.push(promote_core::ledger::Override { rule, reason });
    let open = (1..40).any(|call| {
        let plan = FaultPlan::new().with(call, Fault::CrashBefore);
        let cut = stage.ports_on(Arc::new(Faulty::around(Arc::new(stage.bucket.clone()), plan.clone())));
        let _ = block_on(plan.survive(run(&cut, &stage.config, past.clone())));
        stage.state("prod").open.is_some()
    });
    assert!(open && stage.target("prod") == Some(content('a')));
    stage.clock.advance(Duration::from_secs(120));
    let end = block_on(crate::stage::resume(&stage.ports(), &stage.config, "prod", "ann"));
    assert!(matches!(end, End::Done(_)), "{end:?}");
}

#[test]
fn a_long_chain_with_an_approval_beside_it_is_read_as_one() {
    let stage = asking(1);
    approves(&stage, "bob", 'b').unwrap();
    let request = Request { reason: Some("release week".to_owned()), ..of(&proven("ann"), 'b') };
    let ports = stage.ports();
    // More records than a listing has places.
    for _ in 0..501 {
        block_on(say(&ports, &stage.config, &request, &EnvironmentMark::Freeze(None))).unwrap();
        block_on(say(&ports, &stage.config, &request, &EnvironmentMark::Unfreeze)).unwrap();
    }
    let lanes: Vec<_> = stage.config.lanes.iter().map(|lane| lane.name.clone()).collect();
    let check = block_on(check_ledger(&ports.view().ledger, &lanes)).unwrap();
    assert!(check.intact(), "{:?} {:?}", check.ledger.faults, check.chains);
}
