//! What a registry asks for when it answers 401: the header `WWW-Authenticate`.

use std::collections::BTreeMap;

/// How a registry wants to be signed in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// Name and password with every request.
    Basic,
    /// A token from an address of its own.
    Bearer {
        /// The address.
        realm: String,
        /// What the token is for, as the address wants to hear it.
        service: Option<String>,
        /// Why the last token was not enough: `insufficient_scope`, `invalid_token`.
        error: Option<String>,
    },
}

impl Challenge {
    /// The first challenge in a header that is understood. Several may stand in one header.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let lower = header.to_ascii_lowercase();
        if let Some(at) = scheme_at(&lower, "bearer") {
            let mut parameters = parameters(header.get(at..)?);
            return Some(Self::Bearer {
                realm: parameters.remove("realm")?,
                service: parameters.remove("service"),
                error: parameters.remove("error"),
            });
        }
        scheme_at(&lower, "basic").map(|_| Self::Basic)
    }
}

/// Where the parameters of a scheme begin.
fn scheme_at(lower: &str, scheme: &str) -> Option<usize> {
    let fits = |(at, _): &(usize, &str)| {
        let before = lower.get(..*at).unwrap_or_default().trim_end();
        let after = lower.get(at + scheme.len()..).unwrap_or_default();
        (before.is_empty() || before.ends_with(',')) && (after.is_empty() || after.starts_with(' '))
    };
    lower.match_indices(scheme).find(fits).map(|(at, _)| at + scheme.len())
}

/// `name="value", name=value`, quotes as HTTP has them.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim().trim_start_matches(',').trim().to_ascii_lowercase();
        // A blank in the name is the beginning of the next challenge.
        if name.contains(' ') {
            break;
        }
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, after) = after.split_once(',').unwrap_or((after, ""));
                (value.trim().to_owned(), after)
            }
        };
        found.entry(name).or_insert(value);
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    found
}

/// The text up to the closing quote, and what follows it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, error: Option<&str>) -> Option<Challenge> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(Challenge::Bearer { realm: realm.to_owned(), service: owned(service), error: owned(error) })
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let cases = [
            (r#"Basic realm="x""#, Some(Challenge::Basic)),
            (
                r#"Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:a/b:pull,push""#,
                bearer("https://quay.io/v2/auth", Some("quay.io"), None),
            ),
            (
                r#"bearer realm=https://x.example/token, error="insufficient_scope""#,
                bearer("https://x.example/token", None, Some("insufficient_scope")),
            ),
            (
                r#"Basic realm="a", Bearer realm="https://x/\"y\"",service="s""#,
                bearer("https://x/\"y\"", Some("s"), None),
            ),
            (r#"Bearer realm="https://x/t", Basic realm="b""#, bearer("https://x/t", None, None)),
            (r#"Bearer service="s""#, None),
            ("Negotiate", None),
            ("", None),
            (r#"Bearer realm="unfinished"#, bearer("unfinished", None, None)),
        ];
        for (header, expected) in cases {
            assert_eq!(Challenge::parse(header), expected, "{header}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

        #[test]
        fn any_header_is_read_or_refused(header in "\\PC{0,60}|((Bearer|Basic|bearer|,|=|\"|\\\\| |realm|service|scope|x|é|https://a/b){0,16})") {
            if let Some(Challenge::Bearer { realm, .. }) = Challenge::parse(&header) {
                proptest::prop_assert!(realm.len() <= header.len());
            }
        }
    }
}
