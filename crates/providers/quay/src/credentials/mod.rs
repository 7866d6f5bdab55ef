//! Who signs in to a registry, and where that was found: variables, a file that `promote.toml` names, Docker's
//! settings, Podman's, in this order; else nobody. What is found goes to the host it was kept for, and to nobody else.

mod file;
mod opened;
mod program;
mod secret;

pub(crate) use secret::{Credentials, Secret};

use crate::environment::Environment;
use crate::known;
use crate::repository::{Repository, is_loopback};
use file::AuthFile;
use promote_port::port::{ErrorKind, ProviderError};
use promote_port::trust::{Allowed, Host};
use std::path::{Path, PathBuf};

/// Finds who signs in to the repository's host.
pub(crate) async fn find(
    environment: &Environment,
    allowed: &Allowed,
    named: Option<&Path>,
    repository: &Repository,
) -> Result<Option<Credentials>, ProviderError> {
    if let Some(path) = named {
        let file = read(path, repository)?.ok_or_else(|| unreadable(path, repository, "it is not there"))?;
        // A checkout may hold the file, and the program that it names knows more than that.
        let (name, port) = repository.host.rsplit_once(':').unwrap_or((&repository.host, "443"));
        let host = Host::new(name, port.parse().unwrap_or_default());
        let near = is_loopback(&repository.host);
        let ask =
            near || allowed.has(&host) || known::scheme(repository, &Environment::default(), None).is_some();
        return file.find(repository, &path.display().to_string(), ask).await;
    }
    if let Some(found) = in_variables(environment, repository)? {
        return Ok(Some(found));
    }
    for (path, must) in places(environment) {
        match read(&path, repository)? {
            Some(file) => {
                if let Some(found) = file.find(repository, &path.display().to_string(), true).await? {
                    return Ok(Some(found));
                }
            }
            None if must => return Err(unreadable(&path, repository, "it is not there")),
            None => {}
        }
    }
    Ok(None)
}

/// The pairs of variables, each for one host.
fn in_variables(
    environment: &Environment,
    repository: &Repository,
) -> Result<Option<Credentials>, ProviderError> {
    let pair = |prefix: &str| {
        let names = ["USERNAME", "PASSWORD"].map(|end| format!("{prefix}_{end}"));
        let [name, word] = &names;
        match (environment.get(name), environment.get(word)) {
            (None, None) => Ok(None),
            (Some(user), Some(password)) => {
                let secret = Secret::Pair { user: user.to_owned(), password: password.to_owned() };
                Ok(Some(Credentials { secret, origin: format!("`{name}` and `{word}`") }))
            }
            // Going on without would end as if nobody had been named, at some other place.
            (user, _) => {
                let (there, missing) = if user.is_some() { (name, word) } else { (word, name) };
                let what = format!("`{there}` is set, but `{missing}` is not");
                Err(ProviderError::new(ErrorKind::Invalid, repository, "credentials", what)
                    .hint(format!("set `{missing}` as well, or neither of them"))
                    .refusal())
            }
        }
    };
    let host = environment.get("PROMOTE_REGISTRY_HOST");
    let meant = host.is_none_or(|host| file::same_host(host, &repository.host));
    if let Some(found) = if meant { pair("PROMOTE_REGISTRY")? } else { None } {
        return match host {
            Some(_) => Ok(Some(found)),
            None => {
                let what = "`PROMOTE_REGISTRY_USERNAME` is set, but `PROMOTE_REGISTRY_HOST` is not";
                Err(ProviderError::new(ErrorKind::Invalid, repository, "credentials", what)
                    .hint("name the registry in `PROMOTE_REGISTRY_HOST`; nobody else is shown the password")
                    .refusal())
            }
        };
    }
    if repository.host == environment.quay_host() { pair("QUAY") } else { Ok(None) }
}

/// The files of Docker and Podman, and whether each was asked for by name.
fn places(environment: &Environment) -> Vec<(PathBuf, bool)> {
    let below = |folder: &str, rest: &str| PathBuf::from(folder).join(rest);
    let docker = match environment.get("DOCKER_CONFIG") {
        Some(folder) => Some(below(folder, "config.json")),
        None => environment.home(".docker/config.json"),
    };
    let podman = match environment.get("REGISTRY_AUTH_FILE") {
        Some(file) => vec![(PathBuf::from(file), true)],
        None => {
            let running =
                environment.get("XDG_RUNTIME_DIR").map(|folder| below(folder, "containers/auth.json"));
            let kept = match environment.get("XDG_CONFIG_HOME") {
                Some(folder) => Some(below(folder, "containers/auth.json")),
                None => environment.home(".config/containers/auth.json"),
            };
            running.into_iter().chain(kept).map(|path| (path, false)).collect()
        }
    };
    docker.into_iter().map(|path| (path, false)).chain(podman).collect()
}

fn read(path: &Path, repository: &Repository) -> Result<Option<AuthFile>, ProviderError> {
    match opened::content(path) {
        Ok(bytes) => AuthFile::parse(&bytes).map(Some).map_err(|why| unreadable(path, repository, &why)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            Err(unreadable(path, repository, &error.to_string()))
        }
        Err(error) => Err(unreadable(path, repository, "it can't be opened").caused_by(error)),
    }
}

fn unreadable(path: &Path, repository: &Repository, why: &str) -> ProviderError {
    let what = format!("the credentials in `{}` can't be read: {why}", path.display());
    ProviderError::new(ErrorKind::Denied, repository, "credentials", what).refusal()
}

#[cfg(test)]
mod tests;
