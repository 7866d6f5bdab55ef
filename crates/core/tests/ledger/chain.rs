//! What a check of a chain finds, and the one thing that it can't.

use crate::samples::{LEDGER, append, commit_of, genesis, intent, move_to, outcome_of};
use promote_core::digest::Digest;
use promote_core::ledger::TransitionError;
use promote_core::ledger::{
    Action, ChainCheck, ChainFault, Freeze, Head, Kind, OutcomeResult, Record, Seq, check_chain,
};

/// Sixty records.
fn sixty() -> Vec<Head> {
    let mut heads = Vec::new();
    for round in 0..10 {
        move_to(&mut heads, if round % 2 == 0 { 'b' } else { 'c' });
        append(&mut heads, Kind::Freeze, |record, _| {
            record.freeze = Some(Freeze { until: None, environments: Vec::new() })
        });
        append(&mut heads, Kind::Unfreeze, |_, _| {});
        append(&mut heads, if round % 2 == 0 { Kind::Hold } else { Kind::Unhold }, |_, _| {});
    }
    assert_eq!(heads.len(), 60);
    heads
}

fn faults(heads: &[Head]) -> Vec<ChainFault> {
    check_chain(&LEDGER.to_owned(), genesis(), heads).faults
}

/// The head that a reader makes of these bytes, when they are a record at all.
fn read(bytes: &[u8], like: &Head) -> Option<Head> {
    let mut record = Record::from_bytes(bytes).ok()?;
    // The reader looks for a record by its place.
    if record.seq != like.record.seq || record.lane != like.record.lane {
        return None;
    }
    let id = Digest::of(bytes);
    record.state = record.state.sealed(record.seq, id, Some(like.stored_at));
    Some(Head { record, id, stored_at: like.stored_at })
}

fn bytes(heads: &[Head]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    // What is stored is the state before it is sealed: computed from the one before.
    let mut before = promote_core::ledger::State::default();
    for head in heads {
        let mut record = head.record.clone();
        record.state = before.after(&record).unwrap();
        let stored = record.to_bytes().unwrap();
        assert_eq!(Digest::of(&stored), head.id);
        before = head.state().clone();
        out.push(stored);
    }
    out
}

#[test]
fn a_sound_chain_has_no_fault() {
    let heads = sixty();
    let report = check_chain(&LEDGER.to_owned(), genesis(), &heads);
    assert_eq!((report.records, report.faults), (60, vec![]));
    // Read back from its bytes, it is the same.
    let again: Vec<Head> =
        bytes(&heads).iter().zip(&heads).map(|(bytes, head)| read(bytes, head).unwrap()).collect();
    assert_eq!(again, heads);
    assert_eq!(check_chain(&LEDGER.to_owned(), genesis(), &[]).records, 0);
}

