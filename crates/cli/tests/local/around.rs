//! The real outside, with something around each of its stores.

use async_trait::async_trait;
use promote_cli::{Connect, Env, Providers, Site};
use promote_core::failure::Failure;
use promote_core::ledger::{Actor, Ledger};
use promote_core::names::ProjectName;
use promote_core::port::{Bucket, Clock};
use promote_core::ports::Ports;
use std::path::Path;
use std::sync::Arc;

/// What each store is put into, the ledger's included.
pub(crate) struct AroundStores<F>(pub(crate) F);

#[async_trait]
impl<F: Fn(Arc<dyn Bucket>) -> Arc<dyn Bucket> + Send + Sync> Connect for AroundStores<F> {
    async fn ports(&self, site: Site<'_>) -> Result<Ports, Failure> {
        let mut ports = Providers.ports(site).await?;
        for bucket in ports.stores.values_mut() {
            *bucket = self.0(Arc::clone(bucket));
        }
        let ledger = self.0(Arc::clone(ports.ledger.bucket()));
        ports.ledger = Ledger::new(ledger, ports.ledger.reader().root().clone(), Arc::clone(&ports.clock));
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
