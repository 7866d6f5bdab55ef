//! Whether two names mean one store. A repository of images has several: Docker's own registry has three hosts and a folder
//! that may be left out, a port may be said or not, and this machine has several names.

use crate::location::StoreId;

impl StoreId {
    /// Whether both are one store, by whichever of its names each is called.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Image(one), Self::Image(other)) => one == other || repository(one) == repository(other),
            _ => self == other,
        }
    }
}

/// The repository by one of its names, always the same one.
pub fn repository(name: &str) -> String {
    let (host, path) = name.split_once('/').unwrap_or((name, ""));
    let host = host.to_ascii_lowercase();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port),
        _ => (host.as_str(), ""),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let near = name == "localhost" || name == "[::1]" || name.starts_with("127.");
    let (name, usual) = match name {
        "index.docker.io" | "registry-1.docker.io" => ("docker.io", "443"),
        _ if near => ("localhost", "80"),
        _ => (name, "443"),
    };
    let port = port.trim_start_matches('0');
    let port = if port.is_empty() || port == usual { String::new() } else { format!(":{port}") };
    let folder = if name == "docker.io" && !path.contains('/') { "library/" } else { "" };
    format!("{name}{port}/{folder}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_known_by_all_of_its_names() {
        let same = |a: &str, b: &str| {
            let (a, b) = (StoreId::Image(a.to_owned()), StoreId::Image(b.to_owned()));
            assert_eq!(a.is_same(&b), b.is_same(&a));
            a.is_same(&b)
        };
        for (a, b) in [
            ("docker.io/app", "docker.io/library/app"),
            ("docker.io/app", "index.docker.io/library/app"),
            ("docker.io/acme/app", "registry-1.docker.io/acme/app"),
            ("quay.io/acme/app", "quay.io:443/acme/app"),
            ("quay.io/acme/app", "Quay.IO/acme/app"),
            ("quay.io/acme/app", "quay.io./acme/app"),
            ("quay.io:8443/acme/app", "quay.io:08443/acme/app"),
            ("localhost:5000/app", "127.0.0.1:5000/app"),
            ("localhost:5000/app", "[::1]:5000/app"),
            ("localhost/app", "127.0.0.1:80/app"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("quay.io/acme/app", "quay.io:8443/acme/app"),
            ("quay.io/app", "quay.io/library/app"),
            ("docker.io/acme/app", "docker.io/library/app"),
            ("localhost:5000/app", "localhost:5001/app"),
            ("localhost/app", "localhost:443/app"),
            ("quay.io/acme/app", "evilquay.io/acme/app"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
        assert!(!StoreId::S3("a".to_owned()).is_same(&StoreId::Gcs("a".to_owned())));
    }
}
