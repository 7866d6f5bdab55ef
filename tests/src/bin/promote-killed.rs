//! The command `promote`, whole, except that its stores kill the process at the request that
//! `PROMOTE_TEST_KILL=N:before` or `N:after` names. Without the variable it is the command itself.

use async_trait::async_trait;
use promote_cli::{Connect, Env, Providers, Site, Stream, run};
use promote_core::failure::Failure;
use promote_core::layer::Around;
use promote_core::ledger::{Actor, Ledger};
use promote_core::names::ProjectName;
use promote_core::port::{Bucket, Clock};
use promote_core::ports::Ports;
use promote_tests::killer::Death;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

struct Deadly(Option<Death>);

#[async_trait]
impl Connect for Deadly {
    async fn ports(&self, site: Site<'_>) -> Result<Ports, Failure> {
        let mut ports = Providers.ports(site).await?;
        let Some(death) = &self.0 else { return Ok(ports) };
        let wrap = |bucket: &Arc<dyn Bucket>| -> Arc<dyn Bucket> {
            Arc::new(Around::new(Arc::clone(bucket), death.clone()))
        };
        let root = ports.ledger.reader().root().clone();
        ports.ledger = Ledger::new(wrap(ports.ledger.bucket()), root, Arc::clone(&ports.clock));
        ports.stores = ports.stores.iter().map(|(id, bucket)| (id.clone(), wrap(bucket))).collect();
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

fn main() -> ExitCode {
    let env = Env::of_process();
    let death = env.variable("PROMOTE_TEST_KILL").and_then(Death::parse);
    let out: Stream = Arc::new(Mutex::new(std::io::stdout()));
    let err: Stream = Arc::new(Mutex::new(std::io::stderr()));
    run(std::env::args_os().collect(), &env, &out, &err, &Deadly(death)).into()
}
