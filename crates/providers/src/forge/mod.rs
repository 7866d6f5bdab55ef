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
mod session;
#[cfg(feature = "forge")]
mod token;

pub use access::{Access, GITHUB_TOKENS, TOKEN};
pub use job::{job, of_job};
#[cfg(feature = "forge")]
pub use open::open;
#[cfg(feature = "forge")]
pub use reader::{reader, reader_fresh_for};

use promote_core::config::{Config, Forge};

/// The forge that is to be asked about people and commits: the file's, or the one whose job this is; `None` where the file
/// asks nothing of one.
pub fn asked(config: &Config, variables: &crate::Variables) -> Option<Forge> {
    let mut all = config.environments.values();
    let asks = all.any(|environment| environment.approvals.count > 0 || !environment.checks.is_empty());
    asks.then(|| config.forge.clone().or_else(|| of_job(variables)))?
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
