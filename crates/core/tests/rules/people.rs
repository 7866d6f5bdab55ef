//! What people said or must say: `hold`, `rolled-back`, `shared-target`,
//! `unfinished`.

use crate::facts::{Case, ago, open};
use crate::stage::{commit, name};
use insta::assert_snapshot;
use promote_core::config::Lane;
use promote_core::ledger::{Action, Hold};

#[test]
fn a_hold_stops_automation_and_not_people() {
    let mut case = Case::new();
    assert_eq!(case.check("hold"), "nothing to say");
    case.state().held =
        Some(Hold { reason: "bbbbbbb was rolled back".to_owned(), by: "bob".to_owned(), since: ago(3) });
    assert_snapshot!(case.check("hold"), @"met: held by bob: bbbbbbb was rolled back; a person may still move it");
    case.request.automatic = true;
    assert_snapshot!(case.check("hold"), @r#"
    unmet: held by bob: bbbbbbb was rolled back
    hint: `promote unhold prod` lifts it
    "#);
}

#[test]
fn what_was_rolled_back_does_not_come_again_by_accident() {
    let mut case = Case::new();
    assert_eq!(case.check("rolled-back"), "nothing to say");
    case.state().rolled_back = vec![commit('c'), commit('b')];
    assert_snapshot!(case.check("rolled-back"), @r#"
    unmet: bbbbbbb was rolled back in prod
    hint: fix it in a new commit, or say why it may come again: `--override rolled-back --reason TEXT`
    "#);
    assert_snapshot!(case.overriding("rolled-back").check("rolled-back"), @r#"
    overridden: bbbbbbb was rolled back in prod
    hint: fix it in a new commit, or say why it may come again: `--override rolled-back --reason TEXT`
    {"override-reason":"it must be"}
    "#);
    assert_eq!(case.back_to('a').check("rolled-back"), "nothing to say");
}

#[test]
fn who_moves_a_shared_target_says_so() {
    let mut case = Case::new();
    assert_eq!(case.check("shared-target"), "nothing to say");
    case.config.lanes = vec![Lane {
        name: "prod".parse().unwrap(),
        environments: vec![name("prod"), name("training"), name("demo")],
    }];
    assert_snapshot!(case.check("shared-target"), @r#"
    unmet: training, demo read the same target and would move along
    hint: say so with `--include training --include demo`
    {"environments":["training","demo"]}
    "#);
    case.request.include = vec![name("demo")];
    assert_snapshot!(case.check("shared-target"), @r#"
    unmet: training reads the same target and would move along
    hint: say so with `--include training`
    {"environments":["training"]}
    "#);
    case.request.include = vec![name("demo"), name("training")];
    assert_snapshot!(case.check("shared-target"), @"met: training, demo move along");
    // A rollback moves the others, too.
    case.request.include.clear();
    assert!(case.back_to('c').check("shared-target").starts_with("unmet"));
}

#[test]
fn an_open_promotion_is_finished_or_undone_first() {
    let mut case = Case::new();
    assert_eq!(case.check("unfinished"), "nothing to say");
    case.state().open = Some(open('c', Action::Promote));
    assert_snapshot!(case.check("unfinished"), @r#"
    unmet: promotion 00000000000000CC of ccccccc by bob is open
    hint: `promote resume prod` finishes it, `promote rollback prod` undoes it
    {"by":"bob","promotion":"00000000000000CC","since":"2026-01-07T11:00:00+00:00"}
    "#);
    // Who goes back from a rollback has what was there before it.
    case.state().open = Some(open('c', Action::Rollback));
    let back = "`promote rollback prod` puts back what was there before the rollback";
    assert!(case.check("unfinished").contains(back), "{}", case.check("unfinished"));
    case.state().open = Some(open('c', Action::Promote));
    case.request.take_over = promote_core::request::TakeOver::Confirmed;
    assert_snapshot!(case.check("unfinished"), @"met: promotion 00000000000000CC of ccccccc by bob is open and is taken over");
    assert!(case.back_to('a').check("unfinished").starts_with("met"));
    case.snapshot.head = None;
    assert_eq!(case.check("unfinished"), "nothing to say");
}

#[test]
fn a_deployment_that_goes_on_ends_first_unless_it_is_overtaken_on_record() {
    let mut case = Case::new();
    assert_eq!(case.check("deploying"), "nothing to say");
    case.deploying();
    assert_snapshot!(case.check("deploying"), @r#"
    unmet: bob has been deploying aaaaaaa since 2026-01-07 12:00:00 UTC (0s)
    hint: wait for its end (`promote status prod`); `promote resume prod` goes on when its process is gone, `--override deploying --reason TEXT` overtakes it
    {"by":"bob","promotion":"00000000000000AA","sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","since":"2026-01-07T12:00:00+00:00"}
    "#);
    // A rollback as well: in an emergency it says so.
    assert!(case.clone().back_to('c').check("deploying").starts_with("unmet"));
    assert!(case.clone().back_to('c').overriding("deploying").check("deploying").starts_with("overridden"));
    // Where pipelines supersede by themselves, every environment of the lane must say so.
    let mut lax = case.clone();
    lax.environment.while_deploying = promote_core::config::WhileDeploying::Supersede;
    assert!(lax.check("deploying").starts_with("met"), "{}", lax.check("deploying"));
    lax.config.lanes =
        vec![Lane { name: "prod".parse().unwrap(), environments: vec![name("prod"), name("staging")] }];
    assert!(lax.check("deploying").starts_with("unmet"), "{}", lax.check("deploying"));
    // Who resumes it is judged by its age; the head of this case is an hour old.
    let mut again = case.clone();
    again.snapshot.candidate.manifest = crate::facts::manifest('a');
    assert!(again.check("deploying").starts_with("unmet"), "the same release is not moved again beside it");
    again.request.take_over = promote_core::request::TakeOver::WhenStale;
    assert!(again.check("deploying").starts_with("met"), "{}", again.check("deploying"));
    again.snapshot.head.as_mut().unwrap().stored_at = case.snapshot.taken_at;
    assert!(
        again.check("deploying").contains("its last sign of life is 0s old"),
        "{}",
        again.check("deploying")
    );
    // Its time is over.
    case.snapshot.taken_at += chrono::TimeDelta::minutes(5);
    assert!(case.check("deploying").starts_with("met"), "{}", case.check("deploying"));
}
