//! Reaching the real outside for a run of the action.

use crate::run::{Connect, Surroundings, Unread};
use async_trait::async_trait;
use promote_artifacts::git::GitRepository;
use promote_core::config::{Config, Diagnostic, ReadContext};
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::port::{Clock, Entropy};
use promote_core::world::World;
use promote_providers::identity::{self, Found};
use promote_providers::{
    Interruption, PipelineAccess, Ports, SystemClock, SystemEntropy, SystemSteps, Trust, Variables,
    config_file,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The providers that are built in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outside;

fn variables(surroundings: &Surroundings) -> Variables {
    surroundings.variables.iter().collect()
}

#[async_trait]
impl Connect for Outside {
    fn config(&self, path: &Path, surroundings: &Surroundings) -> Result<(Config, Vec<Diagnostic>), Unread> {
        let base = path.parent().unwrap_or(Path::new("."));
        let another = "check out the repository first, or name the file with the input `config`";
        let text = config_file::text(path, another).map_err(Unread::Failure)?;
        let variables = variables(surroundings);
        let repository = GitRepository::open(base).ok();
        let project = repository.as_ref().and_then(|repository| repository.project_name().ok().flatten());
        let lookup = |name: &str| variables.get(name).map(str::to_owned);
        let context = ReadContext {
            default_project: project,
            variables: &lookup,
            version: semver::Version::parse(env!("CARGO_PKG_VERSION"))
                .unwrap_or(semver::Version::new(0, 0, 0)),
            schemes: &[],
        };
        let (mut config, remarks) = promote_core::config::read(&text, &context).map_err(Unread::Wrong)?;
        config.frozen = variables.frozen();
        Ok((config, remarks))
    }

    async fn world(
        &self,
        config: &Config,
        base: &Path,
        surroundings: &Surroundings,
        events: Arc<dyn Events>,
    ) -> Result<World, Failure> {
        let steps = SystemSteps::new(base, variables(surroundings).for_steps(), Interruption::default())
            .hiding(config.named_variables())
            .with_pipelines(PipelineAccess::of(config));
        let ports = Ports {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            history: promote_artifacts::git::history(base),
            steps: Arc::new(steps),
            events,
        };
        promote_providers::connect(config, base, &Trust::of(&variables(surroundings))?, ports)
    }

    fn actor(&self, surroundings: &Surroundings) -> Actor {
        promote_providers::actor::detect(&variables(surroundings), &promote_providers::actor::hostname())
    }

    async fn identity(&self, surroundings: &Surroundings, hide: &(dyn for<'t> Fn(&'t str) + Sync)) -> Found {
        identity::look_hiding(&variables(surroundings), SystemClock.now(), hide).await
    }

    fn remote(&self, base: &Path) -> Option<String> {
        GitRepository::open(base).ok().and_then(|repository| repository.remote().ok().flatten())
    }

    fn nonce(&self) -> [u8; 16] {
        SystemEntropy.nonce()
    }

    fn programs(&self) -> Option<PathBuf> {
        std::env::current_exe().ok()?.parent().map(Path::to_path_buf)
    }

    async fn cancelled(&self) -> ExitStatus {
        let interrupt = async {
            // Without a handler the signal ends the process, which is right as well.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = interrupt => ExitStatus::Interrupted,
            () = terminated() => ExitStatus::Terminated,
        }
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
