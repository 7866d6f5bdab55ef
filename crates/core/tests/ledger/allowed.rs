//! What was let through when a release was published: records keep it, and a lane remembers it.

use crate::samples::{LEDGER, append, commit_of, genesis, intent, move_to};
use crate::stage::commit;
use promote_core::ledger::state::TRAIL;
use promote_core::ledger::{Action, Allowed, Dirty, Head, Kind, Unmerged, check_chain};

/// b moves, then c, for which something was let through.
fn marked(what: &[&str]) -> Vec<Head> {
    let mut heads = Vec::new();
    move_to(&mut heads, 'b');
    append(&mut heads, Kind::Intent, |record, head| {
        let mut intent = intent('c', Action::Promote, head);
        intent.allowed = what.iter().map(|one| (*one).to_owned()).collect();
        record.intent = Some(intent);
    });
    let of = heads.last().unwrap().id;
    append(&mut heads, Kind::Commit, |record, _| record.commit = Some(commit_of(of, 'c', true)));
    heads
}

#[test]
fn a_lane_remembers_what_was_let_through_as_long_as_the_release_is_remembered() {
    let mut heads = marked(&["dirty", "unmerged"]);
    let state = heads.last().unwrap().state();
    assert_eq!(state.allowed(&commit('c')), ["dirty", "unmerged"]);
    assert!(state.allowed(&commit('b')).is_empty());
    move_to(&mut heads, 'd');
    assert_eq!(heads.last().unwrap().state().allowed(&commit('c')), ["dirty", "unmerged"]);
    for _ in 0..TRAIL * 2 {
        move_to(&mut heads, 'e');
        move_to(&mut heads, 'd');
    }
    assert!(heads.last().unwrap().state().allowed.len() <= TRAIL);
    assert!(check_chain(&LEDGER.to_owned(), genesis(), &heads).faults.is_empty());
}

#[test]
fn a_record_of_a_release_for_which_nothing_was_let_through_has_the_bytes_it_always_had() {
    let heads = marked(&[]);
    for head in &heads {
        let text = String::from_utf8(head.record.to_bytes().unwrap()).unwrap();
        assert!(!text.contains("allowed"), "{text}");
    }
}

#[test]
fn what_was_let_through_is_said_in_words() {
    let allowed = Allowed {
        dirty: Some(Dirty { at: Some(commit('a')), files: vec!["x".to_owned()], count: 3 }),
        unmerged: Some(Unmerged { of: "pull request 5".to_owned(), head: Some(commit('b')) }),
    };
    assert_eq!(allowed.names(), ["dirty", "unmerged"]);
    assert_eq!(
        allowed.said(),
        [
            "dirty: the work tree was at aaaaaaaaaaaa; 3 files differ: x and 2 more",
            "unmerged: a merge of bbbbbbbbbbbb made for pull request 5"
        ]
    );
    assert!(Allowed::default().is_empty() && Allowed::default().said().is_empty());
    assert_eq!(serde_json::to_string(&Allowed::default()).unwrap(), "{}");
}
