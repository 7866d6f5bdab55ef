//! The forge that a repository lies on, GitHub or GitLab: which one, by what token it is reached, and whether this is a
//! job of it. What is told to it, and when, is the core's to decide.

mod github;
mod gitlab;
mod job;
mod place;
mod session;
mod token;

pub use job::job;

use crate::trust::HOSTS;
use crate::{Trust, Variables};
use place::Place;
use promote_core::config::{Forge, ForgeKind};
use promote_core::port::{Deployments, ErrorKind, ProviderError};
use std::sync::Arc;

/// The variable that goes before all others that hold a token for the forge.
pub const TOKEN: &str = "PROMOTE_FORGE_TOKEN";

/// What is known about reaching the forge.
#[derive(Debug, Clone)]
pub struct Access {
    /// `[forge]`.
    pub forge: Forge,
    /// The environment variables.
    pub variables: Variables,
    /// The address of the remote `origin`, where there is one.
    pub remote: Option<String>,
    /// Whether a person sits before it, so that the forge's own command line may be asked for its token.
    pub person: bool,
    /// Whom a token may be sent to.
    pub trust: Trust,
}

/// Finds the repository and the token. Sends nothing to the forge.
///
/// # Errors
/// `Invalid` when it is not known which repository is meant, `Denied` when there is no token, or nobody allows the host that
/// it would be sent to.
pub async fn open(access: &Access) -> Result<Arc<dyn Deployments>, ProviderError> {
    let place = Place::of(access)?;
    let known = crate::trust::host(&place.api).filter(|host| access.trust.takes_forge(place.kind, host));
    if known.is_none() {
        let what = format!("nobody has allowed that a token is sent to `{}`", place.host());
        return Err(ProviderError::new(ErrorKind::Denied, place.kind.name(), "api", what)
            .hint(format!("`{HOSTS}` lists the hosts that are allowed")));
    }
    let token = token::find(access, &place).await?;
    Ok(match place.kind {
        ForgeKind::Github => Arc::new(github::Github::new(place, token)?),
        ForgeKind::Gitlab => Arc::new(gitlab::Gitlab::new(place, token)?),
    })
}
