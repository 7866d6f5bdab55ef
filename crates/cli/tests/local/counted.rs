//! What commands ask of the store, counted.

use crate::stage::{CONFIG, Stage};
use async_trait::async_trait;
use promote_cli::{Connect, Env, Providers, Site};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, Ledger};
use promote_core::names::ProjectName;
use promote_core::port::{Bucket, Clock};
use promote_core::ports::Ports;
use promote_testing::decorator::{Log, Method, Recording};
use std::path::Path;
use std::sync::Arc;

/// The real outside, with every call to a store written down.
struct Counted(Log);

#[async_trait]
impl Connect for Counted {
    async fn ports(&self, site: Site<'_>) -> Result<Ports, Failure> {
        let mut ports = Providers.ports(site).await?;
        for bucket in ports.stores.values_mut() {
            *bucket = Arc::new(Recording::around(Arc::clone(bucket), self.0.clone()));
        }
        let bucket: Arc<dyn Bucket> =
            Arc::new(Recording::around(Arc::clone(ports.ledger.bucket()), self.0.clone()));
        ports.ledger = Ledger::new(bucket, ports.ledger.reader().root().clone(), Arc::clone(&ports.clock));
        Ok(ports)
    }

    fn project_name(&self, base: &Path) -> Option<ProjectName> {
        Providers.project_name(base)
    }

    fn actor(&self, env: &Env) -> Actor {
        Providers.actor(env)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Providers.clock()
    }
}

#[test]
fn a_release_that_is_published_costs_a_look_at_the_ledger_and_one_at_each_source() {
    let stage = Stage::with(CONFIG);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let counted = Counted(Log::new());
    stage.run_on(&["publish", "--no-move"], &counted).ends(ExitStatus::Ok);
    let calls = counted.0.calls();
    let mut methods: Vec<Method> = calls.iter().map(|call| call.method).collect();
    methods.sort_by_key(|method| format!("{method:?}"));
    // The manifest and what lies beside it; the genesis, whose project must be this one, in the same round; then whether
    // the source is what it was, which the store tells without a byte being read.
    assert_eq!(methods, [Method::Get, Method::Get, Method::Head, Method::List], "{calls:?}");
    assert_eq!(counted.0.rounds(), 2, "{calls:?}");
    let commit = stage.git(&["rev-parse", "HEAD"]);
    let others: Vec<&str> =
        calls.iter().map(|call| call.key.as_str()).filter(|key| !key.contains(&commit)).collect();
    assert!(matches!(others[..], [genesis] if genesis.ends_with("ledger.json")), "{calls:?}");
}

#[test]
fn what_needs_no_store_asks_none() {
    let stage = Stage::with(CONFIG);
    for line in [&["check"][..], &["config", "show"], &["pack", "--out", "x.zip"], &["schema"], &["man"]] {
        let counted = Counted(Log::new());
        stage.run_on(line, &counted).ends(ExitStatus::Ok);
        assert_eq!(counted.0.total(), 0, "{line:?}");
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
        let counted = Counted(Log::new());
        stage.run_on(line, &counted).ends(ExitStatus::Ok);
        let calls = counted.0.calls();
        let writes = [Method::Write, Method::Copy, Method::Delete, Method::Probe];
        assert!(
            !calls.is_empty() && calls.iter().all(|call| !writes.contains(&call.method)),
            "{line:?}: {calls:?}"
        );
    }
}
