//! A folder in place from which what the release lacks is removed: the plan tells what else goes, and nothing else does.

use crate::stage::{End, Stage, actor, name, wanted};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::flow::{Wait, carry_out, decide};
use promote_core::plan::{Decision, Plan, saved};
use promote_core::request::{Request, Wanted};
use promote_core::snapshot::Snapshot;
use promote_testing::memory::MemoryKind;
use std::time::Duration;

fn kinds() -> [MemoryKind; 3] {
    [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()]
}

fn by_hand(stage: &Stage, path: &str, text: &str) {
    stage.store.put(&format!("live/prod/{path}").parse().unwrap(), text.to_owned());
}

fn planned(stage: &Stage, request: &Request) -> (Snapshot, Plan) {
    let (snapshot, decision) = block_on(decide(&stage.ports().view(), &stage.config, request)).unwrap();
    let Decision::Allowed(plan) = decision else { panic!("{decision:?}") };
    (snapshot, *plan)
}

fn request(digit: char) -> Request {
    Request::promote(name("prod"), wanted(digit), actor("ann"))
}

#[test]
fn what_somebody_put_there_is_told_before_it_is_removed() {
    for kind in kinds() {
        let stage = Stage::ready(kind);
        by_hand(&stage, "hand/one", "1");
        by_hand(&stage, "two", "2");
        let (snapshot, plan) = planned(&stage, &request('b'));
        let change = &plan.changes["config"];
        let strangers = change.strangers.as_ref().unwrap();
        assert_eq!((strangers.count, strangers.named.join(" ")), (2, "hand/one two".to_owned()));
        assert_eq!(change.to_string(), "1 added, 1 changed, 1 removed, 2 others removed");
        block_on(carry_out(&stage.ports(), &stage.config, &plan, &snapshot, &request('b'), Wait::Yes))
            .unwrap();
        assert_eq!(stage.held("prod")[2], Some('b'), "nothing else is there");
    }
}

/// At once, and after somebody thought about it for a while: then the target is listed anew.
#[test]
fn what_came_after_the_plan_stays() {
    for kind in kinds() {
        for thinks in [0, 600] {
            let stage = Stage::ready(kind.clone());
            by_hand(&stage, "seen", "1");
            let (snapshot, plan) = planned(&stage, &request('b'));
            by_hand(&stage, "unseen", "2");
            stage.clock.advance(Duration::from_secs(thinks));
            block_on(carry_out(&stage.ports(), &stage.config, &plan, &snapshot, &request('b'), Wait::Yes))
                .unwrap();
            assert_eq!(stage.bytes("live/prod/seen"), None, "{thinks}");
            assert_eq!(stage.bytes("live/prod/only-a.txt"), None, "{thinks}");
            assert_eq!(stage.bytes("live/prod/unseen").as_deref(), Some("2"), "{thinks}");
        }
    }
}

#[test]
fn a_saved_plan_is_out_of_date_once_something_else_would_be_removed() {
    for kind in kinds() {
        let stage = Stage::ready(kind);
        by_hand(&stage, "seen", "1");
        let (_, plan) = planned(&stage, &request('b'));
        let now = || block_on(decide(&stage.ports().view(), &stage.config, &request('b'))).unwrap().1;
        saved::unchanged(&plan, &now()).unwrap();
        by_hand(&stage, "unseen", "2");
        let failure = saved::unchanged(&plan, &now()).unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Conflict);
        let told = failure.state.join(" ");
        assert!(told.contains("`seen`, `unseen`"), "{told}");
        stage.store.remove(&"live/prod/unseen".parse().unwrap());
        saved::unchanged(&plan, &now()).unwrap();
        stage.store.remove(&"live/prod/seen".parse().unwrap());
        let told = saved::unchanged(&plan, &now()).unwrap_err().state.join(" ");
        assert!(told.contains("is gone"), "{told}");
    }
}

/// What comes back is brought in the same way.
#[test]
fn a_rollback_tells_it_as_well() {
    let stage = Stage::ready(MemoryKind::gcs_like());
    assert!(matches!(stage.to("prod", 'b'), End::Done(_)));
    by_hand(&stage, "hand", "1");
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("ann"));
    let (_, plan) = planned(&stage, &back);
    assert_eq!(plan.changes["config"].strangers.as_ref().unwrap().count, 1);
}
