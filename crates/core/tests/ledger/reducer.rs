//! Which record may follow which state, and what the state is then: the reducer's table.

use crate::samples::{
    LEDGER, append, blank, commit_of, intent, landed, move_to, outcome_of, release, start, stored,
    target_state,
};
use crate::stage::commit;
use chrono::TimeDelta;
use promote_core::digest::Digest;
use promote_core::ledger::TransitionError;
use promote_core::ledger::state::{ROLLED_BACK, TRAIL};
use promote_core::ledger::{
    Abort, Action, Freeze, GateList, Gates, Head, InForce, Kind, Mark, Observe, OutcomeResult, Override,
    PromotionId, Record, State,
};

/// What comes of a record of this kind after these.
fn after(heads: &[Head], kind: Kind, fill: impl FnOnce(&mut Record)) -> Result<State, TransitionError> {
    let last = heads.last();
    let mut record = blank(last, kind);
    record.why.overrides.clear();
    fill(&mut record);
    last.map(|head| head.state().clone()).unwrap_or_default().after(&record)
}

fn moved() -> Vec<Head> {
    let mut heads = Vec::new();
    move_to(&mut heads, 'b');
    heads
}

/// b is there, and c was begun.
fn opened() -> Vec<Head> {
    let mut heads = moved();
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('c', Action::Promote, head)));
    heads
}

fn frozen(until: Option<i64>) -> Vec<Head> {
    let mut heads = moved();
    append(&mut heads, Kind::Freeze, |record, _| {
        let until = until.map(|minutes| record.at + TimeDelta::minutes(minutes));
        record.freeze = Some(Freeze { until, environments: Vec::new() });
    });
    heads
}

fn put_intent(heads: &[Head], record: &mut Record, digit: char, action: Action) {
    record.intent = Some(intent(digit, action, heads.last()));
}

#[test]
fn an_intent_takes_over_from_what_is_open_and_from_nothing_else() {
    let (quiet, open) = (moved(), opened());
    let try_with = |heads: &[Head], supersedes: Option<Digest>| {
        after(heads, Kind::Intent, |record| {
            put_intent(heads, record, 'd', Action::Promote);
            record.intent.as_mut().unwrap().supersedes = supersedes;
        })
    };
    let id = open.last().unwrap().id;
    assert!(try_with(&quiet, None).is_ok());
    assert_eq!(try_with(&quiet, Some(id)), Err(TransitionError::Supersedes));
    assert_eq!(try_with(&open, None), Err(TransitionError::Supersedes));
    assert_eq!(try_with(&open, Some(Digest::of(b"other"))), Err(TransitionError::Supersedes));
    let taken = try_with(&open, Some(id)).unwrap().open.unwrap();
    assert!(taken.superseding);
    assert_eq!(taken.stamps.len(), 2, "the stamps of both are no drift");
    // A head whose id was never filled in is nothing that can be taken over.
    let mut unsealed = open.clone();
    unsealed.last_mut().unwrap().record.state.open.as_mut().unwrap().id = None;
    assert_eq!(try_with(&unsealed, None), Err(TransitionError::Supersedes));
    let hollow = after(&quiet, Kind::Intent, |_| {});
    assert_eq!(hollow, Err(TransitionError::NotOpen));
}

#[test]
fn an_intent_starts_from_what_is_there() {
    for from in [None, Some(commit('c'))] {
        let found = after(&moved(), Kind::Intent, |record| {
            put_intent(&moved(), record, 'c', Action::Promote);
            record.intent.as_mut().unwrap().from = from.clone();
        });
        assert_eq!(found, Err(TransitionError::From), "{from:?}");
    }
    let first = after(&[], Kind::Intent, |record| {
        put_intent(&[], record, 'c', Action::Promote);
        record.intent.as_mut().unwrap().from = Some(commit('b'));
    });
    assert_eq!(first, Err(TransitionError::From));
}

