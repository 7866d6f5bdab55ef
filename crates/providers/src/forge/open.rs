//! Finding the repository and the token of a forge.

use super::access::Access;
use super::repository::ForgeRepository;
use super::token::Token;
use super::{github, gitlab, token};
use crate::trust::HOSTS;
use promote_core::config::ForgeKind;
use promote_core::port::{Deployments, ErrorKind, ProviderError};
use std::sync::Arc;

/// Finds the repository and the token. Sends nothing to the forge.
///
/// # Errors
/// `Invalid` when it is not known which repository is meant, `Denied` when there is no token, or nobody allows the host that
/// it would be sent to.
pub async fn open(access: &Access) -> Result<Arc<dyn Deployments>, ProviderError> {
    let (place, token) = way(access).await?;
    Ok(match place.kind {
        ForgeKind::Github => Arc::new(github::Github::new(place, token)?),
        ForgeKind::Gitlab => Arc::new(gitlab::Gitlab::new(place, token)?),
    })
}

/// The repository and the token, where that may be sent there.
pub(super) async fn way(access: &Access) -> Result<(ForgeRepository, Token), ProviderError> {
    let place = ForgeRepository::of(access)?;
    let known = crate::trust::host(&place.api).filter(|host| access.trust.takes_forge(place.kind, host));
    if known.is_none() {
        let what = format!("nobody has allowed that a token is sent to `{}`", place.host());
        return Err(ProviderError::new(ErrorKind::Denied, place.kind.name(), "api", what)
            .hint(format!("`{HOSTS}` lists the hosts that are allowed")));
    }
    let token = token::find(access, &place).await?;
    Ok((place, token))
}
