//! The ways in which a registry wants to be signed in to, and how `promote.toml` writes them (`sign-in`). Which registry
//! wants which is said by it, by the file, or known beforehand.

use crate::foreign::harmless;
use crate::realm::Realm;
use crate::repository::{Repository, is_safe};
use promote_port::port::{ErrorKind, ProviderError};
use reqwest::Url;

/// How a host wants to be signed in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scheme {
    Nothing,
    Basic,
    Bearer(Realm),
}

/// A host's scheme, and where that is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownScheme {
    pub(crate) scheme: Scheme,
    /// Whether the host has said or shown so itself. What was only said beforehand may be wrong.
    pub(crate) sure: bool,
}

impl Scheme {
    /// Reads `none`, `password`, or the address of a token server with its `service` in the query.
    pub(crate) fn parse(repository: &Repository, text: &str) -> Result<Self, ProviderError> {
        let wrong = |why: &str| {
            let what = format!("`{}` does not say how it is signed in to: {why}", harmless(text));
            ProviderError::new(ErrorKind::Invalid, repository, "sign-in", what)
                .hint(
                    "`none`, `password`, or the address of its token server: `https://HOST/PATH?service=NAME`",
                )
                .refusal()
        };
        match text {
            "none" => return Ok(Self::Nothing),
            "password" => return Ok(Self::Basic),
            _ => {}
        }
        let mut url = Url::parse(text).map_err(|_| wrong("it is no address"))?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(wrong("the address has a user, a password or a `#`"));
        }
        if !is_safe(&url, &repository.host) {
            return Err(wrong("others could listen there"));
        }
        let service =
            url.query_pairs().find(|(name, _)| name == "service").map(|(_, value)| value.into_owned());
        // What else the query holds stays as it is written.
        let rest: Vec<_> =
            url.query().into_iter().flat_map(|all| all.split('&')).filter(|it| !is_service(it)).collect();
        let rest = (!rest.is_empty()).then(|| rest.join("&"));
        url.set_query(rest.as_deref());
        Ok(Self::Bearer(Realm { url, service: service.filter(|service| !service.is_empty()) }))
    }

    /// The same as `promote.toml` would have it.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Nothing => "none".to_owned(),
            Self::Basic => "password".to_owned(),
            Self::Bearer(Realm { url, service }) => {
                let mut url = url.clone();
                if let Some(service) = service {
                    url.query_pairs_mut().append_pair("service", service);
                }
                // A port's colon need not be escaped in a query, and reads better.
                String::from(url).replace("%3A", ":")
            }
        }
    }
}

fn is_service(part: &str) -> bool {
    part == "service" || part.starts_with("service=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_says_is_read_and_written_back() {
        let repository = Repository::parse("registry.example/acme/app").unwrap();
        let read = |text: &str| Scheme::parse(&repository, text);
        assert_eq!(read("none").unwrap(), Scheme::Nothing);
        assert_eq!(read("password").unwrap(), Scheme::Basic);
        for (text, address, service) in [
            ("https://t.example/auth?service=a", "https://t.example/auth", Some("a")),
            ("https://t.example/auth", "https://t.example/auth", None),
            (
                "https://t.example/auth?x=1%2F2&service=a%20b&y",
                "https://t.example/auth?x=1%2F2&y",
                Some("a b"),
            ),
            ("https://t.example/auth?services=1", "https://t.example/auth?services=1", None),
        ] {
            let found = read(text).unwrap();
            let Scheme::Bearer(realm) = &found else { panic!("{text}") };
            assert_eq!((realm.url.as_str(), realm.service.as_deref()), (address, service), "{text}");
            assert_eq!(read(&found.written()).unwrap(), found, "{text}");
        }
        for bad in [
            "",
            "basic",
            "tokens.example/auth",
            "http://tokens.example/auth",
            "http://127.0.0.1/auth",
            "ftp://tokens.example/auth",
            "https://me:canary@tokens.example/auth",
            "https://tokens.example/auth#x",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let near = Repository::parse("127.0.0.1:5000/app").unwrap();
        assert!(Scheme::parse(&near, "http://127.0.0.1:5001/auth").is_ok());
        assert!(Scheme::parse(&near, "http://tokens.example/auth").is_err());
    }
}