#[test]
fn a_frozen_lane_takes_no_intent_unless_it_says_why() {
    let attempt = |heads: &[Head], action, rules: &[&str], minutes: i64| {
        after(heads, Kind::Intent, |record| {
            put_intent(heads, record, 'c', action);
            let named = |rule: &&str| Override { rule: (*rule).to_owned(), reason: "r".to_owned() };
            record.why.overrides = rules.iter().map(named).collect();
            record.at = heads.last().unwrap().record.at + TimeDelta::minutes(minutes);
        })
        .map(drop)
    };
    let (for_ever, for_an_hour) = (frozen(None), frozen(Some(60)));
    for heads in [&for_ever, &for_an_hour] {
        assert_eq!(attempt(heads, Action::Promote, &[], 1), Err(TransitionError::Frozen));
        assert_eq!(attempt(heads, Action::Redeploy, &[], 1), Err(TransitionError::Frozen));
        assert_eq!(attempt(heads, Action::Promote, &["soak"], 1), Err(TransitionError::Frozen));
        assert_eq!(attempt(heads, Action::Promote, &["freeze"], 1), Ok(()));
        assert_eq!(attempt(heads, Action::Rollback, &[], 1), Ok(()));
    }
    assert_eq!(attempt(&for_an_hour, Action::Promote, &[], 60), Ok(()));
    assert_eq!(attempt(&for_ever, Action::Promote, &[], 60), Err(TransitionError::Frozen));
    // The rule decided by the store's clock. A writer's clock that is behind it, by no more than the rule `clock`
    // lets pass or with an override of that rule, must not contradict it here.
    assert_eq!(attempt(&for_an_hour, Action::Promote, &[], 56), Ok(()));
    assert_eq!(attempt(&for_an_hour, Action::Promote, &[], 54), Err(TransitionError::Frozen));
    assert_eq!(attempt(&for_an_hour, Action::Promote, &["clock"], -600), Ok(()));
    assert_eq!(attempt(&for_ever, Action::Promote, &["clock"], 1), Err(TransitionError::Frozen));
    // Lifted, or gone past when it was begun.
    let mut lifted = frozen(None);
    append(&mut lifted, Kind::Unfreeze, |_, _| {});
    assert_eq!(attempt(&lifted, Action::Promote, &[], 1), Ok(()));
    let last = attempt(&for_ever, Action::Promote, &[], i64::from(i32::MAX));
    assert_eq!(last, Err(TransitionError::Frozen), "no time is too far");
}

#[test]
fn a_commit_closes_the_intent_that_is_open() {
    let close = |heads: &[Head], of| {
        after(heads, Kind::Commit, |record| record.commit = Some(commit_of(of, 'c', true)))
    };
    let open = opened();
    let id = open.last().unwrap().id;
    assert_eq!(close(&moved(), id), Err(TransitionError::NotOpen));
    assert_eq!(close(&open, Digest::of(b"other")), Err(TransitionError::NotOpen));
    assert_eq!(after(&open, Kind::Commit, |_| {}), Err(TransitionError::NotOpen));
    let state = close(&open, id).unwrap();
    assert_eq!(state.release(), Some(&release('c')));
    assert_eq!((state.open, state.unclean), (None, false));
    assert_eq!(state.trail[0].release, release('b'));
    assert!(state.current.unwrap().verified.is_none(), "steps follow");
    // The second commit of the same intent.
    let mut heads = open;
    append(&mut heads, Kind::Commit, |record, _| record.commit = Some(commit_of(id, 'c', false)));
    assert!(heads.last().unwrap().state().unclean);
    assert_eq!(close(&heads, id), Err(TransitionError::NotOpen));
}

#[test]
fn without_steps_a_commit_is_verified_at_once() {
    let mut heads = moved();
    append(&mut heads, Kind::Intent, |record, head| {
        let mut intent = intent('c', Action::Promote, head);
        intent.follows = false;
        record.intent = Some(intent);
    });
    let of = heads.last().unwrap().id;
    append(&mut heads, Kind::Commit, |record, _| record.commit = Some(commit_of(of, 'c', true)));
    let current = heads.last().unwrap().state().current.clone().unwrap();
    assert_eq!(current.outcome, Some(OutcomeResult::Succeeded));
    assert_eq!(current.verified, Some(current.since));
    assert_eq!(current.since.stored, Some(heads.last().unwrap().stored_at), "by the store's time");
}

