//! Reaching the real outside for a run of the action.

use crate::run::{Connect, Surroundings};
use async_trait::async_trait;
use promote_artifacts::git::GitRepository;
use promote_core::config::{Config, Diagnostic, ReadContext};
use promote_core::event::Silent;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use promote_core::port::{Entropy, History};
use promote_core::world::World;
use promote_providers::{Interruption, Ports, SystemClock, SystemEntropy, SystemSteps, Variables};
use std::path::Path;
use std::sync::Arc;

/// The providers that are built in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outside;

fn variables(surroundings: &Surroundings) -> Variables {
    surroundings.variables.iter().collect()
}

/// What is wrong with the file, one line a mistake, in the form that editors and people follow.
fn refused(path: &Path, found: &[Diagnostic]) -> Failure {
    let mut failure = Failure::new(ExitStatus::Usage, format!("`{}` can't be used", path.display()));
    for one in found {
        failure = failure.state(format!("line {}, column {}: {}", one.line, one.column, one.message));
    }
    failure.hint("`promote check` shows each mistake at its place")
}

#[async_trait]
impl Connect for Outside {
    async fn world(&self, path: &Path, surroundings: &Surroundings) -> Result<(Config, World), Failure> {
        let base = path.parent().unwrap_or(Path::new("."));
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(ExitStatus::Usage, format!("`{}` can't be read", path.display()))
                .hint("check out the repository first, or name the file with the input `config`")
                .caused_by(error)
        })?;
        let variables = variables(surroundings);
        let repository = GitRepository::open(base).ok();
        let project = repository.as_ref().and_then(|repository| repository.project_name().ok().flatten());
        let lookup = |name: &str| variables.get(name).map(str::to_owned);
        let context = ReadContext {
            default_project: project,
            variables: &lookup,
            version: semver::Version::parse(env!("CARGO_PKG_VERSION"))
                .unwrap_or(semver::Version::new(0, 0, 0)),
        };
        let (config, _) =
            promote_core::config::read(&text, &context).map_err(|found| refused(path, &found))?;
        let ports = Ports {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            history: repository.map(|repository| Arc::new(repository) as Arc<dyn History>),
            steps: Arc::new(SystemSteps::new(base, variables, Interruption::default())),
            events: Arc::new(Silent),
        };
        let world = promote_providers::connect(&config, base, ports)?;
        Ok((config, world))
    }

    fn actor(&self, surroundings: &Surroundings) -> Actor {
        promote_providers::actor::detect(&variables(surroundings), &promote_providers::actor::hostname())
    }

    fn nonce(&self) -> [u8; 16] {
        SystemEntropy.nonce()
    }
}
