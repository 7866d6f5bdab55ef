//! Which repository on which forge: from the file, and from the remote where that lies on the same forge. A token is
//! never sent to a host only because a remote names it.

use super::access::Access;
use crate::trust::trusted;
use promote_core::config::{Forge, ForgeKind};
use promote_core::names::escape;
use promote_core::port::{ErrorKind, ProviderError};
use url::Url;

/// A repository on a forge.
#[derive(Debug, Clone)]
pub(super) struct ForgeRepository {
    pub(super) kind: ForgeKind,
    /// The address of the API, without a slash at its end.
    pub(super) api: Url,
    /// `OWNER/NAME`, or the path of GitLab's project.
    pub(super) repository: String,
}

/// A fault in what is known.
fn unusable(kind: ForgeKind, subject: &str, message: String) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, kind.name(), subject, message)
}

impl ForgeRepository {
    pub(super) fn of(access: &Access) -> Result<Self, ProviderError> {
        let Forge { kind, repository, api, .. } = &access.forge;
        let default = match kind {
            ForgeKind::Github => "https://api.github.com",
            ForgeKind::Gitlab => "https://gitlab.com/api/v4",
        };
        let text = match api.as_deref().map(|text| (text, text.strip_prefix('$'))) {
            None => default.to_owned(),
            Some((_, Some(name))) => access.variables.get(name).map(str::to_owned).ok_or_else(|| {
                unusable(*kind, "api", format!("the variable `{}` is not set", escape(name)))
            })?,
            Some((text, None)) => text.to_owned(),
        };
        let api = trusted(text.trim_end_matches('/'))
            .ok_or_else(|| unusable(*kind, "api", "its address is not https".to_owned()))?;
        let host = host(&api);
        let found = match repository {
            Some(repository) => Some(repository.clone()),
            None => access.remote.as_deref().and_then(|remote| on_host(remote, &host)),
        };
        let repository = found.filter(|name| kind.is_repository(name)).ok_or_else(|| {
            unusable(*kind, "repository", format!("the remote `origin` names no repository on {host}"))
                .hint("write `repository = \"OWNER/NAME\"` in `[forge]`")
        })?;
        Ok(Self { kind: *kind, api, repository })
    }

    /// The address of a page for people, below the repository's.
    pub(super) fn page(&self, parts: &[&str]) -> Option<String> {
        let mut url = self.api.clone();
        url.set_host(Some(&host(&self.api))).ok()?;
        url.path_segments_mut().ok()?.clear().extend(self.repository.split('/')).extend(parts);
        Some(url.to_string())
    }

    /// The host that people know.
    pub(super) fn host(&self) -> String {
        host(&self.api)
    }
}

/// `api.github.com` stands for `github.com`; servers of one's own have their API below a path.
fn host(api: &Url) -> String {
    let host = api.host_str().unwrap_or_default();
    host.strip_prefix("api.").unwrap_or(host).to_owned()
}

/// The repository of a remote's address, when it lies on this host.
fn on_host(remote: &str, host: &str) -> Option<String> {
    let (there, path) = match remote.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => {
            let (authority, path) = rest.split_once('/')?;
            let name = authority.rsplit_once('@').map_or(authority, |(_, name)| name);
            let name = name.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
            let whole = authority.rsplit_once('@').map_or(authority, |(_, name)| name);
            (name.map_or(whole, |(name, _)| name), path)
        }
        Some(_) => return None,
        // `git@host:owner/name.git`
        None => {
            let (authority, path) = remote.split_once(':')?;
            (authority.rsplit_once('@').map_or(authority, |(_, name)| name), path)
        }
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    there.eq_ignore_ascii_case(host).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trust;
    use promote_core::config::Mirroring;

    fn place(
        kind: ForgeKind,
        repository: Option<&str>,
        api: Option<&str>,
        remote: &str,
    ) -> Result<ForgeRepository, String> {
        let forge = Forge {
            kind,
            repository: repository.map(str::to_owned),
            api: api.map(str::to_owned),
            deployments: Mirroring::Auto,
        };
        let variables = [("FORGE_API", "https://git.acme.example/api/v4")].into_iter().collect();
        let access = Access {
            forge,
            variables,
            remote: Some(remote.to_owned()),
            person: false,
            trust: Trust::default(),
        };
        ForgeRepository::of(&access).map_err(|error| error.to_string())
    }

    #[test]
    fn the_repository_is_read_from_a_remote_on_the_same_forge_only() {
        use ForgeKind::{Github, Gitlab};
        let (ghes, own) = (Some("https://ghe.acme.example/api/v3"), Some("$FORGE_API"));
        for (kind, api, remote, found) in [
            (Github, None, "git@github.com:acme/shop.git", Some("acme/shop")),
            (Github, None, "https://github.com/acme/shop", Some("acme/shop")),
            (Github, None, "https://user:geheim@GitHub.com/acme/shop.git/", Some("acme/shop")),
            (Github, None, "ssh://git@github.com:22/acme/shop.git", Some("acme/shop")),
            (Github, None, "git@github.com.evil.example:acme/shop.git", None),
            (Github, None, "https://evil.example/github.com/acme/shop", None),
            (Github, None, "https://github.com/acme", None),
            (Github, None, "git@github.com:acme/../shop", None),
            (Github, None, "/srv/git/shop.git", None),
            (Github, None, "file:///github.com/acme/shop", None),
            (Github, ghes, "git@ghe.acme.example:acme/shop.git", Some("acme/shop")),
            (Github, ghes, "git@github.com:acme/shop.git", None),
            (Gitlab, None, "git@gitlab.com:acme/backend/shop.git", Some("acme/backend/shop")),
            (Gitlab, own, "https://git.acme.example/acme/shop.git", Some("acme/shop")),
        ] {
            match (place(kind, None, api, remote), found) {
                (Ok(place), Some(found)) => assert_eq!(place.repository, found, "{remote}"),
                (Err(why), None) => {
                    assert!(why.contains("names no repository") && !why.contains("geheim"), "{why}")
                }
                (other, _) => panic!("{remote}: {other:?}"),
            }
        }
        let given = place(Github, Some("acme/shop"), None, "git@elsewhere.example:x/y").unwrap();
        assert_eq!(
            given.page(&["deployments", "prod"]).unwrap(),
            "https://github.com/acme/shop/deployments/prod"
        );
        assert!(place(Github, Some("acme/shop"), Some("http://github.example/api/v3"), "").is_err());
        assert!(
            place(Github, Some("acme/shop"), Some("$GONE"), "").unwrap_err().contains("`GONE` is not set")
        );
    }
}