#[test]
fn an_abort_is_for_an_intent_that_took_over_from_nothing() {
    let abort = |heads: &[Head], of| {
        after(heads, Kind::Abort, |record| {
            record.abort = Some(Abort { of, reason: String::new(), restored: None })
        })
    };
    let mut heads = opened();
    let id = heads.last().unwrap().id;
    assert_eq!(abort(&moved(), id), Err(TransitionError::NotOpen));
    assert_eq!(abort(&heads, Digest::of(b"other")), Err(TransitionError::NotOpen));
    assert_eq!(after(&heads, Kind::Abort, |_| {}), Err(TransitionError::NotOpen));
    let state = abort(&heads, id).unwrap();
    assert_eq!((state.open.clone(), state.release().cloned()), (None, Some(release('b'))));
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('c', Action::Promote, head)));
    assert_eq!(abort(&heads, heads.last().unwrap().id), Err(TransitionError::Unabortable));
    assert_eq!(abort(&heads, id), Err(TransitionError::NotOpen), "what was taken over is not open any more");
}

#[test]
fn what_undoes_takes_over_where_nothing_is_there_and_ends_by_saying_what_became_of_each_target() {
    let undo =
        |heads: &[Head]| after(heads, Kind::Intent, |record| put_intent(heads, record, 'c', Action::Undo));
    let end = |heads: &[Head], restored| {
        let of = heads.last().unwrap().id;
        after(heads, Kind::Abort, |record| record.abort = Some(Abort { of, reason: String::new(), restored }))
    };
    assert_eq!(undo(&[]), Err(TransitionError::NotOpen), "nothing is open");
    assert_eq!(undo(&opened()), Err(TransitionError::NotOpen), "what was there before can come back");
    let mut heads = Vec::new();
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('c', Action::Promote, head)));
    assert!(undo(&heads).is_ok());
    let said = || Some(Vec::new());
    assert_eq!(end(&heads, said()), Err(TransitionError::Unabortable), "it undoes nothing");
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('c', Action::Undo, head)));
    assert_eq!(end(&heads, None), Err(TransitionError::Unabortable), "it says nothing of the targets");
    let state = end(&heads, said()).unwrap();
    assert_eq!((state.open.is_none(), state.current.is_none(), state.trail.len()), (true, true, 0));
    // It may itself be taken over, by what undoes as well.
    assert!(undo(&heads).is_ok());
}

#[test]
fn the_first_release_of_a_lane_may_be_undone_until_it_is_verified_and_is_marked_then() {
    let undo = |heads: &[Head], digit| {
        after(heads, Kind::Intent, |record| put_intent(heads, record, digit, Action::Undo))
    };
    let mut heads = Vec::new();
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('c', Action::Promote, head)));
    append(&mut heads, Kind::Commit, |record, head| {
        record.commit = Some(commit_of(head.unwrap().id, 'c', false));
    });
    let committed = heads.last().unwrap().id;
    assert!(undo(&heads, 'c').is_ok(), "while it is deployed");
    assert_eq!(undo(&heads, 'd'), Err(TransitionError::NotOpen), "another release");
    let mut verified = heads.clone();
    append(&mut verified, Kind::Outcome, |record, _| {
        record.outcome = Some(outcome_of(committed, OutcomeResult::Succeeded));
    });
    assert_eq!(undo(&verified, 'c'), Err(TransitionError::NotOpen), "it is verified");
    append(&mut heads, Kind::Outcome, |record, _| {
        record.outcome = Some(outcome_of(committed, OutcomeResult::Failed));
    });
    append(&mut heads, Kind::Freeze, |record, _| {
        record.freeze = Some(Freeze { until: None, environments: Vec::new() })
    });
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('c', Action::Undo, head)));
    // It may be gone on with, and not turned into a promotion's end.
    assert!(undo(&heads, 'c').is_ok());
    append(&mut heads, Kind::Abort, |record, head| {
        let of = head.unwrap().id;
        record.abort = Some(Abort { of, reason: String::new(), restored: Some(Vec::new()) });
    });
    let state = heads.last().unwrap().state();
    assert!(state.open.is_none() && state.current.is_none() && state.trail.is_empty(), "{state:?}");
    assert_eq!((state.committed, state.committed_seq, state.unclean), (None, None, false));
    assert_eq!(state.rolled_back, [commit('c')]);
    // Another one is the first again.
    append(&mut heads, Kind::Unfreeze, |_, _| {});
    append(&mut heads, Kind::Intent, |record, head| record.intent = Some(intent('d', Action::Promote, head)));
    append(&mut heads, Kind::Commit, |record, head| {
        record.commit = Some(commit_of(head.unwrap().id, 'd', true));
    });
    assert!(undo(&heads, 'd').is_ok());
}

