//! Reaching the outside: the one place where a command gets its [`Ports`], so that tests can give it another.

use crate::app::env::Env;
use async_trait::async_trait;
use promote_artifacts::git::GitRepository;
use promote_core::config::Config;
use promote_core::event::Events;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::names::ProjectName;
use promote_core::port::{Clock, Forge};
use promote_core::ports::{People, Ports};
use promote_providers::connect::LEDGER_REMOTE;
use promote_providers::identity::IdentityToken;
use promote_providers::{
    Interruption, PipelineAccess, Services, SystemClock, SystemEntropy, SystemSteps, Trust, Variables, forge,
};
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
    /// Whom credentials may be sent to.
    pub trust: Trust,
}

/// Reaches the outside.
#[async_trait]
pub trait Connect: Send + Sync {
    /// The stores, the ledger, the repository and everything else that a project needs. Sends no request by itself.
    async fn ports(&self, site: Site<'_>) -> Result<Ports, Failure>;

    /// The name of the repository that `base` lies in, for a configuration that names no project.
    fn project_name(&self, base: &Path) -> Option<ProjectName>;

    /// Who runs this, and how well that is known.
    fn actor(&self, env: &Env) -> Actor;

    /// What the pipeline's server says of who acts. Asks nobody where no token is offered.
    async fn identity(&self, _env: &Env) -> IdentityToken {
        IdentityToken::None
    }

    /// The clock that times are measured with.
    fn clock(&self) -> Arc<dyn Clock>;

    /// The address of the remote `origin`, where `base` lies in a repository that has one.
    fn remote(&self, base: &Path) -> Option<String> {
        GitRepository::open(base).ok().and_then(|repository| repository.remote().ok().flatten())
    }

    /// The forge that is asked about people and commits, where the file asks for it. Sends no request by itself.
    fn asked(&self, site: &Site<'_>) -> Option<Arc<dyn Forge>> {
        let variables: Variables = site.env.variables.iter().collect();
        let forge = forge::asked(site.config, &variables)?;
        forge::reader(forge::Access {
            remote: forge.repository.is_none().then(|| self.remote(site.base)).flatten(),
            forge,
            variables,
            person: site.env.input_terminal && !site.env.is_ci(),
            trust: site.trust.clone(),
        })
    }

    /// The way to the forge where steps start runs. Sends no request by itself.
    fn started(&self, site: &Site<'_>) -> Option<forge::Access> {
        let variables: Variables = site.env.variables.iter().collect();
        let forge = forge::of_steps(site.config, &variables)?;
        Some(forge::Access {
            remote: forge.repository.is_none().then(|| self.remote(site.base)).flatten(),
            forge,
            variables,
            person: site.env.input_terminal && !site.env.is_ci(),
            trust: site.trust.clone(),
        })
    }

    /// The way to the pipelines of a project. Sends no request by itself.
    fn pipelines(&self, config: &Config) -> PipelineAccess {
        PipelineAccess::of(config)
    }
}

/// The real outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct Providers;

#[async_trait]
impl Connect for Providers {
    async fn ports(&self, site: Site<'_>) -> Result<Ports, Failure> {
        let variables = site.env.variables.iter().collect::<Variables>().for_steps();
        let steps = SystemSteps::new(site.base, variables, Interruption::default())
            .hiding(site.config.named_variables())
            .with_pipelines(self.pipelines(site.config))
            .with_forge(self.started(&site));
        let services = Services {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            // A project may be promoted where its repository is not: what then can't be told, no rule takes as met.
            history: promote_artifacts::git::history(site.base),
            people: People {
                signers: promote_providers::signers::list(site.config)?,
                forge: self.asked(&site),
                ..People::default()
            },
            steps: Arc::new(steps),
            events: site.events,
            ledger_remote: site.env.variable(LEDGER_REMOTE).map(str::to_owned),
        };
        promote_providers::connect(site.config, site.base, &site.trust, services)
    }

    fn project_name(&self, base: &Path) -> Option<ProjectName> {
        GitRepository::open(base).ok().and_then(|repository| repository.project_name().ok().flatten())
    }

    fn actor(&self, env: &Env) -> Actor {
        let variables: Variables = env.variables.iter().collect();
        promote_providers::actor::detect(&variables, &promote_providers::actor::hostname())
    }

    async fn identity(&self, env: &Env) -> IdentityToken {
        let variables: Variables = env.variables.iter().collect();
        promote_providers::identity::look(&variables, SystemClock.now()).await
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }
}
