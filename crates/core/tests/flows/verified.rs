//! What `verify` says of a promotion that was cut off: that a target holds something else than is recorded, whenever
//! it does, and who did not finish.

use crate::stage::{Stage, actor, content, name, run, wanted};
use futures_executor::block_on;
use promote_core::decorator::{Fault, FaultPlan, Faulty};
use promote_core::memory::MemoryKind;
use promote_core::report::{Depth, TargetCheck, verify};
use promote_core::request::Request;
use std::sync::Arc;

fn target(stage: &Stage) -> (bool, TargetCheck) {
    let report =
        block_on(verify(&stage.world().view(), &stage.config, &[name("prod")], Depth::default())).unwrap();
    let [check] = report.targets.unwrap().try_into().unwrap();
    (report.matches, check)
}

#[test]
fn cut_off_between_write_and_commit_a_target_is_not_said_to_be_as_recorded() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let (mut untouched, mut between) = (0, 0);
        for n in 1..40 {
            let stage = Stage::ready(kind.clone());
            let plan = FaultPlan::new().with(n, Fault::CrashAfter);
            let faulty = Faulty::new(Arc::new(stage.bucket.clone()), plan.clone());
            let request = Request::promote(name("prod"), wanted('b'), actor("eve"));
            let _killed =
                block_on(plan.survive(run(&stage.world_on(Arc::new(faulty)), &stage.config, request)));
            let state = stage.state("prod");
            let recorded = if state.release().unwrap().commit.as_str().starts_with('a') { 'a' } else { 'b' };
            let holds = stage.target("prod") == Some(content(recorded));
            let (matches, check) = target(&stage);
            assert_eq!((matches, check.matches), (holds, holds), "{kind:?} after call {n}: {check:?}");
            assert_eq!(check.open.is_some(), state.open.is_some(), "{kind:?} after call {n}");
            let Some(open) = check.open else { continue };
            assert_eq!((open.by.as_str(), open.sha.starts_with('b')), ("eve", true));
            match holds {
                true => untouched += 1,
                false => {
                    between += 1;
                    assert!(check.detail.unwrap().contains("which has not ended"));
                }
            }
        }
        assert!(untouched > 0 && between > 0, "{kind:?}: {untouched} before the write, {between} after it");
    }
}
