//! What commands ask of the store, counted.

use crate::around::AroundStores;
use crate::stage::{CONFIG, Stage};
use promote_cli::Connect;
use promote_core::exit::ExitStatus;
use promote_core::port::Bucket;
use promote_testing::decorator::{Log, Method, Recording};
use std::sync::Arc;

/// The real outside, with every call to a store written down.
fn counted(log: &Log) -> impl Connect {
    let log = log.clone();
    AroundStores(move |store: Arc<dyn Bucket>| -> Arc<dyn Bucket> {
        Arc::new(Recording::around(store, log.clone()))
    })
}

#[test]
fn a_release_that_is_published_costs_a_look_at_the_ledger_and_one_at_each_source() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let log = Log::new();
    stage.run_on(&["publish", "--no-move"], &counted(&log)).ends(ExitStatus::Ok);
    let calls = log.calls();
    let mut methods: Vec<Method> = calls.iter().map(|call| call.method).collect();
    methods.sort_by_key(|method| format!("{method:?}"));
    // The manifest and what lies beside it; the genesis, whose project must be this one, in the same round; then whether
    // the source is what it was, which the store tells without a byte being read.
    assert_eq!(methods, [Method::Get, Method::Get, Method::Head, Method::List], "{calls:?}");
    assert_eq!(log.rounds(), 2, "{calls:?}");
    let commit = stage.git(&["rev-parse", "HEAD"]);
    let others: Vec<&str> =
        calls.iter().map(|call| call.key.as_str()).filter(|key| !key.contains(&commit)).collect();
    assert!(matches!(others[..], [genesis] if genesis.ends_with("ledger.json")), "{calls:?}");
}

#[test]
fn what_needs_no_store_asks_none() {
    let stage = Stage::with(CONFIG);
    for line in [&["check"][..], &["config", "show"], &["pack", "--out", "x.zip"], &["schema"], &["man"]] {
        let log = Log::new();
        stage.run_on(line, &counted(&log)).ends(ExitStatus::Ok);
        assert_eq!(log.total(), 0, "{line:?}");
    }
}

#[test]
fn looking_writes_nothing() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    for line in [
        &["check", "--online"][..],
        &["doctor"],
        &["publish", "--dry-run"],
        &["freeze", "uat", "--reason", "x", "-n"],
    ] {
        let log = Log::new();
        stage.run_on(line, &counted(&log)).ends(ExitStatus::Ok);
        let calls = log.calls();
        let writes = [Method::Write, Method::Copy, Method::Delete, Method::Probe];
        assert!(
            !calls.is_empty() && calls.iter().all(|call| !writes.contains(&call.method)),
            "{line:?}: {calls:?}"
        );
    }
}
