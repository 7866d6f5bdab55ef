//! A release's manifest that somebody changed in the ledger is not moved: the records name the one that was.

use crate::stage::{End, Stage, actor, commit, content, name, run, wanted};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::flow::decide;
use promote_core::ledger::{Action, Override};
use promote_core::report::DecisionReport;
use promote_core::request::{Request, Wanted};
use promote_testing::memory::MemoryKind;

/// Somebody edits the manifest of a release.
fn edit(stage: &Stage, digit: char) {
    let key = format!(".promote/shop/releases/{}/manifest.json", commit(digit)).parse().unwrap();
    let text = String::from_utf8(stage.bucket.bytes(&key).unwrap().to_vec()).unwrap();
    let edited = text.replace(&format!("work on {digit}"), "something else");
    assert_ne!(text, edited);
    stage.bucket.put(&key, edited).unwrap();
}

#[test]
fn a_manifest_that_is_another_than_the_records_name_is_refused_whatever_moves_it() {
    let to = |environment, digit| Request::promote(name(environment), wanted(digit), actor("ann"));
    // b is in staging and may go to prod; a was in staging and is in prod.
    for (digit, request) in [
        ('b', to("prod", 'b')),
        ('b', Request::promote(name("prod"), Wanted::Unnamed, actor("ann"))),
        ('b', Request { action: Action::Redeploy, ..to("staging", 'b') }),
        ('a', Request { action: Action::Redeploy, ..to("prod", 'a') }),
        ('a', Request::rollback(name("staging"), Wanted::Previous, actor("ann")).taking_over()),
    ] {
        let stage = Stage::ready(MemoryKind::s3_like());
        assert!(block_on(decide(&stage.ports().view(), &stage.config, &request)).is_ok(), "{request:?}");
        edit(&stage, digit);
        let before = stage.bucket.snapshot();
        let end = block_on(run(&stage.ports(), &stage.config, request.clone()));
        let End::Failed(failure) = end else { panic!("{request:?}: {end:?}") };
        assert_eq!(failure.exit, ExitStatus::Failed, "{failure}");
        let message = failure.to_string();
        assert!(message.ends_with("was changed in the ledger"), "{message}");
        assert!(failure.hints[0].contains("promote verify --ledger"), "{failure:?}");
        assert_eq!(before, stage.bucket.snapshot(), "nothing is written");
    }
    // What never moved has no record that names it.
    let stage = Stage::ready(MemoryKind::s3_like());
    edit(&stage, 'c');
    assert!(matches!(stage.to("staging", 'c'), End::Done(_)));
}

#[test]
fn a_plan_names_what_is_there_by_the_release_only_where_it_holds_its_bytes() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let settings = &stage.config.environments[&name("prod")];
    let report = || {
        let reason = "it was us".to_owned();
        let overrides = vec![Override { rule: "drift".to_owned(), reason }];
        let request = Request { overrides, ..Request::promote(name("prod"), wanted('b'), actor("ann")) };
        let view = stage.ports().view();
        let (_, decision) = block_on(decide(&view, &stage.config, &request)).unwrap();
        block_on(DecisionReport::of(&view, &stage.config, settings, &decision)).moves.remove(0)
    };
    let row = report();
    assert_eq!((row.before_sha.as_deref(), row.before_size), (Some(commit('a').as_str()), Some(14)));
    // Other bytes lie under the same name.
    stage.bucket.put(&"prod.zip".parse().unwrap(), "by hand").unwrap();
    let row = report();
    assert_eq!((row.before_sha, row.before_size), (None, Some(7)));
    // The very bytes of the release that runs, put there again by hand, may be told as such or not, never as another.
    stage.bucket.put(&"prod.zip".parse().unwrap(), content('a')).unwrap();
    assert!(report().before_sha.is_none_or(|sha| sha == commit('a').as_str()));
}
