//! A ledger with more below its releases than any list of pages that somebody thought of would hold.

use crate::old::{clean, entry, fates, grace, stage, strict};
use crate::release::{Stage, commit};
use futures_executor::block_on;
use promote_core::advance::Watch;
use promote_core::commit::CommitId;
use promote_core::plan::Plan;
use promote_core::retention::Fate;
use promote_testing::decorator::Method;
use promote_testing::memory::MemoryKind;

struct Unwatched;

impl Watch for Unwatched {
    fn begins(&self, _: &Plan) {}
    fn ends(&self) {}
}

/// How many releases were pruned: with four objects each, more than a hundred thousand.
const PRUNED: usize = 25_100;

fn old(number: usize) -> CommitId {
    format!("{:040x}", (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
        .parse()
        .unwrap()
}

/// Releases as they are left when their artifacts are gone.
fn pruned(stage: &Stage) {
    for number in 0..PRUNED {
        for what in ["doom/000001.json", "erase/000001.json", "gone.json", "manifest.json"] {
            let key = format!(".promote/shop/releases/{}/{what}", old(number));
            stage.store.put(&key.parse().unwrap(), "{}").unwrap();
        }
    }
}

#[test]
fn more_than_a_hundred_thousand_objects_of_releases_are_no_limit_and_no_manifest_of_them_is_read() {
    let stage = stage(MemoryKind::s3_like());
    pruned(&stage);
    let (ports, log) = stage.recorded();
    let done = block_on(clean(&ports, &stage.config, &strict())).unwrap();
    assert_eq!(done.doomed, [commit('c')]);
    let gets = log.calls().iter().filter(|call| call.method == Method::Get).count();
    assert!(gets < 50, "{gets} objects were read");
    grace(&stage);
    assert_eq!(block_on(clean(&ports, &stage.config, &strict())).unwrap().gone, [commit('c')]);
    assert!(entry(&stage, 'c').gone.is_some());
    // What moves by itself looks for the newest release among them.
    let mut config = stage.config.clone();
    config.environments.get_mut(&crate::release::name("staging")).unwrap().auto = true;
    let who = crate::release::actor("ci");
    let moved =
        block_on(promote_core::advance::advance(&ports, &config, &[], &who, true, &Unwatched)).unwrap();
    assert_eq!(moved.len(), 1);
    assert_ne!(moved[0].result, "error", "{moved:?}");
}

#[test]
fn where_everything_that_is_left_is_needed_no_manifest_is_read() {
    let stage = stage(MemoryKind::s3_like());
    let (ports, log) = stage.recorded();
    let policy = promote_core::retention::Policy::default();
    let found = block_on(fates(&ports, &stage.config, &policy)).unwrap();
    assert!(found.values().all(|fate| *fate == Fate::Keep));
    let manifests = log.calls().iter().filter(|call| call.key.ends_with("/manifest.json")).count();
    assert_eq!(manifests, 0);
}
