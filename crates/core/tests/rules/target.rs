//! What must hold of the targets and their stores: `drift`, `guard`.

use crate::facts::{Case, object, open, there};
use insta::assert_snapshot;
use promote_core::ledger::Action;
use promote_core::location::StoreId;
use promote_core::port::{CopyGuard, Token, VersionId};

/// Prod with this done to what its target holds.
fn holding(change: impl FnOnce(&mut Option<promote_core::port::Object>)) -> Case {
    let mut case = Case::new();
    change(&mut case.snapshot.targets.get_mut("main").unwrap().object);
    case
}

#[test]
fn the_target_holds_what_the_ledger_says() {
    assert_snapshot!(Case::new().check("drift"), @"met: the target is what the ledger says");
    // Written by hand, by another promotion, and gone.
    let by_hand = holding(|object| object.as_mut().unwrap().token = Token("other".to_owned()));
    assert_snapshot!(by_hand.check("drift"), @r#"
    unmet: `memory://m/prod.zip` was written 2026-01-06 06:00 UTC, not by promote
    hint: `promote adopt prod --reason TEXT` records what is there, `--override drift --reason TEXT` overwrites it
    "#);
    let stamped = holding(|object| {
        let object = object.as_mut().unwrap();
        object.token = Token("other".to_owned());
        object.metadata.insert("promote-id".to_owned(), "01\u{1b}[31mX\n::error::".to_owned());
    });
    assert_snapshot!(stamped.check("drift"), @r#"
    unmet: `memory://m/prod.zip` was written 2026-01-06 06:00 UTC, by promotion 01\u{1b}[31mX\n::error::
    hint: `promote adopt prod --reason TEXT` records what is there, `--override drift --reason TEXT` overwrites it
    "#);
    assert_snapshot!(holding(|object| *object = None).check("drift"), @r#"
    unmet: `memory://m/prod.zip` is gone
    hint: `--override drift --reason TEXT` writes it all the same
    "#);
    // The same content written again: on S3 the token comes back, the version does not.
    let again = holding(|object| object.as_mut().unwrap().version = Some(VersionId("v9".to_owned())));
    assert!(again.check("drift").starts_with("unmet"));
    // A store that keeps no versions is compared by token alone.
    let mut case = holding(|object| object.as_mut().unwrap().version = None);
    assert!(case.check("drift").starts_with("unmet"), "the version that was recorded is missed");
    case.state().current.as_mut().unwrap().targets[0].version = None;
    assert!(case.check("drift").starts_with("met"));
}

/// A copy that can't be pinned takes whatever lies there then.
#[test]
fn where_a_copy_can_not_be_pinned_the_bytes_pass_through_this_machine() {
    let check = |put_limit| {
        let mut case = Case::new();
        let store = case.snapshot.capabilities.get_mut(&StoreId::Memory("m".to_owned())).unwrap();
        (store.source_pin, store.put_limit) = (false, put_limit);
        case.check("guard")
    };
    assert_snapshot!(check(14), @"met: memory://m does not pin the source of a copy: the bytes pass through this machine and are compared there");
    assert_snapshot!(check(13), @"met: memory://m does not pin the source of a copy: what is copied is what is there then");
}

#[test]
fn what_no_record_accounts_for_is_drift() {
    let mut case = Case::new();
    case.snapshot.head = None;
    assert_snapshot!(case.check("drift"), @r#"
    unmet: `memory://m/prod.zip` contains an object that no record accounts for
    hint: `promote adopt prod --reason TEXT` records what is there, `--override drift --reason TEXT` overwrites it
    "#);
    case.snapshot.targets.get_mut("main").unwrap().object = None;
    assert!(case.check("drift").starts_with("met"), "an empty place before the first promotion");
    // A record of another place says nothing about this one.
    let mut case = Case::new();
    case.state().current = Some(there("staging", 'a', 30, Some(30)));
    assert!(case.check("drift").contains("no record accounts for"));
}

/// A hint names no command that is refused: what is not there can't be adopted, nor can anything beside it, nor while a
/// promotion is open.
#[test]
fn adopting_is_named_where_it_can_be_done_alone() {
    let by_hand = || holding(|object| object.as_mut().unwrap().token = Token("other".to_owned()));
    assert!(by_hand().check("drift").contains("promote adopt"));
    let mut beside = by_hand();
    let mut absent = beside.snapshot.targets["main"].clone();
    absent.object = None;
    absent.location = "memory://m/second.zip".parse().unwrap();
    beside.snapshot.targets.insert("second".to_owned(), absent);
    let mut begun = by_hand();
    begun.state().open = Some(open('c', Action::Promote));
    for case in [beside, begun] {
        let said = case.check("drift");
        assert!(said.starts_with("unmet") && !said.contains("promote adopt"), "{said}");
    }
}

#[test]
fn what_an_open_promotion_wrote_is_no_drift() {
    for (stamp, verdict) in
        [("00000000000000BB", "met"), ("00000000000000CC", "met"), ("00000000000000DD", "unmet")]
    {
        let mut case = holding(|found| {
            let mut written = object("prod", 'c');
            written.metadata.insert("promote-id".to_owned(), stamp.to_owned());
            *found = Some(written);
        });
        case.state().open = Some(open('c', Action::Promote));
        assert!(case.check("drift").starts_with(verdict), "{stamp}");
        case.state().open = None;
        assert!(case.check("drift").starts_with("unmet"), "{stamp}");
        // Nor on a place that held nothing before.
        case.state().open = Some(open('c', Action::Promote));
        case.state().current = None;
        assert!(case.check("drift").starts_with(verdict), "{stamp}");
    }
}

#[test]
fn every_way_to_guard_a_copy_has_its_answer() {
    let check = |copy, put_limit| {
        let mut case = Case::new();
        let store = case.snapshot.capabilities.get_mut(&StoreId::Memory("m".to_owned())).unwrap();
        (store.copy, store.put_limit) = (copy, put_limit);
        case.check("guard")
    };
    assert_eq!(check(CopyGuard::ConditionalCopy, 0), "nothing to say");
    assert_snapshot!(check(CopyGuard::ConditionalComplete, 0), @"met: memory://m has no conditional copy: the condition is checked when a part copy is completed");
    assert_snapshot!(check(CopyGuard::ConditionalPut, 14), @"met: memory://m has no conditional copy: the bytes pass through this machine");
    assert_snapshot!(check(CopyGuard::ConditionalPut, 13), @"unmet: memory://m has no conditional copy, and 14 bytes are too many to pass through this machine");
    assert_snapshot!(check(CopyGuard::None, 1 << 40), @"unmet: memory://m checks no condition of a write");
    let mut case = Case::new();
    case.snapshot.untold_tags.insert("main".to_owned());
    assert_snapshot!(case.check("guard"), @"met: whether `memory://m/rel/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.zip` has tags may not be asked (`s3:GetObjectTagging`): a copy in parts goes without them");
    let mut case = Case::new();
    case.snapshot.capabilities.clear();
    assert_snapshot!(case.check("guard"), @"unmet: conditional writes of memory://m were never probed (`promote doctor --probe` does)");
    assert_snapshot!(case.overriding("guard").check("guard"), @r#"
    overridden: conditional writes of memory://m were never probed (`promote doctor --probe` does)
    {"override-reason":"it must be"}
    "#);
}
