//! Many promote at once: one chain without gaps, each is told the truth.

use crate::invariants::{at_rest, committed, records};
use crate::stage::{End, Stage, actor, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::join_all;
use promote_core::exit::ExitStatus;
use promote_core::flow::{Wait, carry_out, decide};
use promote_core::plan::Decision;
use promote_core::request::Request;
use promote_testing::memory::MemoryKind;

#[test]
fn of_many_promotions_at_once_each_is_told_the_truth() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = Stage::ready(kind);
        let worlds: Vec<_> = (0..32).map(|_| stage.ports()).collect();
        let before = records(&stage, "staging").len();
        let runs = worlds.iter().enumerate().map(|(index, ports)| {
            let digit = ['c', 'd', 'e'][index % 3];
            run(
                ports,
                &stage.config,
                Request::promote(name("staging"), wanted(digit), actor(&format!("p{index}"))),
            )
        });
        let mut won = 0;
        for end in block_on(join_all(runs)) {
            match end {
                End::Done(done) => {
                    assert!(committed(&stage, "staging", &done.promotion.0));
                    won += 1;
                }
                End::Failed(failure) => assert_eq!(failure.exit, ExitStatus::Conflict, "{failure}"),
                End::Refused(_) | End::Nothing => {}
            }
        }
        assert!(won >= 1);
        at_rest(&stage, "staging", "after the race");
        assert_eq!(records(&stage, "staging").len(), before + 2 * won);
    }
}

#[test]
fn of_two_with_the_same_plan_one_is_done_and_one_conflicts() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let ports = stage.ports();
    let (snapshot, decision) = block_on(decide(&ports.view(), &stage.config, &request)).unwrap();
    let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
    let one = carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::Yes);
    let two = carry_out(&ports, &stage.config, &plan, &snapshot, &request, Wait::Yes);
    let ends = block_on(join_all([one, two]));
    let done = ends.iter().filter(|end| end.is_ok()).count();
    let lost = ends
        .iter()
        .filter(|end| end.as_ref().is_err_and(|failure| failure.exit == ExitStatus::Conflict))
        .count();
    assert_eq!((done, lost), (1, 1));
    at_rest(&stage, "prod", "after two with one plan");
}
