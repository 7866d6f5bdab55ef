//! A promotion of four artifacts is stopped at every single call, in every way; then it is resumed and, separately,
//! undone. What is left open says what is done and what is not.

use crate::stage::{End, Stage, actor, commit, name, resume, run, wanted};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::ledger::{Seq, check_chain};
use promote_core::port::ErrorKind;
use promote_core::request::{Request, Wanted};
use promote_testing::decorator::{Fault, FaultPlan};
use promote_testing::memory::MemoryKind;

const FAULTS: [Fault; 5] = [
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::RequestLost(ErrorKind::Unavailable),
    Fault::RequestLost(ErrorKind::Unknown),
    Fault::AnswerLost,
];

fn to_b() -> Request {
    Request::promote(name("prod"), wanted('b'), actor("ann"))
}

fn calls(kind: &MemoryKind) -> usize {
    let stage = Stage::ready(kind.clone());
    let plan = FaultPlan::new();
    let end = block_on(plan.survive(run(&stage.faulty(&plan), &stage.config, to_b())));
    assert!(matches!(end, Some(End::Done(_))), "{end:?}");
    plan.calls()
}

/// The chain is sound, and the watched zip holds the new release only when everything before it does.
fn check(stage: &Stage, what: &str) {
    let reader = stage.ports().ledger.reader().clone();
    let mut heads = block_on(reader.page(&"prod".parse().unwrap(), None, 1000)).unwrap();
    heads.reverse();
    let (genesis, id) = block_on(reader.genesis()).unwrap().unwrap();
    let report = check_chain(&genesis.ledger, id, &heads);
    assert!(report.faults.is_empty(), "{what}: {:?}", report.faults);
    let [app, rules, config] = stage.held("prod");
    assert!(app.is_some() && rules.is_some(), "{what}: what is one object is never half written");
    if stage.state("prod").open.as_ref().is_some_and(|open| !open.superseding) && app == Some('b') {
        assert_eq!((rules, config), (Some('b'), Some('b')), "{what}: the zip is moved last");
    }
    let seq = heads.last().map_or(Seq(0), |head| head.record.seq);
    assert_eq!(seq.0, heads.len() as u64, "{what}");
}

/// Everything holds this release, and nothing is open.
fn at_rest(stage: &Stage, digit: char, what: &str) {
    check(stage, what);
    let state = stage.state("prod");
    assert!(state.open.is_none(), "{what}: something is open");
    assert_eq!(state.release().unwrap().commit, commit(digit), "{what}");
    assert_eq!(stage.held("prod"), [Some(digit); 3], "{what}");
    let tag = &state.current.unwrap().targets[0].target.key;
    let short: String = digit.to_string().repeat(8);
    assert!(tag.as_str().contains(&short), "{what}: {tag}");
    use promote_core::port::BucketReader;
    let image = block_on(stage.registry.head(tag)).unwrap().unwrap_or_else(|| panic!("{what}: no {tag}"));
    assert_eq!(image.sha256, Some(promote_core::digest::Digest::of(crate::stage::image(digit).as_bytes())));
}

/// I5, and that an open promotion says of each target whether it is known to have the release.
fn honest(stage: &Stage, end: Option<&End>, what: &str) {
    match end {
        Some(End::Done(_)) => at_rest(stage, 'b', what),
        Some(End::Failed(failure)) if failure.exit == ExitStatus::Unfinished => {
            if stage.state("prod").open.is_some() && failure.state.len() >= 4 {
                let told = failure
                    .state
                    .iter()
                    .filter(|line| line.contains("have the release") || line.contains("has the release"));
                assert_eq!(told.count(), 4, "{what}: {:?}", failure.state);
            }
            assert!(!failure.hints.is_empty(), "{what}: {failure:?}");
        }
        Some(End::Failed(failure)) => {
            assert!(stage.state("prod").open.is_none(), "{what}: reported {failure:?}, and it is open");
            at_rest(stage, 'a', what);
        }
        None => {}
        Some(other) => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_release_of_several_artifacts_survives_every_fault_at_every_call() {
    let mut cases = 0;
    let kinds =
        [("local", MemoryKind::local_like()), ("s3", MemoryKind::s3_like()), ("gcs", MemoryKind::gcs_like())];
    for (store, kind) in kinds {
        let calls = calls(&kind);
        for n in 1..=calls {
            for fault in FAULTS {
                for undo in [false, true] {
                    let what = format!("{store}, call {n} of {calls}, {fault:?}, undo: {undo}");
                    let stage = Stage::ready(kind.clone());
                    let plan = FaultPlan::new().with(n, fault);
                    let end = block_on(plan.survive(run(&stage.faulty(&plan), &stage.config, to_b())));
                    check(&stage, &what);
                    honest(&stage, end.as_ref(), &what);
                    recover(&stage, undo, &what);
                    cases += 1;
                }
            }
        }
        println!("{store}: {calls} calls");
    }
    println!("release matrix: {cases} cases, 0 violations");
    assert!(cases > 600, "the matrix has shrunk to {cases}");
}

fn recover(stage: &Stage, undo: bool, what: &str) {
    if !undo {
        let landed = {
            let state = stage.state("prod");
            state.open.is_some() || state.release().unwrap().commit == commit('b')
        };
        let end = block_on(resume(&stage.ports(), &stage.config, "prod", "bob"));
        assert!(matches!(end, End::Done(_) | End::Nothing), "{what}: {end:?}");
        at_rest(stage, if landed { 'b' } else { 'a' }, what);
        return;
    }
    let open = stage.state("prod").open.is_some();
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob")).taking_over();
    match block_on(run(&stage.ports(), &stage.config, back)) {
        End::Done(_) => {}
        // Nothing was begun, and before a there is nothing.
        End::Failed(failure) if !open && failure.exit == ExitStatus::Missing => {}
        other => panic!("{what}: {other:?}"),
    }
    at_rest(stage, 'a', what);
}
