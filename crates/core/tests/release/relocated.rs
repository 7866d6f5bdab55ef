//! A target that the file names elsewhere than before: moving there is finished or undone when it was cut off, and a place
//! that nobody can look at any more keeps nothing else from being checked.

use crate::disturbed::Disturbed;
use crate::stage::{End, Stage, actor, commit, config, name, resume, run, store_id, wanted};
use futures_executor::block_on;
use promote_core::layer::Method;
use promote_core::ledger::Override;
use promote_core::port::{ErrorKind, ProviderError};
use promote_core::report::{Depth, status, verify};
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

const OLD: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"

[env.prod]
tier = "test"

[artifact.app]
source = "memory://store/app/{sha}.zip"
target = "memory://store/{env}/app.zip"
"#;

/// The file with another place for the target.
fn file(target: &str) -> String {
    OLD.replace("{env}/app.zip", target)
}

/// The release a is at the old place, and moving b to the new one was cut off in one way after another.
fn cut_off(new: &str) -> Vec<Stage> {
    let mut all = Vec::new();
    for n in 1.. {
        let mut stage = Stage::ready_with(OLD, MemoryKind::gcs_like());
        stage.config = config(&file(new));
        let plan = FaultPlan::new().with(n, Fault::CrashAfter);
        let to = Request::promote(name("prod"), wanted('b'), actor("ann"));
        let end = block_on(plan.survive(run(&stage.faulty(&plan), &stage.config, to)));
        if end.is_some() {
            break;
        }
        if stage.state("prod").open.is_some() {
            all.push(stage);
        }
    }
    assert!(all.len() >= 2, "with the intent alone, and with the target written");
    all
}

#[test]
fn moving_to_another_place_is_finished_when_it_was_cut_off() {
    for (new, at) in
        [("moved/{env}.zip", "moved/prod.zip"), ("moved/{env}-{sha:8}.zip", "moved/prod-bbbbbbbb.zip")]
    {
        for stage in cut_off(new) {
            let end = block_on(resume(&stage.ports(), &stage.config, "prod", "bob"));
            assert!(matches!(end, End::Done(_)), "{new}: {end:?}");
            assert_eq!(stage.state("prod").release().unwrap().commit, commit('b'), "{new}");
            assert_eq!(stage.bytes(at), Some(crate::stage::zip('b')), "{new}");
            assert_eq!(stage.bytes("prod/app.zip"), Some(crate::stage::zip('a')), "{new}: it stays");
        }
    }
}

#[test]
fn moving_to_another_place_is_rolled_back_when_it_was_cut_off() {
    for stage in cut_off("moved/{env}.zip") {
        let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
        let end = block_on(run(&stage.ports(), &stage.config, back));
        assert!(matches!(end, End::Done(_)), "{end:?}");
        assert_eq!(stage.state("prod").release().unwrap().commit, commit('a'));
        assert!(stage.state("prod").open.is_none());
        for at in ["moved/prod.zip", "prod/app.zip"] {
            assert_eq!(stage.bytes(at), Some(crate::stage::zip('a')), "{at}");
        }
    }
}

#[test]
fn what_was_begun_elsewhere_than_the_file_names_now_is_neither_finished_nor_undone() {
    for mut stage in cut_off("moved/{env}.zip") {
        for target in ["{env}/app.zip", "third/{env}.zip"] {
            stage.config = config(&file(target));
            let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
            for end in [
                block_on(resume(&stage.ports(), &stage.config, "prod", "bob")),
                block_on(run(&stage.ports(), &stage.config, back)),
            ] {
                let End::Refused(why) = &end else { panic!("{target}: {end:?}") };
                assert!(why.contains("`memory://store/moved/prod.zip`"), "{why}");
            }
        }
    }
}

#[test]
fn an_old_place_that_nobody_may_look_at_is_a_finding_of_its_own() {
    for kind in [ErrorKind::Denied, ErrorKind::Unavailable, ErrorKind::NotFound] {
        let mut stage = Stage::ready_with(OLD, MemoryKind::gcs_like());
        stage.config = config(&file("moved/{env}.zip"));
        let closed = Disturbed::around(&stage.store, move |what, at| match at.as_str() {
            "prod/app.zip" if what == Method::Head => {
                Err(ProviderError::new(kind, "memory://store", at, "it is closed"))
            }
            _ => Ok(()),
        });
        let mut view = stage.ports().view();
        view.stores.insert(store_id(), Arc::new(closed));
        let found = block_on(verify(&view, &stage.config, &[], Depth::default())).unwrap();
        let targets = found.targets.unwrap();
        let prod = targets.iter().find(|target| target.environment == "prod").unwrap();
        let detail = prod.detail.as_deref().unwrap();
        assert!(detail.contains("could not be looked at: it is closed"), "{kind:?}: {detail}");
        assert!(detail.contains("the target moved"), "{kind:?}: {detail}");
        let staging = targets.iter().find(|target| target.environment == "staging").unwrap();
        assert!(staging.detail.as_deref().unwrap().contains("contains what is recorded"), "{staging:?}");
    }
}