/// Which record put an end to them, how long they live, and those before them; what all of them bring, and took back.
type Known = (u64, u32, Option<u32>, Vec<String>, Vec<String>);

/// The requests of the state after these records.
fn requests(heads: &[Head]) -> Option<Known> {
    let found = heads.last()?.state().requests.clone()?;
    let short = |commit: &promote_core::commit::CommitId| commit.short(1).to_owned();
    let undone = found.undone.iter().map(|release| short(&release.commit)).collect();
    let brought = found.brought.iter().map(short).collect();
    let earlier = found.earlier.map(|life| life.lives_s);
    Some((found.over.seq.0, found.lives_s, earlier, brought, undone))
}

#[test]
fn a_state_carries_how_long_requests_live_and_what_they_bring_and_took_back() {
    let mut heads = moved();
    assert_eq!(requests(&heads), None, "no target is fenced off by time, or older versions wrote it");
    let go = |heads: &mut Vec<Head>, digit, action, lives| {
        append(heads, Kind::Intent, |record, head| {
            record.intent = Some(intent(digit, action, head));
            record.intent.as_mut().unwrap().lives_s = lives;
        });
    };
    let end = |heads: &mut Vec<Head>, digit| {
        append(heads, Kind::Commit, |record, head| {
            record.commit = Some(commit_of(head.unwrap().id, digit, true));
        });
    };
    let told = |brought: &[&str]| brought.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    go(&mut heads, 'c', Action::Promote, Some(90));
    let begun = heads.last().unwrap().record.seq.0;
    assert_eq!(requests(&heads), Some((begun, 90, None, told(&["c"]), told(&[]))));
    end(&mut heads, 'c');
    assert_eq!(
        requests(&heads),
        Some((begun + 1, 90, None, told(&["c"]), told(&[]))),
        "none is sent any more"
    );
    // The next one is begun while the first one's may be alive: a minute passes between two records.
    go(&mut heads, 'd', Action::Promote, Some(40));
    assert_eq!(requests(&heads), Some((begun + 2, 40, Some(90), told(&["d", "c"]), told(&[]))));
    // It is taken over: those of both live as long as the longer ones.
    go(&mut heads, 'c', Action::Rollback, Some(60));
    assert_eq!(requests(&heads), Some((begun + 3, 60, Some(90), told(&["c", "d"]), told(&["d"]))));
    end(&mut heads, 'c');
    assert_eq!(requests(&heads), Some((begun + 4, 60, Some(90), told(&["c", "d"]), told(&["d"]))));
    // What says nothing of it changes nothing.
    go(&mut heads, 'e', Action::Promote, None);
    end(&mut heads, 'e');
    assert_eq!(requests(&heads).unwrap().0, begun + 4);
    // After a long time all that is forgotten.
    for _ in 0..10 {
        append(&mut heads, Kind::Hold, |_, _| {});
    }
    go(&mut heads, 'f', Action::Promote, Some(60));
    let seq = heads.last().unwrap().record.seq.0;
    assert_eq!(requests(&heads), Some((seq, 60, None, told(&["f"]), told(&[]))));
    let report = promote_core::ledger::check_chain(&LEDGER.to_owned(), heads[0].record.prev, &heads);
    assert_eq!(report.faults, []);
}

