//! The forge that a repository lies on, GitHub or GitLab: which one, by what token it is reached, and whether this is a
//! job of it. What is told to it, and when, is the core's to decide.

mod access;
mod github;
mod gitlab;
mod job;
mod place;
mod session;
mod token;

pub use access::{Access, TOKEN};
pub use job::job;
pub use token::GITHUB_TOKENS;

use crate::trust::HOSTS;
use place::Place;
use promote_core::config::ForgeKind;
use promote_core::port::{Deployments, ErrorKind, ProviderError};
use std::sync::Arc;

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
