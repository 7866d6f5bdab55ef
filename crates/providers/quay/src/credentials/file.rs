//! The file in which Docker and Podman keep credentials: entries by host, or by part of a repository's name, and
//! programs to ask.

use super::{Credentials, Secret, program};
use crate::foreign::harmless;
use crate::repository::Repository;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use promote_port::port::{ErrorKind, ProviderError};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `config.json` of Docker, `auth.json` of Podman. Tools leave `null` and worse in it, so an entry is only looked into when
/// it is the one in question.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AuthFile {
    auths: Option<BTreeMap<String, Value>>,
    cred_helpers: Option<BTreeMap<String, Value>>,
    creds_store: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

/// A key of the file without what Docker writes around a host: `https://index.docker.io/v1/`.
fn plain(key: &str) -> &str {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest).trim_end_matches('/');
    key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key)
}

/// Whether two names mean one registry.
pub(super) fn same_host(a: &str, b: &str) -> bool {
    let one = |host: &str| match plain(host) {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        host => host.to_ascii_lowercase(),
    };
    one(a) == one(b)
}

/// The names under which a repository's credentials may be kept, the most exact first.
fn names(repository: &Repository) -> Vec<String> {
    let mut path = repository.path.as_str();
    let mut found = vec![format!("{}/{path}", repository.host)];
    while let Some((before, _)) = path.rsplit_once('/') {
        path = before;
        found.push(format!("{}/{path}", repository.host));
    }
    found.push(repository.host.clone());
    found
}

/// What the map has for the repository.
fn pick<'a>(
    map: Option<&'a BTreeMap<String, Value>>,
    repository: &Repository,
) -> Option<(&'a String, &'a Value)> {
    let found = names(repository).iter().find_map(|name| map?.iter().find(|(key, _)| same_host(key, name)));
    found.filter(|(_, value)| !value.is_null())
}

impl AuthFile {
    /// Reads the file. The message never repeats what is in it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes)
            .map_err(|error| format!("it is not the JSON of Docker or Podman, at line {}", error.line()))
    }

    /// What it has for the repository: the program for its host, the program for all, an entry. The program for all may
    /// be missing where an entry has what it takes, as in a file that was carried to another machine. Without `ask` no program
    /// may be asked.
    pub(super) async fn find(
        &self,
        repository: &Repository,
        path: &str,
        ask: bool,
    ) -> Result<Option<Credentials>, ProviderError> {
        let untold = |name: &str| {
            let host = &repository.host;
            let why = format!(
                "`{path}`, which `promote.toml` names, asks `docker-credential-{name}` for `{host}`, and nobody has allowed that host"
            );
            ProviderError::new(ErrorKind::Denied, repository, "credentials", why)
                .hint(format!("`export PROMOTE_TRUST_HOSTS='{host}'` allows it, if you trust that host"))
                .refusal()
        };
        let odd = |what: &str| {
            let why = format!("the credentials in `{path}` can't be read: {what} is not as Docker writes it");
            ProviderError::new(ErrorKind::Denied, repository, "credentials", why).refusal()
        };
        if let Some((key, name)) = pick(self.cred_helpers.as_ref(), repository) {
            let name = name.as_str().ok_or_else(|| odd(&format!("`{key}` in `credHelpers`")))?;
            return if ask { program::ask(name, repository).await } else { Err(untold(&harmless(name))) };
        }
        let entry = || match pick(self.auths.as_ref(), repository) {
            None => Ok(None),
            Some((key, value)) => {
                let entry = Entry::deserialize(value).map_err(|_| odd(&format!("`{key}` in `auths`")))?;
                Ok(entry
                    .secret()
                    .map(|secret| Credentials { secret, origin: format!("`{key}` in `{path}`") }))
            }
        };
        let store = match &self.creds_store {
            None | Some(Value::Null) => "",
            Some(name) => name.as_str().ok_or_else(|| odd("`credsStore`"))?,
        };
        if !store.is_empty() {
            let asked =
                if ask { program::ask(store, repository).await } else { Err(untold(&harmless(store))) };
            match asked {
                Ok(None) => {}
                Ok(found) => return Ok(found),
                Err(error) => return entry()?.map(Some).ok_or(error),
            }
        }
        entry()
    }
}

impl Entry {
    fn secret(&self) -> Option<Secret> {
        let filled = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        if let Some(token) = filled(&self.identitytoken) {
            return Some(Secret::Refresh(token));
        }
        if let (Some(user), Some(password)) = (filled(&self.username), filled(&self.password)) {
            return Some(Secret::Pair { user, password });
        }
        let decoded = STANDARD.decode(filled(&self.auth)?).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (user, password) = text.split_once(':')?;
        // Docker ends some with a zero byte.
        let password = password.trim_end_matches('\0');
        let some = !user.is_empty() && !password.is_empty();
        some.then(|| Secret::Pair { user: user.to_owned(), password: password.to_owned() })
    }
}