#[test]
fn a_writer_of_an_older_version_may_leave_out_or_carry_on_which_requests_live() {
    let mut heads = moved();
    let mut kept = None;
    for known in [false, true] {
        append(&mut heads, Kind::Intent, |record, head| {
            record.intent = Some(intent(if known { 'd' } else { 'c' }, Action::Promote, head));
            record.intent.as_mut().unwrap().lives_s = Some(90);
        });
        // As it is written by somebody who does not know the field.
        let mut head = heads.pop().unwrap();
        head.record.state.requests.clone_from(&kept);
        let rewritten = stored(&head.record);
        heads.push(rewritten);
        let report = promote_core::ledger::check_chain(&LEDGER.to_owned(), heads[0].record.prev, &heads);
        assert_eq!(report.faults, [], "{known}");
        heads.pop();
        append(&mut heads, Kind::Intent, |record, head| {
            record.intent = Some(intent('c', Action::Promote, head));
            record.intent.as_mut().unwrap().lives_s = Some(90);
        });
        append(&mut heads, Kind::Commit, |record, head| {
            record.commit = Some(commit_of(head.unwrap().id, 'c', true));
        });
        kept.clone_from(&heads.last().unwrap().state().requests);
    }
}

#[test]
fn an_outcome_is_of_the_last_commit() {
    let end = |heads: &[Head], of, result| {
        after(heads, Kind::Outcome, |record| record.outcome = Some(outcome_of(of, result)))
    };
    let heads = moved();
    let of = heads.last().unwrap().state().committed.unwrap();
    assert_eq!(of, heads[heads.len() - 2].id);
    assert_eq!(end(&heads, Digest::of(b"other"), OutcomeResult::Succeeded), Err(TransitionError::NotLast));
    assert_eq!(after(&heads, Kind::Outcome, |_| {}), Err(TransitionError::NotLast));
    assert_eq!(end(&[], of, OutcomeResult::Succeeded), Err(TransitionError::NotLast));
    assert_eq!(end(&opened(), of, OutcomeResult::Succeeded), Err(TransitionError::Busy));
    // A later outcome of the same commit wins; a second success keeps the time of the first.
    let before = heads.last().unwrap().state().current.clone().unwrap().verified;
    let again = end(&heads, of, OutcomeResult::Succeeded).unwrap().current.unwrap();
    assert_eq!(again.verified, before);
    for bad in [OutcomeResult::Failed, OutcomeResult::Errored, OutcomeResult::TimedOut] {
        let current = end(&heads, of, bad).unwrap().current.unwrap();
        assert_eq!((current.verified, current.outcome), (None, Some(bad)));
    }
    // After what is there was adopted, how the earlier deployment ended says nothing about it.
    let mut adopted = heads;
    append(&mut adopted, Kind::Observe, |record, _| {
        record.observe = Some(Observe {
            release: Some(release('d')),
            targets: vec![target_state('d')],
            since: None,
            allowed: Vec::new(),
            read: Default::default(),
        });
    });
    assert_eq!(end(&adopted, of, OutcomeResult::Succeeded), Err(TransitionError::NotLast));
    assert!(adopted.last().unwrap().state().current.as_ref().unwrap().verified.is_none());
}

#[test]
fn other_records_wait_until_nothing_is_open() {
    let fill = |kind: Kind, record: &mut Record| match kind {
        Kind::Observe => {
            record.observe = Some(Observe {
                release: None,
                targets: Vec::new(),
                since: None,
                allowed: Vec::new(),
                read: Default::default(),
            })
        }
        Kind::Freeze => record.freeze = Some(Freeze { until: None, environments: Vec::new() }),
        Kind::Mark => {
            record.mark = Some(Mark {
                of: PromotionId::new(start(), [1; 16]),
                label: "incident".to_owned(),
                sign: None,
            });
        }
        _ => {}
    };
    for kind in [Kind::Observe, Kind::Freeze, Kind::Unfreeze, Kind::Hold, Kind::Unhold, Kind::Mark] {
        assert_eq!(
            after(&opened(), kind, |record| fill(kind, record)),
            Err(TransitionError::Busy),
            "{kind:?}"
        );
        let (heads, mut record) = (moved(), None);
        let state = after(&heads, kind, |one| {
            fill(kind, one);
            record = Some(one.clone());
        });
        let before = heads.last().unwrap().state().clone();
        let after = state.unwrap();
        assert_eq!(after.current == before.current, kind != Kind::Observe, "{kind:?} moves nothing");
    }
}

