//! The request budget: how many requests a promotion sends, and how many of them one after the other.

use crate::stage::{End, Stage, actor, commit, name, run, wanted};
use futures_executor::block_on;
use promote_core::marks::{ProjectMark, block, say_of_all};
use promote_core::request::{Request, Wanted};
use promote_testing::memory::MemoryKind;

#[test]
fn a_promotion_of_one_zip_needs_few_requests() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let (ports, log) = stage.recorded();
    let end = block_on(run(&ports, &stage.config, Request::promote(name("prod"), wanted('b'), actor("ann"))));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    println!("promotion of a full commit: {} requests, {} one after the other", log.total(), log.rounds());
    assert!(log.rounds() <= 5, "{}: {:#?}", log.rounds(), log.calls());
    // One of them looks whether everything is frozen: no other one lists or reads what lies beside the lanes.
    assert!(log.total() <= 13, "{}: {:#?}", log.total(), log.calls());

    let stage = Stage::ready(MemoryKind::s3_like());
    let (ports, log) = stage.recorded();
    let end =
        block_on(run(&ports, &stage.config, Request::promote(name("prod"), Wanted::Unnamed, actor("ann"))));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    println!("promotion of what runs before: {} requests, {} one after the other", log.total(), log.rounds());
    assert!(log.rounds() <= 6, "{}: {:#?}", log.rounds(), log.calls());
    assert!(log.total() <= 13, "{}: {:#?}", log.total(), log.calls());
}

/// It depends on the lane alone until it is told, and by then the release may be blocked.
#[test]
fn the_way_back_is_looked_at_by_whoever_tells_it() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let (ports, log) = stage.recorded();
    let end = block_on(run(&ports, &stage.config, Request::promote(name("prod"), wanted('b'), actor("ann"))));
    let End::Done(done) = end else { panic!("{end:?}") };
    let (requests, rounds) = (log.total(), log.rounds());
    let back = block_on(done.ways(&ports.view())).back.unwrap();
    assert_eq!((back.line.to_string().as_str(), back.to), ("promote rollback prod", Some(commit('a'))));
    assert_eq!((log.total(), log.rounds()), (requests + 1, rounds + 1), "{:#?}", log.calls());
    let mut request = Request::promote(name("prod"), wanted('a'), actor("ann"));
    request.reason = Some("loses invoices".to_owned());
    assert!(block_on(block(&ports, &stage.config, &commit('a'), true, &request)).unwrap());
    assert_eq!(block_on(done.ways(&ports.view())).back, None);
}

/// The entry is read side by side with the heads of the lanes.
#[test]
fn what_was_said_about_everything_costs_one_request_and_no_round() {
    let count = |stage: &Stage| {
        let (ports, log) = stage.recorded();
        let to_prod = Request::promote(name("prod"), wanted('b'), actor("ann"));
        let end = block_on(run(&ports, &stage.config, to_prod));
        assert!(matches!(end, End::Done(_)), "{end:?}");
        (log.total(), log.rounds())
    };
    let (requests, rounds) = count(&Stage::ready(MemoryKind::s3_like()));
    let stage = Stage::ready(MemoryKind::s3_like());
    let freeze = ProjectMark::Freeze { until: None, link: None };
    for mark in [freeze, ProjectMark::Unfreeze] {
        let (ports, bob) = (stage.ports(), actor("bob"));
        let said = say_of_all(&ports, &stage.config, &bob, &mark, Some("INC-91"));
        assert!(block_on(said).unwrap().is_some());
    }
    assert_eq!(count(&stage), (requests + 1, rounds));
}

#[test]
fn the_gates_at_the_last_promotion_cost_a_request_only_where_they_are_others_now() {
    let mut stage = Stage::ready(MemoryKind::s3_like());
    let mut to_prod = |more: &dyn Fn(&mut promote_core::config::Environment), digit: char| {
        more(stage.config.environments.get_mut(&name("prod")).unwrap());
        // What comes back within a minute is looked at again, which is counted elsewhere.
        stage.clock.advance(std::time::Duration::from_secs(3600));
        let (ports, log) = stage.recorded();
        let mut request = Request::promote(name("prod"), wanted(digit), actor("ann"));
        for rule in ["order", "rolled-back", "from", "soak"] {
            let reason = "back and forth".to_owned();
            request.overrides.push(promote_core::ledger::Override { rule: rule.to_owned(), reason });
        }
        let end = block_on(run(&ports, &stage.config, request));
        assert!(matches!(end, End::Done(_)), "{end:?}");
        (log.total(), log.rounds())
    };
    let first = to_prod(&|_| {}, 'b');
    let same = to_prod(&|_| {}, 'a');
    assert_eq!(same, first);
    let tightened = to_prod(&|prod| prod.soak = std::time::Duration::from_secs(60), 'b');
    assert_eq!(tightened, (first.0 + 1, first.1 + 1));
    assert_eq!(to_prod(&|_| {}, 'a'), first);
}

#[test]
fn the_state_of_a_lane_needs_two_requests_however_long_the_ledger_is() {
    let stage = Stage::ready(MemoryKind::s3_like());
    for round in 0..40 {
        let digit = ['c', 'd'][round % 2];
        let mut request = Request::promote(name("staging"), wanted(digit), actor("ann"));
        for rule in ["order", "rolled-back"] {
            let reason = "back and forth".to_owned();
            request.overrides.push(promote_core::ledger::Override { rule: rule.to_owned(), reason });
        }
        let end = block_on(run(&stage.ports(), &stage.config, request));
        assert!(matches!(end, End::Done(_)), "{end:?}");
    }
    let (ports, log) = stage.recorded();
    let head = block_on(ports.ledger.reader().head(&"staging".parse().unwrap())).unwrap().unwrap();
    assert!(head.record.seq.0 > 80);
    assert_eq!((log.total(), log.rounds()), (2, 2));
}
