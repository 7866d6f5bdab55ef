//! A folder whose files take their time: what each of them is granted is not what all of them share.

use crate::disturbed::Disturbed;
use crate::stage::{End, Stage, actor, name, run, store_id, wanted};
use futures_executor::block_on;
use promote_core::layer::Method;
use promote_core::port::{Bucket, Clock as _, ErrorKind, ProviderError};
use promote_core::request::Request;
use promote_core::retry::{ANSWER, DEADLINE};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Brings release b to prod where each file of the folder takes so long as `DEADLINE`, and the answers to the first `lost`
/// requests for one of them never come. Says what it came to, and how often that file was asked for.
fn brought(kind: MemoryKind, lost: usize) -> (Stage, End, usize) {
    let stage = Stage::ready(kind);
    let (clock, asked) = (stage.clock.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    let slow = Disturbed::around(&stage.store, move |what, at| {
        if what != Method::Copy || !at.as_str().starts_with("live/prod/") {
            return Ok(());
        }
        clock.advance(DEADLINE);
        if at.as_str().ends_with("only-b.txt") && counted.fetch_add(1, Ordering::Relaxed) < lost {
            clock.advance(ANSWER);
            return Err(ProviderError::new(ErrorKind::Unknown, "memory://store", at, "no answer came"));
        }
        Ok(())
    });
    let mut ports = stage.ports();
    ports.stores.insert(store_id(), Arc::new(slow) as Arc<dyn Bucket>);
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let end = block_on(run(&ports, &stage.config, request));
    let asked = asked.load(Ordering::Relaxed);
    (stage, end, asked)
}

#[test]
fn a_folder_whose_files_take_long_is_gone_on_with_after_one_lost_answer() {
    for kind in [MemoryKind::local_like(), MemoryKind::gcs_like()] {
        let (stage, end, asked) = brought(kind, 1);
        assert!(matches!(end, End::Done(_)), "{end:?}");
        assert_eq!((stage.held("prod")[2], asked), (Some('b'), 2));
    }
}

#[test]
fn a_folder_of_which_nothing_lands_is_given_up_all_the_same() {
    for kind in [MemoryKind::local_like(), MemoryKind::gcs_like()] {
        let (stage, end, asked) = brought(kind, usize::MAX);
        assert!(matches!(end, End::Failed(_)), "{end:?}");
        assert!(asked <= 3, "{asked}");
        assert!(stage.clock.steady() < std::time::Duration::from_secs(24 * 3600));
        assert!(stage.state("prod").open.is_some());
    }
}
