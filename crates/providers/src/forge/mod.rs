//! The forge that a repository lies on, GitHub or GitLab: which one, by what token it is reached, and whether this is a
//! job of it. What is told to it, and when, is the core's to decide.

mod access;
#[cfg(feature = "forge")]
mod github;
#[cfg(feature = "forge")]
mod gitlab;
mod job;
#[cfg(feature = "forge")]
mod open;
#[cfg(feature = "forge")]
mod reader;
#[cfg(feature = "forge")]
mod repository;
#[cfg(feature = "forge")]
mod runs;
#[cfg(feature = "forge")]
mod session;
#[cfg(feature = "forge")]
mod token;

pub use access::{Access, GITHUB_TOKENS, TOKEN};
pub use job::{job, of_job};
#[cfg(feature = "forge")]
pub use open::open;
#[cfg(feature = "forge")]
pub use reader::{reader, reader_fresh_for};
#[cfg(feature = "forge")]
pub(crate) use runs::{ForgeRuns, RunState, StartedRun, WantedRun};

use promote_core::config::{Config, Forge};

/// The forge that is to be asked about people and commits: the file's, or the one whose job this is; `None` where the file
/// asks nothing of one.
pub fn asked(config: &Config, variables: &crate::Variables) -> Option<Forge> {
    let mut all = config.environments.values();
    let asks = all.any(|environment| environment.approvals.count > 0 || !environment.checks.is_empty());
    asks.then(|| config.forge.clone().or_else(|| of_job(variables)))?
}

/// The forge whose runs steps start: the file's, or the one whose job this is; without either, the one that the kind of
/// step names.
pub fn of_steps(config: &Config, variables: &crate::Variables) -> Option<Forge> {
    use promote_core::config::{ForgeKind, Mirroring, StepAction};
    let started = |step: &promote_core::config::Step| match step.action {
        StepAction::Github { .. } => Some(ForgeKind::Github),
        StepAction::Gitlab { .. } => Some(ForgeKind::Gitlab),
        _ => None,
    };
    let environments = config.environments.values();
    let steps = environments.flat_map(|one| [&one.plan, &one.prepare, &one.deploy, &one.verify]);
    let kind = steps.flatten().find_map(started)?;
    let known = config.forge.clone().filter(|forge| forge.kind == kind);
    let of_job = || of_job(variables).filter(|forge| forge.kind == kind);
    let bare = Forge { kind, repository: None, api: None, deployments: Mirroring::Never };
    Some(known.or_else(of_job).unwrap_or(bare))
}

/// Says that no forge is asked: this build has no feature `forge`.
#[cfg(not(feature = "forge"))]
pub fn reader(_: Access) -> Option<std::sync::Arc<dyn promote_core::port::Forge>> {
    None
}

/// Says that no forge is reached.
///
/// # Errors
/// Always `Invalid`: this build has no feature `forge`.
#[cfg(not(feature = "forge"))]
pub async fn open(
    access: &Access,
) -> Result<std::sync::Arc<dyn promote_core::port::Deployments>, promote_core::port::ProviderError> {
    use promote_core::port::{ErrorKind, ProviderError};
    let name = access.forge.kind.name();
    Err(ProviderError::new(
        ErrorKind::Invalid,
        name,
        "api",
        "this build reaches no forge: its feature `forge` is off",
    ))
}
