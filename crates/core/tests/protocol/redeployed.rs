//! A first release that was verified and then moved again is not undone, however and wherever that ends: what was adopted,
//! neither.

use crate::first::{attempt, back, back_from, done, ending, project, sound, to};
use crate::stage::{End, Stage, actor, commit, content, name, run};
use futures_executor::block_on;
use promote_core::config::OnFailure;
use promote_core::exit::ExitStatus;
use promote_core::ledger::Action;
use promote_core::marks::adopt;
use promote_core::port::StepEnd;
use promote_core::report::status;
use promote_core::request::Request;
use promote_testing::decorator::{Fault, FaultPlan};
use promote_testing::memory::MemoryKind;

/// Release a is there as it was, nothing can be undone, and nothing calls it bad.
fn stands(stage: &Stage, what: &str) {
    let end = block_on(run(&stage.ports(), &stage.config, back().taking_over()));
    assert!(matches!(&end, End::Failed(failure) if failure.exit == ExitStatus::Missing), "{what}: {end:?}");
    assert_eq!(stage.target("prod"), Some(content('a')), "{what}");
    assert!(stage.state("prod").rolled_back.is_empty(), "{what}");
    sound(stage, what);
}

#[test]
fn one_that_was_verified_stays_however_its_redeployment_ends() {
    for (by_itself, end) in [(false, StepEnd::Failed), (true, StepEnd::Failed), (false, StepEnd::TimedOut)] {
        let what = format!("{by_itself}, {end:?}");
        let mut stage = project(MemoryKind::s3_like());
        if by_itself {
            stage.config.environments.get_mut(&name("prod")).unwrap().on_failure = OnFailure::Rollback;
        }
        done(block_on(run(&ending(&stage, StepEnd::Succeeded), &stage.config, to('a', &[]))), &what);
        for _ in 0..2 {
            let again = Request { action: Action::Redeploy, ..to('a', &[]) };
            let again = done(block_on(run(&ending(&stage, end), &stage.config, again)), &what);
            assert_eq!(back_from(&stage, &again), None, "{what}");
            assert_eq!(again.undone, by_itself.then(|| Err("it is there already".to_owned())), "{what}");
        }
        let shown =
            block_on(status(&stage.ports().view(), &stage.config, &[name("prod")], &actor("bob"))).unwrap();
        assert_eq!((&shown.environments[0].undo, shown.environments[0].first), (&None, false), "{what}");
        stands(&stage, &what);
    }
}

#[test]
fn one_that_was_verified_stays_wherever_its_redeployment_was_cut_off() {
    let verified = || {
        let stage = project(MemoryKind::s3_like());
        done(block_on(run(&ending(&stage, StepEnd::Succeeded), &stage.config, to('a', &[]))), "first");
        stage
    };
    let again = || Request { action: Action::Redeploy, ..to('a', &[]) };
    let counted = FaultPlan::new();
    attempt(&verified(), &counted, again());
    let mut open = 0;
    for n in 1..=counted.calls() {
        let what = format!("call {n}");
        let stage = verified();
        let _ = attempt(&stage, &FaultPlan::new().with(n, Fault::CrashAfter), again());
        if stage.state("prod").open.is_some() {
            open += 1;
            // What is recorded as being there is put back, and its steps fail as well.
            let back = block_on(run(&ending(&stage, StepEnd::Failed), &stage.config, back().taking_over()));
            assert_eq!(done(back, &what).plan.action, Action::Rollback, "{what}");
        }
        stands(&stage, &what);
    }
    assert!(open > 0);
}

#[test]
fn what_was_adopted_and_moved_again_is_not_undone() {
    let stage = project(MemoryKind::s3_like());
    let source = stage.bucket.bytes(&format!("rel/{}.zip", commit('a')).parse().unwrap()).unwrap();
    stage.bucket.put(&"prod.zip".parse().unwrap(), source).unwrap();
    let request = Request { reason: Some("it is ours".to_owned()), ..to('a', &[]) };
    block_on(adopt(&stage.ports(), &stage.config, &request, None)).unwrap();
    let again = Request { action: Action::Redeploy, ..to('a', &[]) };
    let again = done(block_on(run(&ending(&stage, StepEnd::Failed), &stage.config, again)), "again");
    assert_eq!(back_from(&stage, &again), None);
    stands(&stage, "adopted");
}
