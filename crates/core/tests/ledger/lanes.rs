//! The lanes that a ledger has, as listings tell them.

use futures_executor::block_on;
use promote_core::ledger::LedgerReader;
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::sync::Arc;

#[test]
fn prod_and_prod_eu_are_two_lanes_in_either_order_of_listing() {
    for kind in [MemoryKind::by_folder(), MemoryKind::s3_like()] {
        let bucket = MemoryBucket::new("acme", kind.clone());
        for lane in ["prod", "prod-eu", "prod-eu-1", "prod0", "a"] {
            for number in ["997", "998"] {
                bucket.put(&format!("l/lanes/{lane}/log/999/999/999/{number}.json").parse().unwrap(), "{}");
            }
        }
        let reader = LedgerReader::new(Arc::new(bucket), "l".parse().unwrap());
        let mut found: Vec<String> =
            block_on(reader.lanes()).unwrap().iter().map(ToString::to_string).collect();
        found.sort();
        assert_eq!(found, ["a", "prod", "prod-eu", "prod-eu-1", "prod0"], "{kind:?}");
        assert_eq!(block_on(reader.newest(&"prod".parse().unwrap())).unwrap().unwrap().0, 2);
    }
}