/// What the file dropped since would not come back, and half of a release would be told as the whole.
#[test]
fn a_release_comes_back_whole_or_not_at_all() {
    let two = format!(
        "{OLD}\n[artifact.rules]\nsource = \"memory://store/rules/{{sha}}/\"\ntarget = \"memory://store/{{env}}/rules.json\"\n"
    );
    let mut stage = Stage::ready_with(&two, MemoryKind::s3_like());
    stage.config = config(OLD);
    let end = stage.to("prod", 'b');
    assert!(matches!(end, End::Done(_)), "{end:?}");
    let back = |stage: &Stage, overrides: Vec<Override>| {
        let back = Request::rollback(name("prod"), Wanted::Unnamed, actor("ann"));
        block_on(run(&stage.ports(), &stage.config, Request { overrides, ..back }))
    };
    let End::Refused(told) = back(&stage, Vec::new()) else { panic!("half of it is back") };
    assert!(told.contains("drift: the target moved: the ledger has `rules` at"), "{told}");
    assert_eq!(stage.state("prod").release().unwrap().commit, commit('b'));
    // With the target in the file again it is one that the last record does not name.
    stage.config = config(&two);
    let drift = Override { rule: "drift".to_owned(), reason: "back to a".to_owned() };
    let end = back(&stage, vec![drift]);
    assert!(matches!(end, End::Done(_)), "{end:?}");
    assert_eq!(stage.held("prod"), [Some('a'), Some('a'), None]);
}

/// What `verify` and `status` say of prod: the words of the former, whether all is well for it, and the latter's.
fn told(stage: &Stage) -> (Vec<String>, bool, String) {
    let view = stage.ports().view();
    let found = block_on(verify(&view, &stage.config, &[], Depth::default())).unwrap();
    let targets = found.targets.unwrap();
    let prod = targets.into_iter().filter(|target| target.environment == "prod");
    let status = block_on(status(&view, &stage.config, &[], &actor("ann"))).unwrap();
    let prod_now = status.environments.iter().find(|one| one.name == "prod").unwrap();
    (prod.filter_map(|target| target.detail).collect(), found.matches, prod_now.drift.join("; "))
}

#[test]
fn what_was_begun_elsewhere_than_the_file_names_now_is_looked_at_there() {
    let mut written = 0;
    for mut stage in cut_off("moved/{env}.zip") {
        for target in ["{env}/app.zip", "third/{env}.zip"] {
            stage.config = config(&file(target));
            let (details, matches, status) = told(&stage);
            assert!(!matches, "{target}: {details:?}");
            assert!(details.iter().any(|told| told.contains("moved/prod.zip")), "{target}: {details:?}");
            assert!(status.contains("moved/prod.zip"), "{target}: {status}");
            let there = stage.bytes("moved/prod.zip").is_some();
            let unfinished = details.iter().any(|told| told.contains("wrote, which is unfinished"));
            assert_eq!(there, unfinished, "{target}: {details:?}");
            written += usize::from(there);
        }
    }
    assert!(written > 0);
}

#[test]
fn what_was_put_somewhere_is_looked_at_there_when_the_file_names_no_target_any_more() {
    let source = r#"source = "memory://store/app/{sha}.zip""#;
    let target = r#"target = "memory://store/{env}/app.zip""#;
    let without = OLD.replace(target, "").replace(source, r#"source = "git""#);
    let mut stage = Stage::ready_with(OLD, MemoryKind::gcs_like());
    assert!(told(&stage).1);
    stage.config = config(&without);
    let (details, matches, status) = told(&stage);
    assert!(!matches, "{details:?}");
    assert!(details.iter().any(|told| told.contains("prod/app.zip")), "{details:?}");
    assert!(status.contains("prod/app.zip"), "{status}");
}
