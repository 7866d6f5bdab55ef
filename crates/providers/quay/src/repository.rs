//! Where a repository of images lies: the host that names call it by, the address that answers for it, and its path.

use promote_port::port::{ErrorKind, ProviderError};
use reqwest::Url;
use std::fmt;

/// A repository, by the name that locations have: `quay.io/acme/app`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Repository {
    /// The whole name.
    pub(crate) name: String,
    /// Its host, with a port where one is named.
    pub(crate) host: String,
    /// Its path on the host.
    pub(crate) path: String,
}

impl Repository {
    /// Reads `HOST/PATH`.
    pub(crate) fn parse(name: &str) -> Result<Self, ProviderError> {
        let wrong =
            || ProviderError::new(ErrorKind::Invalid, "registry", name, "it is not a repository of images");
        let (host, path) = name.split_once('/').ok_or_else(wrong)?;
        let host_fits = !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            && !host.starts_with(['.', '-', ':']);
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let part = |part: &str| {
            part.bytes().all(letter) && part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part != ".."
        };
        if !host_fits || !path.split('/').all(part) {
            return Err(wrong());
        }
        // Docker's own registry has a host of its own, and a folder for names of one part.
        let path = match host {
            "docker.io" | "index.docker.io" if !path.contains('/') => format!("library/{path}"),
            _ => path.to_owned(),
        };
        let found = Self { name: name.to_owned(), host: host.to_owned(), path };
        found.url("/").map(|_| found)
    }

    /// The address of something on its host. `rest` begins with a slash.
    pub(crate) fn url(&self, rest: &str) -> Result<Url, ProviderError> {
        address(&self.host, rest).ok_or_else(|| {
            ProviderError::new(ErrorKind::Invalid, self, rest, "the host can't be part of an address")
        })
    }

    /// The path of a part of the repository in the registry's protocol.
    pub(crate) fn v2(&self, rest: &str) -> String {
        format!("/v2/{}/{rest}", self.path)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// Whether the host is this machine. Only then nobody listens when there is no TLS.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An address on a host: https, except on this machine.
pub(crate) fn address(host: &str, rest: &str) -> Option<Url> {
    let scheme = if is_loopback(host) { "http" } else { "https" };
    let host = match host {
        "docker.io" | "index.docker.io" => "registry-1.docker.io",
        host => host,
    };
    Url::parse(&format!("{scheme}://{host}{rest}")).ok()
}

/// Whether something may be sent to an address that another answer named.
pub(crate) fn is_safe(url: &Url, from: &str) -> bool {
    url.scheme() == "https" || (is_loopback(from) && url.host_str().is_some_and(is_loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses() {
        for (name, address) in [
            ("quay.io/acme/app", "https://quay.io/v2/acme/app/x"),
            ("localhost:5000/app", "http://localhost:5000/v2/app/x"),
            ("127.0.0.1:5000/a/b/c", "http://127.0.0.1:5000/v2/a/b/c/x"),
            ("[::1]:5000/app", "http://[::1]:5000/v2/app/x"),
            ("docker.io/alpine", "https://registry-1.docker.io/v2/library/alpine/x"),
            ("127.0.0.1.evil.example/app", "https://127.0.0.1.evil.example/v2/app/x"),
        ] {
            let found = Repository::parse(name).unwrap();
            assert_eq!(found.url(&found.v2("x")).unwrap().as_str(), address);
            assert_eq!(found.to_string(), name);
        }
        for bad in [
            "quay.io",
            "quay.io/",
            "quay.io/A",
            "quay.io/a/../b",
            "u@quay.io/a",
            "quay.io/a?x",
            "/a",
            "quay.io//a",
        ] {
            assert!(Repository::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        let safe = |url: &str, from: &str| is_safe(&Url::parse(url).unwrap(), from);
        assert!(safe("https://auth.docker.io/token", "docker.io"));
        assert!(safe("http://127.0.0.1:1/token", "localhost:5000"));
        assert!(!safe("http://127.0.0.1:1/token", "quay.io"));
        assert!(!safe("http://quay.io/token", "quay.io"));
        assert!(!safe("http://quay.io/token", "localhost:5000"));
    }
}