/// Bits of every record but the last are flipped. Either the record can't be read any more, or the check finds a
/// fault when it has seen the record and the one after it. To flip each of more than a million bits takes minutes:
/// that is done with `PROMOTE_EVERY_BIT=1`, else one bit of each byte of an intent, a commit and an outcome, and one
/// bit in 97 of the others.
#[test]
fn flipped_bits_are_found() {
    let heads = sixty();
    let stored = bytes(&heads);
    let all = std::env::var_os("PROMOTE_EVERY_BIT").is_some_and(|value| value == "1");
    let mut check = ChainCheck::new(&LEDGER.to_owned(), genesis());
    let (mut flips, mut unreadable) = (0_u64, 0_u64);
    for (place, bytes) in stored.iter().enumerate().take(59) {
        let mut bytes = bytes.clone();
        for bit in 0..bytes.len() * 8 {
            let chosen = if place < 3 { bit % 8 == (bit / 8) % 8 } else { (bit + place) % 97 == 0 };
            if !all && !chosen {
                continue;
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            match read(&bytes, &heads[place]) {
                None => unreadable += 1,
                Some(flipped) => {
                    let mut check = check.clone();
                    check.take(&flipped);
                    check.take(&heads[place + 1]);
                    assert!(!check.report().faults.is_empty(), "record {} bit {bit}", place + 1);
                }
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        check.take(&heads[place]);
        assert!(check.report().faults.is_empty());
    }
    assert!(flips > if all { 1_000_000 } else { 10_000 }, "{flips}");
    assert!(unreadable > 0 && unreadable < flips, "{unreadable} of {flips}");
}

#[test]
fn the_newest_record_is_held_by_nothing_but_its_own_sense() {
    // A documented limit: without a checkpoint elsewhere, a changed last record is found only where it contradicts
    // the ones before.
    let heads = sixty();
    let last = bytes(&heads).pop().unwrap();
    let change = |from: &str, to: &str| {
        let text = String::from_utf8(last.clone()).unwrap().replacen(from, to, 1);
        let mut changed = heads.clone();
        let place = changed.len() - 1;
        changed[place] = read(text.as_bytes(), &heads[place]).unwrap();
        faults(&changed)
    };
    assert_eq!(change("because", "whyever"), []);
    assert_eq!(change(r#""unclean":false"#, r#""unclean":true"#), [ChainFault::State(Seq(60))]);
}

#[test]
fn missing_swapped_and_foreign_records_are_found() {
    let heads = sixty();
    for place in 0..59 {
        let mut missing = heads.clone();
        missing.remove(place);
        let found = faults(&missing);
        assert_eq!(found.first(), Some(&ChainFault::Gap(Seq(place as u64 + 1))), "{found:?}");
        assert!(found.contains(&ChainFault::Broken(Seq(place as u64 + 2))), "{found:?}");
        let mut swapped = heads.clone();
        swapped.swap(place, place + 1);
        assert!(faults(&swapped).len() >= 3, "{place}");
        let mut doubled = heads.clone();
        doubled.insert(place, heads[place].clone());
        assert!(!faults(&doubled).is_empty(), "{place}");
    }
    let other = check_chain(&"f".repeat(32), genesis(), &heads);
    assert!((1..=60).all(|seq| other.faults.contains(&ChainFault::Foreign(Seq(seq)))));
    let beginning = check_chain(&LEDGER.to_owned(), Digest::of(b"another genesis"), &heads);
    assert_eq!(beginning.faults, [ChainFault::Broken(Seq(1))]);
}

#[test]
fn a_tail_that_was_cut_off_is_not_found() {
    let heads = sixty();
    for length in 0..60 {
        assert_eq!(faults(&heads[..length]), [], "{length}: a documented limit");
    }
}

#[test]
fn records_that_may_not_stand_there_are_found_even_when_all_hashes_fit() {
    // Whoever may write the bucket can forge hashes, but not make a chain sound that breaks the rules.
    let forged = |kind: Kind, fill: &dyn Fn(&mut Record, &Head)| {
        let mut heads = sixty();
        let head = heads.last().unwrap().clone();
        let mut record = crate::samples::blank(Some(&head), kind);
        record.state = head.state().clone();
        fill(&mut record, &head);
        heads.push(crate::samples::stored(&record));
        faults(&heads)
    };
    let other = Digest::of(b"other");
    for (kind, fill, why) in [
        (
            Kind::Commit,
            &(|record: &mut Record, _: &Head| record.commit = Some(commit_of(other, 'd', true)))
                as &dyn Fn(&mut Record, &Head),
            TransitionError::NotOpen,
        ),
        (
            Kind::Outcome,
            &|record, _| record.outcome = Some(outcome_of(other, OutcomeResult::Succeeded)),
            TransitionError::NotLast,
        ),
        (
            Kind::Intent,
            &|record, head| {
                record.intent = Some(intent('d', Action::Promote, Some(head)));
                record.intent.as_mut().unwrap().supersedes = Some(other);
            },
            TransitionError::Supersedes,
        ),
    ] {
        assert!(forged(kind, fill).contains(&ChainFault::Transition { seq: Seq(61), why }), "{kind:?}");
    }
    // A state that follows from nothing: the release there is another one.
    let lie = forged(Kind::Hold, &|record, _| {
        record.state = record.state.clone();
        record.state.held = None;
    });
    assert_eq!(lie, [ChainFault::State(Seq(61))]);
}

#[test]
fn a_commit_names_the_targets_of_its_intent() {
    for change in 0..3 {
        let mut heads = sixty();
        append(&mut heads, Kind::Intent, |record, head| {
            record.intent = Some(intent('d', Action::Promote, head));
        });
        append(&mut heads, Kind::Commit, |record, head| {
            let mut commit = commit_of(head.unwrap().id, 'd', true);
            match change {
                0 => commit.targets.clear(),
                1 => commit.targets[0].target = "s3://acme-releases/shop/uat.zip".parse().unwrap(),
                _ => commit.targets[0].artifact = None,
            }
            record.commit = Some(commit);
        });
        let found = faults(&heads);
        assert_eq!(
            found,
            [ChainFault::Transition { seq: Seq(62), why: TransitionError::Targets }],
            "{change}"
        );
    }
}

#[test]
fn the_stores_times_are_those_that_the_next_record_noted() {
    // A copy of the ledger loses the times of the store. Nothing else is lost with them.
    let heads = sixty();
    let copied: Vec<Head> = bytes(&heads)
        .iter()
        .zip(&heads)
        .map(|(bytes, head)| {
            let late = Head { stored_at: head.stored_at + chrono::TimeDelta::days(400), ..head.clone() };
            read(bytes, &late).unwrap()
        })
        .collect();
    assert_eq!(faults(&copied), []);
    // But a state that claims another time for an earlier record than was noted is a lie.
    let mut heads = sixty();
    let head = heads.last().unwrap().clone();
    let mut record = crate::samples::blank(Some(&head), Kind::Unhold);
    let mut state = head.state().after(&record).unwrap();
    state.current.as_mut().unwrap().verified.as_mut().unwrap().stored = Some(crate::samples::start());
    record.state = state;
    heads.push(crate::samples::stored(&record));
    assert_eq!(faults(&heads), [ChainFault::State(Seq(61))]);
    // So is a time that a record claims for itself.
    let mut heads = sixty();
    heads.truncate(59);
    let head = heads.last().unwrap().clone();
    let mut record = crate::samples::blank(Some(&head), Kind::Hold);
    let mut state = head.state().after(&record).unwrap();
    state.held.as_mut().unwrap().since.stored = Some(crate::samples::start());
    record.state = state;
    heads.push(crate::samples::stored(&record));
    assert_eq!(faults(&heads), [ChainFault::State(Seq(60))]);
}