#[test]
fn what_a_rollback_undid_is_remembered_until_it_comes_back() {
    let mut heads = moved();
    move_to(&mut heads, 'c');
    let back = |heads: &mut Vec<Head>, digit| {
        append(heads, Kind::Intent, |record, head| {
            record.intent = Some(intent(digit, Action::Rollback, head));
        });
        append(heads, Kind::Commit, |record, head| {
            record.commit = Some(commit_of(head.unwrap().id, digit, true));
        });
    };
    back(&mut heads, 'b');
    assert_eq!(heads.last().unwrap().state().rolled_back, [commit('c')]);
    // Rolling back to where one is undoes nothing.
    back(&mut heads, 'b');
    assert_eq!(heads.last().unwrap().state().rolled_back, [commit('c')]);
    move_to(&mut heads, 'c');
    assert_eq!(heads.last().unwrap().state().rolled_back, []);
    for _ in 0..ROLLED_BACK {
        for digit in ['d', 'e', 'f'] {
            move_to(&mut heads, digit);
            back(&mut heads, 'b');
        }
    }
    let state = heads.last().unwrap().state();
    assert_eq!(state.rolled_back, [commit('f'), commit('e'), commit('d')], "each once, newest first");
    assert_eq!(state.trail.len(), TRAIL.min(state.trail.len()));
}

#[test]
fn long_reasons_do_not_fill_the_state() {
    let mut heads = moved();
    for kind in [Kind::Freeze, Kind::Hold] {
        append(&mut heads, kind, |record, _| {
            record.why.reason = Some("ä".repeat(10_000));
            record.freeze =
                (kind == Kind::Freeze).then_some(Freeze { until: None, environments: Vec::new() });
        });
    }
    let record = append(&mut heads, Kind::Unhold, |_, _| {});
    assert_eq!(record.state.frozen.as_ref().unwrap().reason.chars().count(), 500);
    assert_eq!(record.ledger, LEDGER);
    assert_eq!(stored(&record).state().held, None);
    assert_eq!(landed('b').size, 14);
}

#[test]
fn the_gates_of_the_last_promotion_that_kept_them_are_in_the_state() {
    let gates = |text: &str| {
        let list: GateList =
            [("prod".parse().unwrap(), [("soak".to_owned(), vec![text.to_owned()])].into())].into();
        Gates { digest: Digest::of(text.as_bytes()), list }
    };
    let mut heads = moved();
    assert_eq!(heads.last().unwrap().state().gates, None);
    let mut go = |digit: char, action: Action, kept: Option<Gates>, ends: bool| {
        append(&mut heads, Kind::Intent, |record, head| {
            record.intent = Some(intent(digit, action, head));
            record.intent.as_mut().unwrap().gates = kept;
        });
        let seq = heads.last().unwrap().record.seq;
        if ends {
            append(&mut heads, Kind::Commit, |record, head| {
                record.commit = Some(commit_of(head.unwrap().id, digit, true))
            });
        } else {
            append(&mut heads, Kind::Abort, |record, head| {
                record.abort = Some(Abort { of: head.unwrap().id, reason: "x".to_owned(), restored: None });
            });
        }
        (seq, heads.last().unwrap().state().gates)
    };
    let (seq, first) = go('c', Action::Promote, Some(gates("2d")), true);
    assert_eq!(first, Some(InForce { digest: Digest::of(b"2d"), seq }));
    assert_eq!(go('d', Action::Promote, Some(gates("1d")), false).1, first, "nothing was promoted");
    assert_eq!(go('b', Action::Rollback, None, true).1, first, "a rollback keeps none");
    let (seq, second) = go('d', Action::Promote, Some(gates("1d")), true);
    assert_eq!(second, Some(InForce { digest: Digest::of(b"1d"), seq }));
    let text = String::from_utf8(heads.last().unwrap().record.to_bytes().unwrap()).unwrap();
    let wanted = format!("\"gates\":{{\"digest\":\"{}\",\"seq\":\"{seq}\"}}", Digest::of(b"1d"));
    assert!(text.contains(&wanted), "{text}");
    let report = promote_core::ledger::check_chain(&LEDGER.to_owned(), heads[0].record.prev, &heads);
    assert_eq!(report.faults, []);
}
