//! Reaching the outside: the one place where a command gets a [`World`], so that tests can give it another.

use crate::env::Env;
use async_trait::async_trait;
use promote_core::config::Config;
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::port::Clock;
use promote_core::world::World;
use std::path::Path;
use std::sync::Arc;

/// What is to be reached.
#[derive(Debug, Clone)]
pub struct Site<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The folder of `promote.toml`.
    pub base: &'a Path,
    /// The surroundings.
    pub env: &'a Env,
    /// Hears what happens.
    pub events: Arc<dyn Events>,
}

/// Reaches the outside.
#[async_trait]
pub trait Connect: Send + Sync {
    /// The stores, the ledger, the repository and everything else that a project needs. Sends no request by itself.
    async fn world(&self, site: Site<'_>) -> Result<World, Failure>;

    /// What the text of the configuration means. (Only until the core reads it.)
    fn config(&self, file: &Path, text: &str) -> Result<Config, Failure>;

    /// Who runs this, and how well that is known.
    fn actor(&self, env: &Env) -> Actor;

    /// The clock that times are measured with.
    fn clock(&self) -> Arc<dyn Clock>;
}

/// The real outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct Providers;

fn missing() -> Failure {
    Failure::new(ExitStatus::Failed, "no provider is built in")
}

#[async_trait]
impl Connect for Providers {
    async fn world(&self, _site: Site<'_>) -> Result<World, Failure> {
        Err(missing())
    }

    fn config(&self, _file: &Path, _text: &str) -> Result<Config, Failure> {
        Err(missing())
    }

    fn actor(&self, env: &Env) -> Actor {
        Actor {
            name: env.variable("PROMOTE_ACTOR").unwrap_or("unknown").to_owned(),
            source: "local-user".to_owned(),
            strength: "claimed".to_owned(),
            details: std::collections::BTreeMap::new(),
        }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Wall)
    }
}

/// This machine's clock.
#[derive(Debug)]
struct Wall;

#[async_trait]
impl Clock for Wall {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        std::time::SystemTime::now().into()
    }

    async fn sleep(&self, span: std::time::Duration) {
        tokio::time::sleep(span).await;
    }
}
