//! Where a registry's tokens come from.

use crate::foreign::harmless;
use crate::repository::{Repository, is_safe};
use promote_port::port::{Confided, ErrorKind, ProviderError};
use reqwest::Url;

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Realm {
    pub(crate) url: Url,
    pub(crate) service: Option<String>,
}

impl Realm {
    /// The server that a challenge names, when it may be told secrets. What the registry was `confided` is not shown of it.
    pub(crate) fn of(
        repository: &Repository,
        realm: &str,
        service: Option<String>,
        confided: &Confided,
    ) -> Result<Self, ProviderError> {
        let refused = |why: &str| {
            let what = format!(
                "the registry sends us for a token to `{}`, {why}",
                harmless(&confided.without(realm))
            );
            ProviderError::new(ErrorKind::Denied, repository, "token", what)
        };
        let url = Url::parse(realm).map_err(|_| refused("which is no address"))?;
        if !is_safe(&url, &repository.host) {
            return Err(refused("where others could listen"));
        }
        Ok(Self { url, service })
    }
}
